"""Credit policies: drafted, approved by another person, effective from a day on, never changed."""

from credit_rating.published_policies import POLICIES
from service.policies import router_of
from service.policy_drafts import drafts_of

drafts, router = drafts_of(POLICIES), router_of(POLICIES)
