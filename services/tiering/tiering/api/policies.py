"""Tiering policies: published versions, effective from a day on, never changed."""

from service.policies import router_of
from tiering.published_policies import POLICIES

router = router_of(POLICIES)
