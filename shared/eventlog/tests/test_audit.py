"""A log is what it says it is, and the audit notices when it is not."""

from __future__ import annotations

import asyncpg
import pytest

from eventlog.audit import audit
from eventlog.testing import REGION, fact, meta
from events import RegionDefined

FORGERIES = {
    "an event left out": "delete from log.event where sequence = 2 and partition = {p}",
    "two events swapped": """update log.event set id = case sequence when 1 then b.id else a.id end from
        (select id from log.event where partition = {p} and sequence = 1) a,
        (select id from log.event where partition = {p} and sequence = 2) b
        where partition = {p} and sequence in (1, 2)""",
    "a head changed": "update log.head set state = convert_to('{{\"name\":\"forged\"}}', 'UTF8')",
    "a claim given away": "update log.claim set stream = 'region-9/region'",
    "a claim lost": "delete from log.claim where key like '%East'",
    "a version jumped": "update log.event set version = 7 where version = 3",
}


async def filled(make_log):
    log = await make_log()
    for name in ("East", "West", "South"):
        await log.handle(REGION, "region-R1", RegionDefined(code="R1", name=name), meta())
    await log.record([fact("d1", str(n)) for n in range(10)])
    return log


async def test_a_log_that_was_only_appended_to_has_no_problems(make_log):
    log = await filled(make_log)
    found = await audit(log.urls.app, [REGION])
    assert (found.events, found.heads, found.claims, found.problems) == (13, 1, 3, [])


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_is_noticed(make_log, forgery):
    log = await filled(make_log)
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute(FORGERIES[forgery].format(p=log.partition_of("region-R1")))
    await owner.close()
    assert (await audit(log.urls.app, [REGION])).problems
