"""The register of securities: entered, valued, renewed, released; expired by date, with one notice."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from credit_rating.domain.security import (
    SECURITY,
    Entry,
    ExpireSecurity,
    RegisterSecurity,
    ReleaseSecurity,
    RenewSecurity,
    RevalueSecurity,
    Securities,
    claims,
)
from events import (
    Guarantor,
    SecurityExpired,
    SecurityRegistered,
    SecurityReleased,
    SecurityRenewed,
    SecurityRevalued,
)
from events.decider import Refused

TODAY, LAST = date(2026, 6, 30), date(2026, 12, 31)
ID = "00000000-0000-7000-8000-000000000001"
GUARANTOR = Guarantor(standing="Sound, listed.", capacity=Decimal("900000.00"), assessed_on=date(2026, 6, 1))
MORTGAGE = RegisterSecurity(
    security=ID, kind="mortgage", owner="Best Trade", value=Decimal("800000.00"), valued_on=date(2026, 6, 1),
    registration="HZ-417", expires_on=LAST, by="he", today=TODAY,
)  # fmt: skip
RENEW = RenewSecurity(security=ID, expires_on=date(2027, 12, 31), reason="Registered anew.", by="he", today=TODAY)
RELEASE = ReleaseSecurity(security=ID, reason="All paid.", by="lin", today=TODAY)
REVALUE = RevalueSecurity(
    security=ID, value=Decimal("700000.00"), valued_on=TODAY, reason="Prices fell.", by="he", today=TODAY
)


def expire(until=LAST, today=date(2027, 1, 1)):
    return ExpireSecurity(security=ID, expires_on=until, today=today)


def after(*commands):
    held = Securities()
    for command in commands:
        held = SECURITY.fold(held, SECURITY.decide(held, command))
    return held


def refused(held, command):
    with pytest.raises(Refused) as error:
        SECURITY.decide(held, command)
    return error.value.code


def test_a_security_is_registered_valued_anew_renewed_and_released():
    made = [SECURITY.decide(after(MORTGAGE), each)[0] for each in (REVALUE, RENEW, RELEASE)]
    assert [type(each) for each in made] == [SecurityRevalued, SecurityRenewed, SecurityReleased]
    (registered,) = SECURITY.decide(Securities(), MORTGAGE)
    assert isinstance(registered, SecurityRegistered) and registered.registered_on == TODAY
    assert after(MORTGAGE, RELEASE) == Securities()


def test_its_number_is_held_until_it_is_released():
    (registered,) = SECURITY.decide(Securities(), MORTGAGE)
    (released,) = SECURITY.decide(after(MORTGAGE), RELEASE)
    assert claims(registered).take == claims(released).release == ("security-registration:HZ-417",)
    assert all(claims(SECURITY.decide(after(MORTGAGE), each)[0]).take == () for each in (REVALUE, RENEW))


def test_its_expiry_is_noticed_once_and_not_if_it_was_renewed_or_released():
    (noticed,) = SECURITY.decide(after(MORTGAGE), expire())
    assert isinstance(noticed, SecurityExpired)
    assert SECURITY.decide(after(MORTGAGE, expire()), expire()) == []
    assert SECURITY.decide(after(MORTGAGE, RENEW), expire()) == []
    assert SECURITY.decide(after(MORTGAGE, RELEASE), expire()) == []
    assert SECURITY.decide(after(MORTGAGE), expire(today=LAST)) == []
    again = after(MORTGAGE, expire(), RENEW)
    assert SECURITY.decide(again, expire(until=RENEW.expires_on, today=date(2028, 1, 1)))


def test_only_a_guarantee_has_a_guarantor_and_it_must():
    guarantee = MORTGAGE.model_copy(update={"kind": "guarantee"})
    assert refused(Securities(), guarantee) == "guarantor-missing"
    assert refused(Securities(), MORTGAGE.model_copy(update={"guarantor": GUARANTOR})) == "guarantor-misplaced"
    held = after(guarantee.model_copy(update={"guarantor": GUARANTOR}))
    assert SECURITY.decide(held, REVALUE.model_copy(update={"guarantor": GUARANTOR}))
    assert refused(after(MORTGAGE), REVALUE.model_copy(update={"guarantor": GUARANTOR})) == "guarantor-misplaced"


@pytest.mark.parametrize(
    ("command", "change"),
    [
        (MORTGAGE, {"valued_on": date(2026, 7, 1)}),
        (MORTGAGE, {"expires_on": date(2026, 6, 29)}),
        (REVALUE, {"valued_on": date(2026, 7, 1)}),
        (RENEW, {"expires_on": LAST}),
        (RENEW, {"expires_on": date(2026, 11, 30)}),
    ],
)
def test_dates_that_cannot_be_are_refused(command, change):
    held = Securities() if command is MORTGAGE else after(MORTGAGE)
    assert refused(held, command.model_copy(update=change)) == "dates-implausible"


@pytest.mark.parametrize("command", [REVALUE, RENEW, RELEASE])
def test_what_is_not_in_the_register_cannot_be_changed(command):
    assert refused(Securities(), command) == "security-not-held"
    assert refused(after(MORTGAGE, RELEASE), command) == "security-not-held"


def test_a_dealer_has_a_hundred_at_most():
    full = Securities({str(n): Entry("pledge", str(n), LAST) for n in range(100)})
    assert refused(full, MORTGAGE) == "too-many-open"
    assert msgspec.json.decode(msgspec.json.encode(full), type=Securities) == full
