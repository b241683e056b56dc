"""The basic card: a revision sets what it names, and its event lists what changed (domain.md 1.2)."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from customer_registry.domain.basic_card import Card, ReviseBasicCard
from customer_registry.domain.dealer import DEALER, Dealer
from events.decider import Refused
from events.types.customer_registry import BasicCardRevised, DealerReturned

ONBOARDED = Dealer(stage="active", card={"name": "顺达商贸"})


def revise(dealer: Dealer, **fields: Any) -> tuple[BasicCardRevised, Card]:
    (event,) = DEALER.decide(dealer, ReviseBasicCard.model_validate({"by": "manager", **fields}))
    assert isinstance(event, BasicCardRevised)
    return event, DEALER.fold(dealer, [event]).card


def refusal(dealer: Dealer, **fields: Any) -> str:
    with pytest.raises(Refused) as refused:
        revise(dealer, **fields)
    return refused.value.code


def test_the_command_offers_exactly_the_fields_that_the_event_holds():
    offered = ReviseBasicCard.model_json_schema()["properties"]
    held = BasicCardRevised.model_json_schema()["properties"]
    del held["changed"]
    assert offered == held


def test_a_revision_sets_what_it_names_and_keeps_the_rest():
    event, card = revise(ONBOARDED, address="浦东大道 1 号", founded_on="2019-05-01")
    assert event.changed == ("address", "founded_on")
    assert (event.address, event.founded_on, event.phones) == ("浦东大道 1 号", date(2019, 5, 1), None)
    assert card == {"name": "顺达商贸", "address": "浦东大道 1 号", "founded_on": "2019-05-01"}


def test_what_was_there_already_is_not_a_change():
    dealer = Dealer(stage="active", card={"name": "顺达商贸", "phones": ["021-1"], "owner": "林伟"})
    event, _ = revise(dealer, phones=["021-1"], owner="李娜")
    assert event.changed == ("owner",)


def test_a_field_given_as_null_is_emptied():
    dealer = Dealer(stage="suspended", card={"name": "顺达商贸", "owner": "林伟"})
    event, card = revise(dealer, owner=None)
    assert (event.changed, event.owner, card) == (("owner",), None, {"name": "顺达商贸"})


@pytest.mark.parametrize("fields", [{}, {"name": "顺达商贸"}, {"fax": None}])
def test_a_revision_that_changes_nothing_is_refused(fields):
    assert refusal(ONBOARDED, **fields) == "card-unchanged"


def test_a_dealer_keeps_a_name():
    assert refusal(ONBOARDED, name=None) == "name-emptied"


def test_a_file_that_is_not_onboarded_has_no_card_yet():
    returned = DEALER.fold(Dealer(), [DealerReturned(by="general", reason="x")])
    assert refusal(returned, owner="林伟") == "stage-wrong"


@pytest.mark.parametrize("wrong", [{"floor_area": -1}, {"phones": "021-1"}, {"founded_on": "May"}, {"hukou": "local"}])
def test_what_has_no_shape_is_no_revision(wrong):
    with pytest.raises(ValidationError):
        ReviseBasicCard.model_validate({"by": "manager", **wrong})
