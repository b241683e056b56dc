"""A live projector as people write it with FastStream: a subscriber per message, pydantic, one transaction each."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from faststream import AckPolicy, Context
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from pydantic import BaseModel, Field

from bench.consuming import Meter
from eventlog.connection import Pool
from events import InvoiceIssued, PaymentReceived

MOVE = "update peer.position set kafka_offset = $2 where partition = $1 and kafka_offset < $2"
INSERT = """
insert into peer.live (dealer, kind, origin, number, amount, dated, due_on, method, term_days, source, partition,
    sequence, line, recorded_at, event)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'credit-rating', $10, $11, 0, $12, $13)
"""


class Issued(BaseModel):
    """A document of an invoice."""

    type: Literal["InvoiceIssued"]
    id: UUID
    subject: UUID
    time: datetime
    data: InvoiceIssued

    @property
    def row(self) -> tuple[Any, ...]:
        """What the table shows of it."""
        data = self.data
        return ("invoice", data.source, data.number, data.amount, data.issued_on, data.due_on, data.method,
                data.term_days)  # fmt: skip


class Paid(BaseModel):
    """A document of a payment."""

    type: Literal["PaymentReceived"]
    id: UUID
    subject: UUID
    time: datetime
    data: PaymentReceived

    @property
    def row(self) -> tuple[Any, ...]:
        """What the table shows of it."""
        data = self.data
        return ("payment", data.source, data.number, data.amount, data.received_on, None, data.method, None)


Document = Annotated[Issued | Paid, Field(discriminator="type")]


def subscribe(broker: KafkaBroker, topic: str, group: str, pool: Pool, meter: Meter) -> None:
    """Project a topic into `peer.live`, positions in `peer.position`; a message that fails is delivered again."""

    @broker.subscriber(topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)
    async def project(document: Document, message: Annotated[KafkaMessage, Context("message")]) -> None:
        at: Any = message.raw_message
        async with pool.acquire() as connection, connection.transaction():
            if await connection.execute(MOVE, at.partition, at.offset) == "UPDATE 0":
                return
            place = (at.partition, at.offset + 1, document.time, document.id)
            await connection.execute(INSERT, document.subject, *document.row, *place)
        meter.count(1)
