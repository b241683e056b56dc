from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.entries import (
    Allocation,
    Bill,
    Bounce,
    CreditNote,
    Invoice,
    Payment,
    Recovery,
    Reversal,
    WriteOff,
)
from credit_rating.domain.receivables import receivables
from credit_rating.domain.statement import (
    MOST_MONTHS,
    MOST_OPEN,
    STATEMENTS,
    ConfirmStatement,
    DifferStatement,
    IssueStatement,
    SendStatement,
    SettleStatement,
    Statements,
    WithdrawStatement,
)
from credit_rating.domain.statement_drawing import (
    Asked,
    Occasion,
    again,
    any_activity,
    anything_to_state,
    drawn_up,
    last_month,
    month_days,
    months_to_state,
)
from events import PolicyRef, StatementConfirmed, StatementDiffered, StatementSent, StatementSettled
from events.decider import Refused
from rules.statement import digest, statement

FIRST, LAST, TODAY = date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 3)
OCCASION = Occasion(PolicyRef(name="credit", version=1, hash="a" * 64), (0, 30, 60), {"credit-rating": {"0": 9}})
ID = "01900000-0000-7000-8000-00000000000{}".format


def story(book):
    """Opening 100 of April; in May 250.50 invoiced, 60 paid, 10.25 credited; a payment of June."""
    return [
        book.invoice("A", "100.00", "2026-04-10", "2026-04-30"),
        book.invoice("B", "250.50", "2026-05-02"),
        book.payment("P", "60.00", "2026-05-20", "A"),
        book.credit_note("K", "10.25", "2026-05-31", "B"),
        book.payment("later", "40.00", "2026-06-01", "A"),
        book.invoice("never so", "999.00", "2026-05-05"),
        book.reversal("invoice-never so"),
    ]


def test_opening_balance_and_lines_are_the_closing_balance(book):
    stated = statement(story(book), FIRST, LAST)
    assert stated.opening_balance == 100
    assert [(each.kind, each.number, each.amount) for each in stated.lines] == [
        ("invoice", "B", Decimal("250.50")), ("payment", "P", -60), ("credit_note", "K", Decimal("-10.25")),
    ]  # fmt: skip
    assert stated.closing_balance == Decimal("280.25")


def test_what_came_back_stands_on_the_statement_of_either_day(book):
    entries = [
        book.invoice("A", "100.00", "2026-04-10"),
        book.payment("P", "60.00", "2026-05-20", "A"),
        book.bounce("P", "2026-06-02"),
        book.write_off("W", "40.00", "2026-06-20", "A"),
    ]
    may, june = statement(entries, FIRST, LAST), statement(entries, date(2026, 6, 1), date(2026, 6, 30))
    assert [(each.kind, each.amount) for each in may.lines] == [("payment", -60)]
    assert [(each.kind, each.amount) for each in june.lines] == [("bounce", 60), ("write_off", -40)]
    assert (may.closing_balance, june.opening_balance, june.closing_balance) == (40, 40, 60)


def test_money_for_an_invoice_that_was_written_off_gives_back_what_the_write_off_took(book):
    entries = [
        book.invoice("A", "100.00", "2026-04-10"),
        book.write_off("W", "100.00", "2026-05-20", "A"),
        book.payment("P", "30.00", "2026-06-02", "A"),
    ]
    june = statement(entries, date(2026, 6, 1), date(2026, 6, 30))
    assert [(each.kind, each.amount) for each in june.lines] == [("write_off", 30), ("payment", -30)]
    assert (june.opening_balance, june.closing_balance) == (0, 0)


days = st.integers(0, 60).map(lambda n: date(2026, 4, 15) + timedelta(days=n))
amounts = st.integers(1, 10**5).map(lambda cents: Decimal(cents).scaleb(-2))
numbers = st.sampled_from(["1", "2", "3"])
document = {"id": st.integers(0, 40).map(str), "source": st.just("erp"), "number": numbers}
ledgers = st.lists(
    st.builds(Invoice, **document, amount=amounts, issued_on=days, due_on=days, method=st.just("credit"))
    | st.builds(Payment, **document, amount=amounts, received_on=days, allocations=st.just((Allocation("1"),)))
    | st.builds(CreditNote, **document, amount=amounts, issued_on=days, invoice=numbers)
    | st.builds(Bill, **document, amount=amounts, received_on=days, matures_on=days, method=st.just("bank_acceptance"))
    | st.builds(Bounce, **document, of=st.sampled_from(["payment", "bill"]), bounced_on=days)
    | st.builds(WriteOff, **document, amount=amounts, written_off_on=days, invoice=numbers)
    | st.builds(Recovery, **document, amount=amounts, recovered_on=days)
    | st.builds(Reversal, **document, entry=st.integers(0, 40).map(str)),
    max_size=14,
    unique_by=lambda entry: entry.id,
)


