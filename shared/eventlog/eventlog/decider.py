"""The decider's shape, defined beside the events it writes (`events.decider`)."""

from events.decider import Claims as Claims
from events.decider import Decider as Decider
from events.decider import Refused as Refused
from events.decider import no_claims as no_claims
