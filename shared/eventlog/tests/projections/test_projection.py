"""A declaration that could depend on the order of topics, or on what it does not name, is refused before any event."""

import pytest

from eventlog import ddl
from eventlog.columns import text as text_column
from eventlog.fold import fold
from eventlog.plan import Plan
from eventlog.projection import FactsTable, OrderDependent, Patch, StateTable, consumes, day, json, money, text, uuid
from events import CreditGradeAssigned, DealerOnboarded, DealerSuspended, InvoiceIssued, PaymentReceived


def dealer(**options):
    columns = {"name": text, "balance": money, "on": day, "card": json}
    return StateTable("dealer", key={"dealer": uuid}, columns=columns, **options)


def test_a_column_set_by_two_streams_is_refused():
    table = dealer()

    @table.on(DealerOnboarded, uses=("name",))
    def named(e):
        return Patch(key=(e.subject,), set={"name": e.data.name})

    @table.on(DealerSuspended)
    def same_stream(e):
        return Patch(key=(e.subject,), set={"name": "x"})

    with pytest.raises(OrderDependent, match="CreditGradeAssigned would set"):

        @table.on(CreditGradeAssigned)
        def graded(e):
            return Patch(key=(e.subject,), set={"name": "x"})


def test_a_column_is_set_or_summed_or_raised_and_never_two_of_these():
    table = dealer()
    table.on(InvoiceIssued, adds=("balance",))(lambda e: Patch(key=(e.subject,), add={"balance": e.data.amount}))
    with pytest.raises(OrderDependent):
        table.on(PaymentReceived, maxes=("balance",))(lambda e: None)
    with pytest.raises(OrderDependent):
        table.on(DealerOnboarded, sets=("balance",))(lambda e: None)


@pytest.mark.parametrize(
    "writes", [{"adds": ("name",)}, {"maxes": ("name",)}, {"adds": ("dealer",)}, {"sets": ("other",)}]
)
def test_text_is_neither_summed_nor_raised_and_unknown_columns_are_refused(writes):
    with pytest.raises(TypeError):
        dealer().on(InvoiceIssued, **writes)(lambda e: None)


def test_a_handler_whose_writes_cannot_be_read_must_name_them():
    def computed(e):
        return Patch(key=(e.subject,), set=dict.fromkeys(("name", "on")))

    def elsewhere(e):
        return computed(e)

    for handler in (computed, elsewhere):
        with pytest.raises(TypeError, match="sets="):
            dealer().on(DealerOnboarded)(handler)
        table = dealer()
        table.on(DealerOnboarded, sets=("name", "on"))(handler)
        assert table.rules[0].writes.sets == {"name", "on"}


def test_what_a_handler_writes_beyond_its_declaration_parks_its_event(world):
    table = dealer()
    table.on(DealerOnboarded, sets=("name",))(lambda e: Patch(key=(e.subject,), set={"on": None}))
    history = world.History("customer-registry")
    record = history.add(world.onboarded("Mei"), "0191d3a2-0000-7000-8000-00000000000a")
    with pytest.raises(ValueError, match="does not name"):
        Plan([table]).read("customer-registry", record.value)


def test_a_field_that_the_event_lacks_is_refused():
    with pytest.raises(TypeError, match="no field colour"):
        FactsTable("f", columns={"x": text}).on(InvoiceIssued, uses=("colour",))(lambda e: {"x": "y"})


def test_a_service_consumes_the_union_of_what_its_tables_use():
    facts, state = FactsTable("f", columns={"x": text}), dealer()
    facts.on(InvoiceIssued, uses=("number",))(lambda e: {"x": e.data.number})
    state.on(InvoiceIssued, uses=("amount",), adds=("balance",))(lambda e: None)
    state.on(DealerSuspended, uses=())(lambda e: Patch(key=(e.subject,), set={"tombstone": True}))
    assert consumes([facts, state]) == {
        "credit-rating": {"InvoiceIssued": ("amount", "number")},
        "customer-registry": {"DealerSuspended": ()},
    }


def test_the_engine_adds_where_a_row_came_from_and_a_tombstone():
    facts = FactsTable("entry", columns={"x": text}, indexes=[("x", "recorded_at")])
    assert list(facts.every) == ["x", "source", "partition", "sequence", "line", "recorded_at", "event"]
    assert dealer().every["tombstone"].sql == "boolean"
    statements = "\n".join([*ddl.create_tables("g7", [facts]), *ddl.create_indexes("g7", [facts])])
    assert 'unique index "entry_pkey" on "g7"."entry" ("source", "partition", "sequence", "line")' in statements
    assert 'add primary key using index "entry_pkey"' in statements
    assert 'create index "entry_x_recorded_at_idx" on "g7"."entry" ("x", "recorded_at")' in statements
    with pytest.raises(TypeError, match="the engine writes"):
        FactsTable("entry", columns={"sequence": text_column})


def test_nothing_is_folded_of_other_keys(world):
    history = world.History("customer-registry")
    history.add(world.onboarded("Mei"), "0191d3a2-0000-7000-8000-00000000000a")
    assert fold(world.declare(), [], "0191d3a2-0000-7000-8000-00000000000b", {}) == {"ledger_entry": [], "dealer": []}
