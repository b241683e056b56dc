"""The credit policy in force on a day, as it was published."""

from __future__ import annotations

import json
from typing import Any

from reporting.reading.dealer import read_json
from reporting.reading.standpoint import AT, Standpoint, within

IN_FORCE = f"""{AT}
select p.name, p.version, p.effective_from, p.content, p.hash, p.source, p.partition, p.sequence
from policy p where p.kind = 'credit' and p.effective_from <= (select as_of from at) and {within("p", "credit")}
order by p.effective_from desc, p.version desc limit 1
"""


async def credit_policy(conn: Any, at: Standpoint) -> dict[str, Any] | None:
    """Name, version, first day, content, hash and place in the log; None before the first is published."""
    found = read_json(await conn.fetchrow(IN_FORCE, *at.parameters))
    return found and found | {"content": json.loads(found["content"])}
