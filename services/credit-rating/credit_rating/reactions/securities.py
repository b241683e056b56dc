"""Whenever a security's last day is over and it was not renewed, then its expiry is noticed, once (domain.md 2.9)."""

from datetime import date

from credit_rating.domain.security import SECURITY, ExpireSecurity
from credit_rating.projections.due import EXPIRE_SECURITY, day_before
from eventlog.act import Act
from eventlog.clock import Duty


def expire_security(subject: str, due_on: date) -> Act:
    """The security, as dealer and entry, that expired the day before."""
    dealer, _, security = subject.partition("/")
    return Act(SECURITY, dealer, ExpireSecurity(security=security, expires_on=day_before(due_on), today=due_on))


SECURITIES = [Duty(EXPIRE_SECURITY, expire_security)]
