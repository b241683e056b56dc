"""What a load learns from the answers: ids of dealers, versions, positions reached, verdicts of rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from dealerlog.problem import Problem
from dealerlog.sample.step import IdOf, Step
from eventlog.position import Position

POSITION, AT_LEAST = "Dealerlog-Position", "Dealerlog-Position-At-Least"
ID_MEMBERS = ("id", "dealer")


@dataclass(slots=True)
class Answers:
    """Everything later requests need of earlier answers; the caller presents `positions` once a phase is over."""

    ids: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    reached: dict[tuple[str, int], Position] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)

    def take(self, step: Step, response: httpx.Response) -> None:
        """Learn from the answer to a step; raises Problem where a row was rejected or no id came."""
        if (etag := response.headers.get("ETag")) and step.thing:
            self.etags[step.thing] = etag
        if step.names:
            self.ids[step.dealer] = _id(step, response.json())
        reached = filter(None, response.headers.get(POSITION, "").split(","))
        for text in (*reached, *(self._count(step, response) if step.rows else ())):
            at = Position.parse(text)
            place = at.service, at.partition
            self.reached[place] = max(at, self.reached.get(place, at))

    def positions(self) -> str:
        """The last position reached of each service and partition, as the header presents them."""
        return ",".join(str(at) for _, at in sorted(self.reached.items()))

    def path(self, step: Step) -> str:
        """The step's path with the dealer's id in it."""
        return step.path.replace("{dealer}", self.ids[step.dealer]) if "{dealer}" in step.path else step.path

    def content(self, step: Step) -> tuple[bytes, str]:
        """The step's body and its media type."""
        if step.rows:
            lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in step.rows)
            return ("\n".join(lines) + "\n").encode(), "application/x-ndjson"
        body = {k: self.ids[v.number] if isinstance(v, IdOf) else v for k, v in (step.body or {}).items()}
        return json.dumps(body, ensure_ascii=False).encode(), "application/json"

    def _count(self, step: Step, response: httpx.Response) -> list[str]:
        """Count the verdicts of a bulk write and give the positions that its summary names."""
        positions: list[str] = []
        for row in bulk_lines(response):
            if "summary" in row:
                positions += row["summary"]["positions"]
                continue
            self.verdicts[row["verdict"]] += 1
            if row["verdict"] == "rejected":
                what = json.dumps(step.rows[row["row"] - 1], ensure_ascii=False)
                why = f"{row.get('code')}: {row.get('reason')}"
                raise Problem(f"{step.service}{step.path} rejected a row of the sample network: {why}: {what}")
        return positions


def bulk_lines(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The verdicts of a bulk write, one a row, and its summary."""
    yield from (json.loads(line) for line in response.text.splitlines() if line.strip())


def passing(response: httpx.Response) -> bool:
    """Whether a bulk write left rows out for a reason that will pass: the same body is to be sent again."""
    return any(row.get("retry") for row in bulk_lines(response))


def _id(step: Step, state: dict[str, Any]) -> str:
    for name in ID_MEMBERS:
        if isinstance(found := state.get(name), str):
            return found
    raise Problem(f"{step.path} answered without an id for dealer {step.dealer}")
