"""Credit policies: published versions, effective from a day on, never changed."""

from credit_rating.published_policies import POLICIES
from service.policies import router_of

router = router_of(POLICIES)
