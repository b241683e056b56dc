"""Kafka's data lost or emptied: publish the log again from what the topic still holds. The database is the record."""

from __future__ import annotations

import asyncpg


async def republish(owner_url: str) -> int:
    """Forget what Kafka acknowledged, so that the publisher starts at the topic's own end; answers the events logged.

    The publisher compares the topic's last record with the log before it sends anything, so a topic of another
    history is still refused.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("delete from log.mark")
        return int(await connection.fetchval("select count(*) from log.event"))
    finally:
        await connection.close()
