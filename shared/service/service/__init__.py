'''What a service stands on: settings, HTTP kit, access, telemetry, lifecycle, import.

A whole service, in the four kinds of file that touch this kit::

    # credit_rating/permissions.py ------------------------------------------------ who may do what, one table
    from service.permissions import AUDITOR, CREDIT_CONTROLLER, ENTERING, EVERYONE

    PERMISSIONS = {
        "order.read": EVERYONE,
        "order.place": ENTERING,
        "ledger.record": (CREDIT_CONTROLLER,),
    }

    # credit_rating/api/orders.py ------------------------------------------------- one file a resource
    from uuid import UUID
    from events.decider import Refused
    from fastapi import Response
    from pydantic import BaseModel, ConfigDict
    from service.bulk import Row, RowVerdict, ndjson
    from service.context import Read, Write, WriteContext
    from service.facts import record_rows
    from service.paging import Keyset, Page, PageOf
    from service.problems import Problem
    from service.routing import Router
    from service.scope import require_dealer_in_scope
    from credit_rating.domain.orders import ORDERS, Place      # a Decider and its command

    router = Router("orders")
    BY_NUMBER = Keyset("number")                               # unique, never NULL

    class PlaceOrder(BaseModel):
        model_config = ConfigDict(extra="forbid")              # demanded: unknown fields are refused
        number: str
        amount: Decimal                                        # "12.50" or 12.50, exact either way

    class OrderView(BaseModel):
        number: str
        amount: Decimal
        state: str

    @router.post("/dealers/{dealer}/orders", permission="order.place", answers=OrderView)
    async def place_order(dealer: UUID, body: PlaceOrder, write: Write) -> Response:
        """Place an order; it is released or held at once."""
        async with write.snapshot() as conn:                   # the caller's scope, one moment
            await require_dealer_in_scope(conn, dealer)        # 404 outside it
        command = Place(number=body.number, amount=body.amount, on=write.today)
        written = await write.handle(ORDERS, str(dealer), command)
        return write.answer(written, view_of(written.state, body.number))    # 201, ETag, Dealerlog-Position

    @router.post("/dealers/{dealer}/orders/{number}/cancel", permission="order.place", answers=OrderView,
                 edits=True, status=200)                       # edits: If-Match is demanded, 428 and 412 follow
    async def cancel_order(dealer: UUID, number: str, body: Cancel, write: Write) -> Response: ...

    LIST = "select number, amount, state from orders where dealer = $1 and {after} {order} limit {limit}"

    @router.get("/dealers/{dealer}/orders", permission="order.read", answers=Page[OrderView])
    async def list_orders(dealer: UUID, read: Read, page: PageOf) -> Page[OrderView]:
        """Orders of a dealer, by number."""
        query = LIST.format(after=BY_NUMBER.after(page, 2), order=BY_NUMBER.order, limit=page.limit + 1)
        async with read.snapshot() as conn:                    # rows outside the scope are not there
            rows = await conn.fetch(query, dealer, *BY_NUMBER.values(page))
        return page.of(rows, BY_NUMBER, OrderView)             # items, next, Link

    @router.post("/invoices/bulk", permission="ledger.record", accepts="application/x-ndjson",
                 body_bytes="bulk_bytes", status=200)
    async def record_invoices(request: Request, write: Write) -> Response:
        """Invoices as NDJSON, a verdict for each row."""
        async def record(rows: list[Row[Invoice]]) -> list[RowVerdict]:       # at most 1,000 rows
            facts = [(row.row, fact_of(row.model, write)) for row in rows]
            return await record_rows(write.runtime.log, facts)
        return await ndjson(request, Invoice, record)

    @router.post("/dealers/{dealer}/invoices", permission="ledger.record", answers=InvoiceView)
    async def record_invoice(dealer: UUID, body: Invoice, write: Write) -> Response:
        """One invoice: a fact has no version, so no ETag; a repeat answers the first position."""
        position = await write.record(fact_of(body, write))
        return write.answer(position, InvoiceView(**body.model_dump()))

    def fact_of(body: Invoice, write: WriteContext) -> Fact:   # what makes it one document wherever it comes from
        event = InvoiceIssued(**body.model_dump(exclude={"dealer"}))
        return write.fact(event, key=str(body.dealer), natural=(body.source, "invoice", body.number))

    # credit_rating/app.py -------------------------------------------------------- wires it
    from pathlib import Path
    from service.app import Service
    from service.problems import Kind
    from credit_rating import projections, reactions
    from credit_rating.api import orders
    from credit_rating.domain.orders import ORDERS
    from credit_rating.permissions import PERMISSIONS

    SERVICE = Service(
        name="credit-rating",
        title="Credit rating",
        routers=[orders.router],
        permissions=PERMISSIONS,
        tables=projections.TABLES,                             # dealer_scope among them
        deciders=[ORDERS],
        reactions=reactions.REACTIONS,                         # eventlog.reactions.Reaction
        clock=[OPEN_REVIEW],                                   # eventlog.clock.Duty; due_table() among the tables
        problems={"unknown-dealer": Kind(409, "Unknown dealer", "Onboard it first, or repeat in a moment.", 1)},
        migrations=Path(__file__).parent / "migrations",
    )

    if __name__ == "__main__":
        raise SystemExit(SERVICE.main())                       # python -m credit_rating.app [serve|migrate|routes]

Tests: `SERVICE.application(settings, runtime=SERVICE.runtime(settings, log=…, reader=…))` needs no Kafka;
tokens come from `service.tokens.issue("auditor", secret=…)`.
'''