@settings(max_examples=150, deadline=None)
@given(ledgers)
def test_the_closing_balance_is_that_of_the_receivables_and_the_next_opening_balance(entries):
    may, june = statement(entries, FIRST, LAST), statement(entries, date(2026, 6, 1), date(2026, 6, 30))
    assert may.closing_balance == receivables(entries, LAST).balance == june.opening_balance
    assert may.opening_balance == receivables(entries, FIRST - timedelta(days=1)).balance
    assert digest(may.lines) == digest(statement(entries[::-1], FIRST, LAST).lines)


def asked(month=FIRST, purpose="monthly", number=1):
    first, last = month_days(month.year, month.month)
    return Asked(ID(number), purpose, first, last, "CNY", "wang.fang")


def test_a_statement_holds_totals_ageing_and_a_digest_of_its_lines_and_comes_out_the_same_again(book):
    entries = story(book)
    issued = drawn_up(entries, asked(), OCCASION)
    assert (issued.opening_balance, issued.closing_balance, issued.lines) == (100, Decimal("280.25"), 3)
    assert [(each.kind, each.lines, each.amount) for each in issued.totals] == [
        ("credit_note", 1, Decimal("-10.25")), ("invoice", 1, Decimal("250.50")), ("payment", 1, -60),
    ]  # fmt: skip
    columns = {each.name: each.amount for each in issued.ageing if each.amount}
    assert columns == {"not_due": Decimal("240.25"), "31-60": 40}
    assert again(issued, entries[::-1], OCCASION.limits) == issued
    other = [*entries, book.invoice("C", "0.01", "2026-05-09")]
    assert again(issued, other, OCCASION.limits).digest != issued.digest


def test_nothing_is_stated_where_there_was_no_activity_and_is_no_balance(book):
    settled = [book.invoice("A", "1", "2026-03-01"), book.payment("P", "1", "2026-04-01", "A")]
    assert not anything_to_state(drawn_up(settled, asked(), OCCASION))
    assert anything_to_state(drawn_up(settled, asked(date(2026, 4, 1)), OCCASION))


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2026, 6, 1), FIRST), (date(2026, 6, 30), FIRST), (date(2026, 1, 15), date(2025, 12, 1))],
)
def test_the_clock_states_the_month_before(today, first):
    assert last_month(today) == month_days(first.year, first.month)


def issue(book, month=FIRST, *, today=TODAY, **said):
    return IssueStatement(issued=drawn_up(story(book), asked(month, **said), OCCASION), today=today)


def after(*commands):
    state = Statements()
    for command in commands:
        state = STATEMENTS.fold(state, STATEMENTS.decide(state, command))
    return state


def step(kind, number=1, on=TODAY, **said):
    return kind(statement=ID(number), on=on, today=TODAY, by="wang.fang", **said)


SENT = {"how": "email", "to": "Accounts"}


