"""Logs of every service with events of every type: the shipped samples, varied as the trade would vary them.

Eight dealers, three places of each kind, several events a stream. A stream is about what its key names, as the
services write it: a territory's code is in its key, a number of a source system belongs to one dealer.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

import msgspec

from eventlog.histories import PARTITIONS, SAMPLES, History, Kept
from events import decode
from events.catalogue import EVENT_TYPES

DEALERS = [f"0191d3a2-0000-7000-8000-00000000000{n}" for n in range(8)]
RUNS = [f"0191d3a3-0000-8000-8000-00000000000{n}" for n in range(3)]
FILES = [f"0191d3a4-0000-7000-8000-00000000000{n}" for n in range(3)]
PLACES = {
    "T1": {"territory": "T1", "branch": "B1", "region": "R1"},
    "T2": {"territory": "T2", "branch": "B1", "region": "R1"},
    "T3": {"territory": "T3", "branch": "B2", "region": "R2"},
}
MONEY = ("amount", "annual_turnover", "forecast_monthly_sales", "measure", "limit")
WORDS = ("name", "reason", "comment", "content", "lesson", "description")
GIVEN = [f"0191d3a5-0000-7000-8000-00000000000{n}" for n in range(3)]
NAMED = {
    "run": ("run-", RUNS),
    "import": ("import-", FILES),
    "export": ("export-", FILES),
    "delegation": ("delegation-", GIVEN),
}
"""Categories whose key holds an id that `data` does not repeat."""
GROUPS = ("LH", "JK")
CODED = {"region": "region", "branch": "branch", "territory": "territory"}
"""Categories whose key holds a code that `data` repeats, and the place that it is the code of."""


def every_type_varied(
    seed: int, *, prefix: str = "", rounds: int = 12, partitions: int = PARTITIONS, without: Collection[str] = ()
) -> list[History]:
    """One log a service: every sample of every type and version, `rounds` times, in one random order.

    With eight rounds or more every dealer has an event of every type that is about one.
    """
    chance = random.Random(seed)
    samples = [(path.parent.name, path.read_bytes()) for path in sorted(SAMPLES.glob("*/*.json"))]
    samples = [each for each in samples if msgspec.json.decode(each[1])["type"] not in without] * rounds
    chance.shuffle(samples)
    owners = sorted({owner for owner, _ in samples})
    histories = {owner: History(owner, prefix=prefix, partitions=partitions) for owner in owners}
    turns: dict[str, Iterator[str]] = {"DealerOnboarded": iter(DEALERS)}  # each dealer once, as the registry would
    for count, (owner, sample) in enumerate(samples):
        document = msgspec.json.decode(sample)
        dealers = turns.setdefault(document["type"], cycle(chance.sample(DEALERS, len(DEALERS))))
        if dealer := next(dealers, ""):
            place(histories[owner], vary(document, chance, count, dealer))
    return list(histories.values())


def place(history: History, document: dict[str, Any]) -> Kept:
    """Append a document to the stream that its subject and type name; it must be one that can be read."""
    encoded = msgspec.json.encode(document)
    decode(encoded)
    stream = f"{document['subject']}/{EVENT_TYPES[document['type']].stream}"
    return history.place(encoded, uuid.UUID(document["id"]), stream)


def vary(document: dict[str, Any], chance: random.Random, count: int, dealer: str) -> dict[str, Any]:
    """A sample with another id, stream, place, day, amount and number; of this dealer, if it is of one."""
    data = _shifted(document["data"], timedelta(days=chance.randrange(300)))
    where = PLACES[chance.choice(sorted(PLACES))]
    data |= {name: code for name, code in where.items() if name in data}
    data |= {name: f"{data[name]} {count}" for name in WORDS if isinstance(data.get(name), str)}
    data |= {
        name: f"{chance.randrange(1, 9999)}.{chance.randrange(100):02}" for name in MONEY if _exact(data.get(name))
    }
    if "group" in data:
        data["group"] = chance.choice(GROUPS)
    if "quantity" in data:
        data["amount"] = str(Decimal(data["quantity"]) * Decimal(data["unit_price"]))
    if "run" in data:
        data["run"] = chance.choice(RUNS)
    if "statement" in data:
        data["statement"] = str(uuid.UUID(int=uuid.UUID(dealer).int ^ 1 << 40))
    if data.get("excluded"):
        data["excluded"] = [{"dealer": dealer, "reason": "stream parked"}]
    if "references" in data:
        data["references"] = [{"source": "erp", "number": f"C-{dealer[-1]}-{n}"} for n in range(chance.randrange(3))]
    _number(document["type"], data, chance, count)
    subject = _subject(EVENT_TYPES[document["type"]].stream, document["type"], data, where, dealer, chance)
    identity = uuid.UUID(int=chance.getrandbits(128), version=4)
    return document | {"id": str(identity), "subject": subject, "data": data}


def _subject(category: str, kind: str, data: dict[str, Any], where: dict[str, str], dealer: str,
             chance: random.Random) -> str:  # fmt: skip
    """The stream's key; `data` is made to name the same thing."""
    match category:
        case "region" | "branch" | "territory":
            data["territory" if kind == "RepresentativeAssigned" else "code"] = where[category]
            return f"{category}-{where[category]}"
        case "representative":
            data["login"] = chance.choice(("wang", "zhao"))
            return f"representative-{data['login']}"
        case "policy":
            data |= {"name": chance.choice(("standard", "strict")), "version": chance.randrange(1, 5)}
            return f"policy-{data['name']}"
        case "period":
            data["period"] = chance.choice(("2025-12", "2026-01"))
            return f"period-{data['period']}"
        case "control":
            data["period"] = chance.choice(("2025-12", "2026-01"))
            return f"control-{data['period']}"
        case "group":
            data["code" if "code" in data else "group"] = chance.choice(GROUPS)
            return f"group-{data.get('code') or data['group']}"
        case "run" | "import" | "export" | "delegation":
            before, ids = NAMED[category]
            return before + chance.choice(ids)
    return dealer


def _number(kind: str, data: dict[str, Any], chance: random.Random, count: int) -> None:
    """Documents have numbers of their own; an order is placed, held, released and used under one of few."""
    few = f"O-{chance.randrange(3)}"
    if "number" in data:
        data["number"] = few if kind.startswith("Order") else f"N-{count}"
    if "order" in data and data["order"] is not None:
        data["order"] = few


def _exact(value: Any) -> bool:
    return isinstance(value, str) and value.replace(".", "", 1).isdigit()


def _shifted(value: Any, by: timedelta) -> Any:
    """The same with every date so much later."""
    match value:
        case dict():
            return {name: _shifted(each, by) for name, each in value.items()}
        case list():
            return [_shifted(each, by) for each in value]
        case str() if len(value) == 10 and value[4] == value[7] == "-" and value[:4].isdigit():
            return (date.fromisoformat(value) + by).isoformat()
    return value
