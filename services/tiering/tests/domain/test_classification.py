"""A classification: from facts at a cut to one decision a dealer, the same bytes whoever derives it."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.decider import Refused
from events.types.shapes import PolicyRef
from events.types.tiering import AbcClassAssigned
from tiering.domain.abc import Cuts
from tiering.domain.classification_run import CLASSIFICATION_RUN, CompleteRun, Run, StartRun
from tiering.domain.classify import Basis, classify, decisions
from tiering.domain.measures import Line, LineReversal, measures
from tiering.domain.tier_file import TIER_FILE, AssignAbcClass, TierFile
from tiering.domain.windows import Window

YEAR = Window(date(2025, 1, 1), date(2025, 12, 31))
RUN, OTHER_RUN = str(UUID(int=1)), str(UUID(int=2))
POLICY = PolicyRef(name="tiering", version=1, hash="a" * 64)
CUT = {"tiering": {"0": 7}, "customer-registry": {"3": 2}}


def line(identity: str, dealer: str, amount: str, on: date = date(2025, 6, 1), *, returned: bool = False) -> Line:
    return Line(identity, dealer, Decimal(amount), on, returned)


def test_net_sales_take_returns_off_and_gross_sales_leave_them_out():
    facts = [line("1", "d", "100.50"), line("2", "d", "30", returned=True), line("3", "e", "5", returned=True)]
    assert measures(facts, YEAR, "net_sales") == {"d": Decimal("70.50"), "e": -5}
    assert measures(facts, YEAR, "gross_sales") == {"d": Decimal("100.50"), "e": 0}


def test_only_lines_within_the_window_count_and_a_dealer_without_one_is_unclassified():
    facts = [
        line("1", "d", "1", date(2024, 12, 31)),
        line("2", "d", "2", date(2025, 1, 1)),
        line("3", "d", "4", date(2025, 12, 31)),
        line("4", "e", "8", date(2026, 1, 1)),
    ]
    assert measures(facts, YEAR, "net_sales") == {"d": 6}


def test_a_reversed_line_is_no_line_wherever_the_reversal_stands():
    facts = [LineReversal("2"), line("1", "d", "1"), line("2", "d", "2"), line("3", "e", "4"), LineReversal("3")]
    assert measures(facts, YEAR, "net_sales") == {"d": 1}


def decided(facts: list[Line | LineReversal], codes: dict[str, str]) -> list[tuple[str, bytes]]:
    ranking = classify(facts, codes, window=YEAR, measure="net_sales", cuts=Cuts())
    return [(each.dealer, each.data()) for each in decisions(ranking, Basis(RUN, YEAR, POLICY, CUT))]


def test_a_decision_holds_its_measure_its_place_and_what_it_rests_on():
    ranking = classify(
        [line("1", "d", "75.00"), line("2", "e", "25")], {"d": "D-2", "e": "D-1"}, window=YEAR, measure="net_sales",
        cuts=Cuts(),
    )  # fmt: skip
    _, second = decisions(ranking, Basis(RUN, YEAR, POLICY, CUT))
    assert second.dealer == "e"
    assert second.assigned.model_dump(mode="json") == {
        "run": RUN,
        "window_from": "2025-01-01",
        "window_to": "2025-12-31",
        "abc": "A",
        "measure": "25",
        "rank": 2,
        "share_before": "0.75",
        "total": "100",
        "population": 2,
        "policy": {"name": "tiering", "version": 1, "hash": "a" * 64},
        "cut": CUT,
    }


def test_a_decision_is_a_valid_event_even_at_the_ends_of_what_a_line_may_be():
    facts = [line("1", "d", "999999999999.99"), line("2", "e", "0.0000010"), line("3", "f", "0")]
    ranking = classify(facts, {}, window=YEAR, measure="net_sales", cuts=Cuts())
    for each in decisions(ranking, Basis(RUN, YEAR, POLICY, CUT)):
        assert AbcClassAssigned.model_validate_json(each.assigned.model_dump_json()) == each.assigned


amounts = st.decimals(min_value=0, max_value=10**6, places=3)
facts_of_many = st.lists(st.tuples(st.sampled_from("abcdefgh"), amounts, st.booleans()), max_size=30).map(
    lambda rows: [Line(str(n), dealer, amount, YEAR.first, back) for n, (dealer, amount, back) in enumerate(rows)]
)


@given(facts_of_many.flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))))
def test_the_order_in_which_facts_arrived_changes_no_byte(both):
    facts, permuted = both
    codes = {dealer: f"D-{dealer}" for dealer in "abcdefgh"}
    assert decided(facts, codes) == decided(permuted, codes)


@given(facts_of_many)
def test_the_same_sums_with_other_zeros_behind_change_no_byte(facts):
    longer = [msgspec.structs.replace(fact, amount=fact.amount + Decimal("0E-6")) for fact in facts]
    assert decided(facts, {}) == decided(longer, {})


START: dict[str, Any] = {
    "run": RUN,
    "measure": "net_sales",
    "window_from": YEAR.first,
    "window_to": YEAR.last,
    "cut": CUT,
    "policy": POLICY,
    "authorised_by": "director",
    "today": date(2026, 3, 2),
}
COMPLETE = CompleteRun(run=RUN, classified=2, digest="b" * 64)


def after(run: Run, command: StartRun | CompleteRun) -> Run:
    return CLASSIFICATION_RUN.fold(run, CLASSIFICATION_RUN.decide(run, command))


def refusal(run: Run, command: StartRun | CompleteRun) -> str:
    with pytest.raises(Refused) as refused:
        CLASSIFICATION_RUN.decide(run, command)
    return refused.value.code


def test_a_run_is_started_and_completed_once():
    started = after(Run(), StartRun(**START))
    completed = after(started, COMPLETE)
    assert (started.stage, completed.stage) == ("started", "completed")
    assert refusal(completed, COMPLETE) == "run-completed"
    assert refusal(Run(), COMPLETE) == "run-not-started"


def test_a_run_resumes_at_its_own_cut_only():
    started = after(Run(), StartRun(**START))
    assert CLASSIFICATION_RUN.decide(started, StartRun(**START | {"today": date(2026, 3, 3)})) == []
    assert refusal(started, StartRun(**START | {"cut": {"tiering": {"0": 8}}})) == "run-started-otherwise"


def test_a_run_looks_at_a_window_that_is_over_and_has_a_cut():
    assert refusal(Run(), StartRun(**START | {"window_to": date(2026, 3, 3)})) == "window-in-future"
    assert refusal(Run(), StartRun(**START | {"cut": {}})) == "cut-empty"


def test_a_run_gives_a_dealer_one_class_and_the_next_run_another():
    ranking = classify([line("1", "d", "1")], {}, window=YEAR, measure="net_sales", cuts=Cuts())
    (decision,) = decisions(ranking, Basis(RUN, YEAR, POLICY, CUT))
    dealer = str(UUID(int=9))
    assign = AssignAbcClass(dealer=dealer, assigned=decision.assigned)
    assert TIER_FILE.decide(TierFile(), assign) == [decision.assigned]
    tier = TIER_FILE.fold(TierFile(), [decision.assigned])
    assert (tier.abc, tier.run, tier.window_to) == ("A", RUN, YEAR.last)
    with pytest.raises(Refused, match="run-assigned"):
        TIER_FILE.decide(tier, assign)
    again = AssignAbcClass(dealer=dealer, assigned=decision.assigned.model_copy(update={"run": OTHER_RUN}))
    assert TIER_FILE.decide(tier, again)
