"""Whenever a dealer is onboarded, then its credit file is opened."""

from typing import Any

from credit_rating.domain.credit_file import CREDIT_FILE, OpenCreditFile
from eventlog.act import Act
from eventlog.reactions import Reaction
from events import DealerOnboarded

open_credit_file = Reaction("open-credit-file")


@open_credit_file.on(DealerOnboarded, uses=("onboarded_on",))
def onboarded(e: Any) -> Act:
    """The first rating is due 30 days after onboarding."""
    return Act(CREDIT_FILE, e.subject, OpenCreditFile(onboarded_on=e.data.onboarded_on))
