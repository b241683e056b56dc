"""Kafka's committed offsets are a hint: a batch that was applied is done whether Kafka takes them or not."""

import asyncio

import pytest
from aiokafka.errors import CommitFailedError
from faststream.message import AckStatus

from eventlog.committing import Batch


class Consumer:
    """A client whose commit never returns (its broker is away), or fails."""

    def __init__(self, error=None):
        self.error, self.commits = error, 0

    async def commit(self):
        self.commits += 1
        if self.error:
            raise self.error
        await asyncio.Event().wait()


@pytest.mark.parametrize("error", [None, CommitFailedError("rebalanced")])
async def test_a_batch_is_done_although_its_offsets_cannot_be_committed(monkeypatch, error):
    monkeypatch.setattr("eventlog.committing.COMMIT_SECONDS", 0.01)
    consumer = Consumer(error)
    batch = Batch(body=None, raw_message=(), headers={}, batch_headers=[], message_id="0-0", consumer=consumer)
    await asyncio.wait_for(batch.ack(), 5)
    assert consumer.commits == 1 and batch.committed is AckStatus.ACKED
