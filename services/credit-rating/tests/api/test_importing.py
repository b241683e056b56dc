"""A file's rows become facts once, and can be taken back and come again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from credit_rating.importing import LedgerImport
from credit_rating.recording import Recorder
from service.imports import Dispute, LedgerRow, Payment, Settlement

DAY, DUE, PAID = date(2026, 1, 5), date(2026, 2, 4), date(2026, 2, 10)


def row(n: int, dealer: str, amount: str = "100.00", *, disputed: bool = False, issued: date = DAY) -> LedgerRow:
    number, value = f"F-{dealer}-{n}", Decimal(amount)
    return LedgerRow(
        n, "ERP", dealer, number, value, "CNY", issued, DUE, "credit", 30, None,
        Payment(number, value, PAID, "transfer", number),
        Dispute(value, DAY, "Their own mark") if disputed else None,
        Settlement(PAID, "dismissed") if disputed else None,
    )  # fmt: skip


def importing(world: Any, import_id: str) -> LedgerImport:
    recorder = Recorder(log=world.log, actor="erp-feed", business_date=date(2026, 6, 30), correlation=import_id)
    return LedgerImport(recorder=recorder, pool=world.pool, import_id=import_id, currency="CNY")


def verdicts(said: Any) -> list[tuple[int, str, str]]:
    return sorted((each.row, each.verdict, each.code) for each in said)


async def balance(world: Any, dealer: str, as_of: date) -> tuple[str, int]:
    said = (await world.get(f"/dealers/{dealer}/receivables", query={"as_of": str(as_of)})).json()
    return said["balance"], len(said["open_items"])


async def test_rows_are_recorded_once_in_any_order_and_open_amounts_are_right_before_they_were_settled(
    world: Any,
) -> None:
    dealer = await world.dealer("6001")
    rows = [row(n, "6001", disputed=n == 2) for n in (1, 2, 3)]
    first = importing(world, "i1")
    assert verdicts(await first.preview(rows)) == [(n, "accepted", "") for n in (1, 2, 3)]
    assert await balance(world, dealer, PAID) == ("0.00", 0)
    assert verdicts(await first.record(rows)) == [(n, "accepted", "") for n in (1, 2, 3)]
    await world.follow()
    before = await world.log.last()
    assert verdicts(await importing(world, "i2").record(rows[::-1])) == [(n, "duplicate", "") for n in (1, 2, 3)]
    assert await world.log.last() == before
    assert await balance(world, dealer, DUE) == ("300.00", 3)
    assert await balance(world, dealer, PAID) == ("0.00", 0)


async def test_a_row_that_conflicts_names_nobody_or_is_implausible_is_rejected_whole(world: Any) -> None:
    await world.dealer("6002")
    await importing(world, "i3").record([row(1, "6002")])
    before = await world.log.last()
    rows = [row(1, "6002", "101.00"), row(2, "nobody"), row(3, "6002", issued=date(2026, 9, 1))]
    expected = [(1, "rejected", "document-conflict"), (2, "rejected", "unknown-dealer"), (3, "rejected", "future-date")]
    for act in (importing(world, "i4").preview, importing(world, "i4").record):
        assert verdicts(await act(rows)) == expected
        assert await world.log.last() == before, "not even the payment of a row whose invoice conflicts"


async def test_an_import_is_taken_back_by_new_events_and_the_same_file_may_come_again_and_again(world: Any) -> None:
    dealer = await world.dealer("6003")
    rows = [row(n, "6003", disputed=True) for n in (1, 2)]
    for n in range(3):
        once = importing(world, f"again-{n}")
        assert verdicts(await once.preview(rows)) == [(1, "accepted", ""), (2, "accepted", "")]
        assert verdicts(await once.record(rows)) == [(1, "accepted", ""), (2, "accepted", "")]
        await world.follow()
        assert await balance(world, dealer, DUE) == ("200.00", 2)
        async with world.following():
            assert await once.reverse("Wrong file", wait_seconds=5) == 8
            assert await once.reverse("Wrong file", wait_seconds=5) == 0
        assert await balance(world, dealer, DUE) == ("0.00", 0)
    assert verdicts(await importing(world, "last").record([row(1, "6003", "55.00")])) == [(1, "accepted", "")]
    await world.follow()
    assert await balance(world, dealer, DUE) == ("55.00", 1)


async def test_every_event_leads_back_to_its_file_and_row(world: Any) -> None:
    dealer = await world.dealer("6004")
    await importing(world, "origin").record([row(7, "6004")])
    await world.follow()
    found = await world.pool.fetch("select kind, importid, importrow from g1.ledger_entry where dealer = $1", dealer)
    assert {tuple(each) for each in found} == {("invoice", "origin", 7), ("payment", "origin", 7)}
