"""A file's rows become facts once, and can be taken back and come again."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

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


def paid_by(n: int, dealer: str, payment: str, amount: str) -> LedgerRow:
    """An invoice of its own number, paid by a payment of that number."""
    one = row(n, dealer, amount)
    return replace(one, payment=Payment(payment, one.amount, PAID, "transfer", one.number))


async def entries(world: Any, dealer: str) -> list[tuple[str, str]]:
    await world.follow()
    said = (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]
    return sorted((each["kind"], each["number"]) for each in said)


async def test_of_rows_that_name_one_number_otherwise_the_first_counts_and_the_later_is_refused_whole(
    world: Any,
) -> None:
    dealer = await world.dealer("6005")
    rows = [paid_by(1, "6005", "PAY", "100.00"), paid_by(2, "6005", "PAY", "250.00"), paid_by(3, "6005", "P3", "9.00")]
    expected = [(1, "accepted", ""), (2, "rejected", "document-conflict"), (3, "accepted", "")]
    assert verdicts(await importing(world, "w1").preview(rows)) == expected
    assert verdicts(await importing(world, "w1").record(rows)) == expected
    recorded = [("invoice", "F-6005-1"), ("invoice", "F-6005-3"), ("payment", "P3"), ("payment", "PAY")]
    assert await entries(world, dealer) == recorded
    again = [(1, "duplicate", ""), (2, "rejected", "document-conflict"), (3, "duplicate", "")]
    assert verdicts(await importing(world, "w2").record(rows)) == again


async def test_a_row_that_another_writer_contradicts_meanwhile_is_not_recorded_in_part(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealer = await world.dealer("6006")
    mine, theirs = importing(world, "r1"), importing(world, "r2")
    record = world.log.record

    async def beaten(facts: Any) -> Any:
        monkeypatch.setattr(world.log, "record", record)
        assert verdicts(await theirs.record([paid_by(7, "6006", "RACE", "55.00")])) == [(7, "accepted", "")]
        return await record(facts)

    monkeypatch.setattr(world.log, "record", beaten)
    rows = [paid_by(1, "6006", "RACE", "100.00"), paid_by(2, "6006", "P2", "9.00"), row(3, "6006")]
    expected = [(1, "rejected", "document-conflict"), (2, "accepted", ""), (3, "accepted", "")]
    assert verdicts(await mine.record(rows)) == expected
    assert await entries(world, dealer) == [
        ("invoice", "F-6006-2"), ("invoice", "F-6006-3"), ("invoice", "F-6006-7"), ("payment", "F-6006-3"),
        ("payment", "P2"), ("payment", "RACE"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
async def test_rows_are_recorded_whole_or_not_at_all_and_as_the_preview_said(world: Any, seed: int) -> None:
    draw, mark = Random(seed), f"S{seed}"
    dealer = await world.dealer(mark)
    wanted: set[tuple[str, str]] = set()
    for _ in range(draw.randint(1, 3)):  # slices
        rows = []
        for n in range(draw.randint(1, 8)):
            one = paid_by(n, mark, f"P-{mark}-{draw.randint(1, 5)}", draw.choice(["10.00", "20.00"]))
            invoice = f"I-{mark}-{draw.randint(1, 5)}"
            rows.append(replace(one, number=invoice, payment=one.payment and replace(one.payment, invoice=invoice)))
        said = await importing(world, mark).preview(rows)
        assert await importing(world, mark).record(rows) == said
        taken = {each.row for each in said if each.verdict == "accepted"}
        for each in rows:
            if each.row in taken and each.payment:
                wanted |= {("invoice", each.number), ("payment", each.payment.number)}
    assert await entries(world, dealer) == sorted(wanted)


async def test_many_writers_of_the_same_numbers_leave_no_row_in_half(world: Any) -> None:
    dealer = await world.dealer("6007")

    def mine(writer: int) -> list[LedgerRow]:
        own = [paid_by(10 * writer + n, "6007", f"P-6007-{n}", f"{writer + 1}.00") for n in range(8)]
        return own[::-1] if writer % 2 else own

    said = await asyncio.gather(*(importing(world, f"many-{w}").record(mine(w)) for w in range(6)))
    accepted = {each.row for of_writer in said for each in of_writer if each.verdict == "accepted"}
    assert len(accepted) == 8 and {row % 10 for row in accepted} == set(range(8)), "each payment once"
    wanted = [("invoice", f"F-6007-{row}") for row in accepted] + [("payment", f"P-6007-{n}") for n in range(8)]
    assert await entries(world, dealer) == sorted(wanted)
