"""What the sample network is: the same everywhere, of one piece, within its dates, written in words of substance."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from customer_registry.domain.basic_card import ReviseBasicCard, revised_card
from customer_registry.domain.submission import SubmitDealer, submitted
from customer_registry.domain.survey import SURVEY, AnswerSurvey, Surveys
from customer_registry.domain.visit import LogVisit, visit_fact
from dealerlog.sample.calendar import FIRST_DAY, LAST_DAY, working
from dealerlog.sample.entries import Bill, CameBack, CreditNote, Invoice, Payment, dated
from dealerlog.sample.network import Network, network
from dealerlog.sample.phases import phases
from dealerlog.sample.step import IdOf
from rules.substance import has_substance

DIGEST = """
import hashlib, json, sys
from dealerlog.sample.network import network
from dealerlog.sample.phases import phases
digest = hashlib.sha256()
for phase in phases(network(int(sys.argv[1]))):
    for step in phase.steps:
        digest.update(json.dumps([phase.name, step.path, step.actor.login, step.key, step.body, step.rows],
                                 default=lambda of: of.number).encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def sample() -> Network:
    return network()


@pytest.mark.slow
def test_the_network_is_the_same_under_any_hash_seed_time_zone_and_locale() -> None:
    worlds = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "4711", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"},
    ]
    assert len({_digest("7", world) for world in worlds}) == 1


def test_another_seed_gives_another_network(sample: Network) -> None:
    other = network(8)
    assert [d.name for d in other.dealers] != [d.name for d in sample.dealers]
    assert other.counts() != sample.counts()


def test_it_has_the_size_that_a_newcomer_can_wait_for(sample: Network) -> None:
    counts = sample.counts()
    assert counts["dealers"] == 400
    assert len(sample.organisation.regions) == 3
    assert len(sample.organisation.branches) == 12
    assert 30_000 <= sum(counts.values()) <= 70_000


def test_a_year_brings_new_dealers_and_some_dealers_are_suspended_or_never_buy(sample: Network) -> None:
    new = [d for d in sample.dealers if d.joined > LAST_DAY - timedelta(days=365)]
    assert 25 <= len(new) <= 80
    assert 2 <= sum(d.suspension is not None for d in sample.dealers) <= 12
    assert 5 <= sum(d.monthly == 0 for d in sample.dealers) <= 25


def test_every_supplier_stands_one_step_up_and_was_there_before(sample: Network) -> None:
    by_number = {d.number: (at, d) for at, d in enumerate(sample.dealers)}
    roots = [d for d in sample.dealers if d.supplier is None]
    assert {d.level.code for d in roots} == {"general_distributor", "chain"}
    for at, dealer in enumerate(sample.dealers):
        if dealer.supplier:
            above, supplier = by_number[dealer.supplier]
            assert above < at
            assert supplier.joined < dealer.joined or supplier.level.code == "general_distributor"
            assert supplier.branch.code == dealer.branch.code


def test_no_login_document_or_trade_name_occurs_twice(sample: Network) -> None:
    people = sample.organisation
    staff = [t.representative.login for b in people.branches for t in b.territories]
    staff += [p.login for b in people.branches for p in (b.manager, b.general_manager)]
    staff += [p.login for r in people.regions for p in (r.director, r.clerk)] + [people.head_of_marketing.login]
    documents = [(type(e).__name__, getattr(e, "number", "")) for e in sample.entries if hasattr(e, "number")]
    documents += [("Invoice", e.delivery.number) for e in sample.entries if isinstance(e, Invoice)]
    for group in (staff, documents, [d.name for d in sample.dealers], [d.tax_id for d in sample.dealers]):
        assert max(Counter(group).values()) == 1


def test_submission_review_and_approval_are_three_people(sample: Network) -> None:
    head = sample.organisation.head_of_marketing.login
    for branch in sample.organisation.branches:
        assert len({branch.manager.login, branch.general_manager.login, head}) == 3


