"""credit-rating: what is known of a dealer beside its ledger: the 5C assessment, securities (domain.md 2.6, 2.9)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import Amount, Hash, Id, Percent, Ratio
from events.recorded import Code, Name, Said, Text
from events.types.shapes import PolicyRef

SecurityKind = Literal["mortgage", "pledge", "guarantee"]
Rank = Annotated[int, Field(ge=1, le=99)]


class Assessed(Part):
    """One of the five: 0–100, the evidence that it rests on, and the hash of a file of it."""

    score: Percent
    evidence: Said
    file: Hash | None = None


class FiveCs(Part):
    """Character, capacity, capital, collateral, conditions."""

    character: Assessed
    capacity: Assessed
    capital: Assessed
    collateral: Assessed
    conditions: Assessed


class FiveCAssessed(Event, owner="credit-rating", stream="assessment"):
    """A dealer's 5C were assessed, each with its evidence; `total` by the weights of `policy` (domain.md 2.6)."""

    assessment: Id
    assessed_on: date
    scores: FiveCs
    total: Ratio
    policy: PolicyRef
    comment: Text = ""
    by: Code


class Guarantor(Part):
    """A guarantor's standing, and what it could pay, as of a day."""

    standing: Said
    capacity: Amount
    assessed_on: date


class SecurityRegistered(Event, owner="credit-rating", stream="security"):
    """A mortgage, pledge or guarantee was entered in the register (登记台帐) (domain.md 2.9).

    `registration` is its number at the registry, of a guarantee its contract's; it is held once at a time. It secures
    through `expires_on`. A guarantee says its guarantor.
    """

    security: Id
    kind: SecurityKind
    owner: Name
    description: Text = ""
    value: Amount
    valued_on: date
    rank: Rank = 1
    registration: Code
    registered_on: date
    expires_on: date
    guarantor: Guarantor | None = None
    file: Hash | None = None
    by: Code


class SecurityRevalued(Event, owner="credit-rating", stream="security"):
    """A security was valued anew; of a guarantee, its guarantor may have been assessed anew."""

    security: Id
    value: Amount
    valued_on: date
    reason: Said
    guarantor: Guarantor | None = None
    file: Hash | None = None
    by: Code


class SecurityRenewed(Event, owner="credit-rating", stream="security"):
    """A security secures until a later day."""

    security: Id
    expires_on: date
    reason: Said
    by: Code


class SecurityReleased(Event, owner="credit-rating", stream="security"):
    """A security was given back: it secures no more, and its number is free."""

    security: Id
    registration: Code
    released_on: date
    reason: Said
    by: Code


class SecurityExpired(Event, owner="credit-rating", stream="security"):
    """A security was not renewed: the notice, once; that it secures no more follows from `expires_on` itself."""

    security: Id
    expires_on: date
