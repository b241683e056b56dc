"""ABC: the population is cut by exact decimals, in one order, whatever order it came in (domain.md 3.2)."""

from decimal import Decimal, localcontext
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiering.domain.abc import Cuts, Measured, Ranking, rank

amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=3)
populations = st.lists(amounts, max_size=40).map(
    lambda measures: [Measured(f"id-{n}", f"D-{n:03}", measure) for n, measure in enumerate(measures)]
)


def population(**measures: str) -> list[Measured]:
    return [Measured(f"id-{code}", code, Decimal(measure)) for code, measure in measures.items()]


def classes(ranking: Ranking) -> dict[str, str]:
    return {row.code: row.abc for row in ranking.rows}


def test_a_dealer_is_a_while_less_than_80_percent_lies_before_it_and_b_while_less_than_95():
    ranking = rank(population(D1="50", D2="30", D3="15", D4="5"))
    assert classes(ranking) == {"D1": "A", "D2": "A", "D3": "B", "D4": "C"}
    assert [ranking.before(row) for row in ranking.rows] == [0, 50, 80, 95]
    assert [ranking.share_before(row) for row in ranking.rows] == [0, Decimal("0.5"), Decimal("0.8"), Decimal("0.95")]


def test_the_dealer_that_crosses_80_percent_is_still_a():
    assert classes(rank(population(D1="79.999", D2="10", D3="10.001"))) == {"D1": "A", "D3": "A", "D2": "B"}


def test_a_thousandth_below_the_cut_is_shown_below_it_and_never_rounded_up_to_it():
    ranking = rank(population(D1="799999999.999", D2="200000000.001"))
    assert ranking.rows[1].abc == "A"
    assert ranking.share_before(ranking.rows[1]) == Decimal("0.799999")


def test_only_one_dealer_is_a_however_large():
    assert classes(rank(population(D1="0.01"))) == {"D1": "A"}


def test_a_measure_of_nothing_or_less_is_c_and_no_part_of_the_total():
    ranking = rank(population(D1="100", D2="0", D3="-40"))
    assert classes(ranking) == {"D1": "A", "D2": "C", "D3": "C"}
    assert ranking.total == 100
    assert [ranking.share_before(row) for row in ranking.rows] == [0, None, None]
    assert [ranking.before(row) for row in ranking.rows] == [0, 100, 100]


def test_where_nobody_sold_more_than_was_returned_everyone_is_c_in_order():
    ranking = rank(population(D2="-1", D1="0"))
    assert [(row.code, row.rank, row.abc) for row in ranking.rows] == [("D1", 1, "C"), ("D2", 2, "C")]
    assert ranking.total == 0


def test_nobody_is_ranked_where_nobody_traded():
    ranking = rank([])
    assert (ranking.population, ranking.total) == (0, 0)
    assert ranking.digest() == sha256(b"").hexdigest()


def test_equal_measures_stand_in_the_order_of_their_dealer_codes():
    ranking = rank(population(D3="7.50", D1="7.5", D2="7.500"))
    assert [row.code for row in ranking.rows] == ["D1", "D2", "D3"]


def test_the_cuts_are_policy():
    assert classes(rank(population(D1="50", D2="30", D3="20"), Cuts(Decimal("50"), Decimal("80.01")))) == {
        "D1": "A",
        "D2": "B",
        "D3": "B",
    }


def test_the_digest_is_over_one_line_a_dealer_in_order_of_rank():
    ranking = rank(population(D2="1.50", D1="8.5"))
    assert ranking.digest() == sha256(b"1\tD1\tid-D1\t8.5\tA\n2\tD2\tid-D2\t1.5\tB\n").hexdigest()


def test_the_digest_tells_a_swapped_pair():
    one, other = rank(population(D1="5", D2="6")), rank(population(D1="6", D2="5"))
    assert one.digest() != other.digest()


@given(populations)
def test_the_classes_partition_the_population_in_the_order_a_b_c(measured):
    ranking = rank(measured)
    assert sorted(row.dealer for row in ranking.rows) == sorted(each.dealer for each in measured)
    assert "".join(row.abc for row in ranking.rows) == "".join(sorted(row.abc for row in ranking.rows))
    assert [row.rank for row in ranking.rows] == list(range(1, len(measured) + 1))


@given(populations)
def test_every_class_follows_from_the_sum_before_it_by_the_words_of_the_rule(measured):
    total = sum((each.measure for each in measured if each.measure > 0), Decimal(0))
    ranking, before = rank(measured), Decimal(0)
    assert ranking.total == total
    for row in ranking.rows:
        expected = "C"
        if row.measure > 0:
            expected = "A" if 100 * before < 80 * total else "B" if 100 * before < 95 * total else "C"
        assert (row.abc, ranking.before(row)) == (expected, before)
        before += max(row.measure, Decimal(0))


@given(populations)
def test_the_share_shown_lies_below_a_cut_exactly_if_the_dealer_does(measured):
    ranking = rank(measured)
    for row in ranking.rows:
        share = ranking.share_before(row)
        if share is not None:
            assert row.abc == ("A" if share < Decimal("0.8") else "B" if share < Decimal("0.95") else "C")


@given(populations.flatmap(lambda measured: st.tuples(st.just(measured), st.permutations(measured))))
def test_the_order_of_entry_does_not_matter(both):
    measured, permuted = both
    assert rank(measured) == rank(permuted)


@given(populations, st.integers(1, 4))
def test_zeros_behind_the_last_decimal_change_no_decision_and_no_digest(measured, places):
    longer = [Measured(each.dealer, each.code, each.measure + Decimal(0).scaleb(-3 - places)) for each in measured]
    one, other = rank(measured), rank(longer)
    assert one.digest() == other.digest()
    assert [one.share_before(row) for row in one.rows] == [other.share_before(row) for row in other.rows]


def test_the_decimal_context_of_the_thread_changes_nothing():
    measured = population(D1="123456789012.1234567", D2="99999.9999999", D3="-0.0000001")
    usual = rank(measured)
    with localcontext() as context:
        context.prec = 4
        squeezed = rank(measured)
        assert (squeezed, squeezed.digest(), squeezed.total) == (usual, usual.digest(), usual.total)
        assert [squeezed.share_before(r) for r in squeezed.rows] == [usual.share_before(r) for r in usual.rows]


def test_what_is_no_number_is_no_measure():
    with pytest.raises((ValueError, ArithmeticError)):
        rank(population(D1="NaN"))