@pytest.mark.parametrize(
    ("stated_to", "months"),
    [
        (None, ["2026-07-31"]),
        ("2026-07-31", ["2026-07-31"]),
        ("2026-06-30", ["2026-06-30", "2026-07-31"]),
        ("2026-04-30", ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"]),
    ],
)
def test_months_in_which_no_worker_ran_are_made_up_for_and_none_before_the_first(stated_to, months):
    found = months_to_state(stated_to and date.fromisoformat(stated_to), date(2026, 8, 20))
    assert [str(day) for day in found] == months


def test_what_was_taken_back_or_is_to_come_is_no_activity(book):
    never = [book.invoice("A", "1", "2026-05-02"), book.reversal("invoice-A")]
    assert not any_activity([*never, book.payment("P", "1", "2026-06-01")], date(2026, 5, 31))
    assert any_activity([book.payment("P", "1", "2026-05-31")], date(2026, 5, 31))


def test_a_statement_is_issued_sent_and_confirmed_with_the_signed_copy(book):
    state = after(issue(book))
    (sent,) = STATEMENTS.decide(state, step(SendStatement, **SENT))
    assert sent == StatementSent(statement=ID(1), sent_on=TODAY, how="email", to="Accounts", by="wang.fang")
    (confirmed,) = STATEMENTS.decide(
        STATEMENTS.evolve(state, sent), step(ConfirmStatement, confirmed_by="Accounts", signed_copy="b" * 64)
    )
    assert isinstance(confirmed, StatementConfirmed) and confirmed.signed_copy == "b" * 64


def test_a_difference_is_ours_less_theirs_and_is_settled_or_confirmed_after_all(book):
    state = after(issue(book), step(SendStatement, **SENT))
    (differed,) = STATEMENTS.decide(state, step(DifferStatement, their_balance=Decimal("240.25"), reason="P2 of 40."))
    assert isinstance(differed, StatementDiffered) and differed.difference == 40
    state = STATEMENTS.evolve(state, differed)
    (settled,) = STATEMENTS.decide(state, step(SettleStatement, agreed_balance=Decimal("280.25"), reason="Found."))
    assert isinstance(settled, StatementSettled)
    assert STATEMENTS.decide(state, step(ConfirmStatement, confirmed_by="Accounts"))
    assert STATEMENTS.evolve(state, settled).open == {}


@pytest.mark.parametrize(
    ("steps", "refused", "code"),
    [
        ([], step(ConfirmStatement, confirmed_by="Accounts"), "statement-stage"),
        ([], step(DifferStatement, their_balance=Decimal(1), reason="No."), "statement-stage"),
        ([step(SendStatement, **SENT)], step(SettleStatement, agreed_balance=Decimal(1), reason="No."),
         "statement-stage"),
        ([step(SendStatement, **SENT)], step(DifferStatement, their_balance=Decimal("280.25"), reason="Same."),
         "no-difference"),
        ([], step(SendStatement, number=7, **SENT), "statement-not-open"),
        ([step(WithdrawStatement, reason="Wrong.")], step(SendStatement, **SENT), "statement-not-open"),
        ([step(SendStatement, **SENT), step(ConfirmStatement, confirmed_by="Accounts")],
         step(WithdrawStatement, reason="Late."), "statement-not-open"),
        ([], step(SendStatement, on=date(2026, 5, 30), **SENT), "dates-implausible"),
        ([], step(SendStatement, on=TODAY + timedelta(days=1), **SENT), "dates-implausible"),
        ([step(SendStatement, **SENT)], step(ConfirmStatement, on=date(2026, 6, 2), confirmed_by="A"),
         "dates-implausible"),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_is_refused(book, steps, refused, code):
    with pytest.raises(Refused) as no:
        STATEMENTS.decide(after(issue(book), *steps), refused)
    assert no.value.code == code


def test_a_month_is_stated_once_until_it_is_withdrawn_and_an_earlier_one_may_follow(book):
    state = after(issue(book), issue(book, date(2026, 4, 1), number=2))
    assert state.stated == (date(2026, 4, 30), LAST)
    with pytest.raises(Refused, match="withdraw that statement first"):
        STATEMENTS.decide(state, issue(book, number=3))
    for event in STATEMENTS.decide(state, step(WithdrawStatement, reason="A payment was missing.")):
        state = STATEMENTS.evolve(state, event)
    assert STATEMENTS.decide(state, issue(book, number=3))


def test_an_auditor_may_ask_as_often_as_needed_and_no_statement_ends_today_or_later(book):
    assert (
        len(after(issue(book), issue(book, purpose="audit", number=2), issue(book, purpose="audit", number=3)).open)
        == 3
    )
    with pytest.raises(Refused, match="is not over"):
        STATEMENTS.decide(Statements(), issue(book, today=LAST))


def test_what_is_held_is_bounded_and_the_oldest_lapses(book):
    state, first = Statements(), drawn_up(story(book), asked(), OCCASION)
    for n in range(MOST_MONTHS + 2):
        last = month_days(2026 + n // 12, n % 12 + 1)[1]
        opened = first.model_copy(update={"statement": f"{n:08}-0000-7000-8000-000000000000", "last_day": last})
        state = STATEMENTS.evolve(state, opened)
    assert (len(state.open), len(state.stated)) == (MOST_OPEN, MOST_MONTHS)
    assert min(each.last_day for each in state.open.values()) == month_days(2026 + 182 // 12, 182 % 12 + 1)[1]
    with pytest.raises(Refused, match="is stated"):
        STATEMENTS.decide(state, issue(book, date(2026, 1, 1)))