def test_nothing_is_dated_outside_the_24_months_or_before_the_dealer_joined(sample: Network) -> None:
    for entry in sample.entries:
        assert FIRST_DAY - timedelta(days=5) <= dated(entry) <= LAST_DAY
    for delivery in sample.deliveries:
        assert FIRST_DAY <= delivery.on <= LAST_DAY
        assert delivery.dealer.joined < delivery.on
        assert delivery.on == working(delivery.on)
    for visit in sample.visits:
        assert max(FIRST_DAY, visit.dealer.joined) <= visit.on <= LAST_DAY
        assert visit.next_appointment > visit.on


def test_an_invoice_is_its_lines_with_vat_and_no_two_lines_of_it_are_equal(sample: Network) -> None:
    lines = {d.number: d.lines for d in sample.deliveries}
    for entry in sample.entries:
        if isinstance(entry, Invoice):
            net = sum((line.quantity * line.unit_price for line in lines[entry.delivery.number]), Decimal())
            assert abs(entry.delivery.amount - net * Decimal("1.13")) <= Decimal("0.005")
            assert len({line.product.code for line in entry.delivery.lines}) == len(entry.delivery.lines)


def test_no_invoice_is_paid_and_credited_beyond_its_amount(sample: Network) -> None:
    paid: Counter[str] = Counter()
    back = {entry.number for entry in sample.entries if isinstance(entry, CameBack)}
    for entry in sample.entries:
        if isinstance(entry, Payment | Bill) and entry.number not in back:
            assert sum((a.amount for a in entry.allocations), Decimal()) in (entry.amount, 0)
            for part in entry.allocations:
                paid[part.invoice] += int(part.amount * 100)
    for delivery in sample.deliveries:
        assert paid[delivery.number] <= int(delivery.amount * 100)


def test_every_return_is_credited_on_its_day(sample: Network) -> None:
    notes = {e.number: e for e in sample.entries if isinstance(e, CreditNote)}
    assert sample.returns
    for back in sample.returns:
        assert (notes[back.number].amount, notes[back.number].on) == (back.amount, back.on)


def test_what_succeeded_fell_short_and_was_learnt_is_written_and_varied(sample: Network) -> None:
    texts = [text for v in sample.visits for text in (v.succeeded, v.fell_short, v.lesson)]
    assert all(has_substance(text) for text in texts)
    assert all("{" not in f"{v.content}{v.succeeded}{v.fell_short}{v.lesson}{v.next_plan}" for v in sample.visits)
    assert len({v.content for v in sample.visits}) > len(sample.visits) // 3
    assert any(v.lesson.isascii() for v in sample.visits)


def test_the_registry_refuses_nothing_of_what_is_handed_in(sample: Network) -> None:
    place = {"branch": "x", "region": "x"}
    answer = {"by": "x", "today": LAST_DAY, "dealer": _uuid("x")}
    for phase in phases(sample):
        for step in phase.steps:
            body = {k: _uuid(v.number) if isinstance(v, IdOf) else v for k, v in (step.body or {}).items()}
            match step.path:
                case "/dealers":
                    submitted(SubmitDealer.model_validate(place | body | {"dealer": _uuid(step.dealer), "by": "x"}))
                case "/dealers/{dealer}/card":
                    revised_card({}, ReviseBasicCard.model_validate(body | {"by": "x"}))
                case "/dealers/{dealer}/survey":
                    answered = AnswerSurvey.model_validate(body | answer)
                    assert SURVEY.decide(Surveys(), answered)
                case "/visits:bulk":
                    for row in step.rows:
                        visit_fact(LogVisit.model_validate(row | {"dealer": _uuid("x")}), today=LAST_DAY)
                        assert row["representative"] == step.actor.login


def test_keys_are_unique_and_fit_their_header(sample: Network) -> None:
    keys = [(s.actor.login, s.path, s.key) for p in phases(sample) for s in p.steps]
    assert max(Counter(keys).values()) == 1
    assert all(key.isascii() and " " not in key and len(key) < 200 for _, _, key in keys)


def _digest(seed: str, world: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, seed], env={**os.environ, **world}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _uuid(number: str) -> str:
    digest = hashlib.sha256(json.dumps(number).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
