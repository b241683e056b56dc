"""Mapped rows on disk between the two passes, spread by document, so that a whole invoice is always in one spool.

Only so can the k-th equal line of an invoice be counted the same however the rows are permuted (domain.md 0), in
bounded memory: one spool at a time.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from service.imports.limits import Limits
from service.imports.records import DealerRow, LedgerRow, MappedRecord, ReceiptRow, SaleLine
from service.imports.refusals import ImportRefused

SPOOLS = 64
BUFFERED = 256
"""Records a spool holds back before it writes; 64 × 256 records are about 10 MB."""

DECODER_OF: dict[str, Callable[[], Any]] = {
    "sales": lambda: msgspec.msgpack.Decoder(list[SaleLine]),
    "invoices": lambda: msgspec.msgpack.Decoder(list[LedgerRow]),
    "receipts": lambda: msgspec.msgpack.Decoder(list[ReceiptRow]),
    "dealers": lambda: msgspec.msgpack.Decoder(list[DealerRow]),
}


class Spools:
    """The 64 spools of one import in a folder of their own."""

    def __init__(self, folder: Path, *, kind: str, limits: Limits) -> None:
        self._paths = [folder / f"{number:02}.spool" for number in range(SPOOLS)]
        self._files = [path.open("wb") for path in self._paths]
        self._buffers: list[list[MappedRecord]] = [[] for _ in range(SPOOLS)]
        self._rows = [0] * SPOOLS
        self._limits = limits
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[list[MappedRecord]] = DECODER_OF[kind]()

    def add(self, record: MappedRecord) -> None:
        """Keep a record; refuses the file when one spool overflows, which only a monstrous document can cause."""
        at = zlib.crc32(record.document.encode()) % SPOOLS
        buffer = self._buffers[at]
        buffer.append(record)
        if len(buffer) >= BUFFERED:
            self._write(at)

    def _write(self, at: int) -> None:
        buffer = self._buffers[at]
        self._rows[at] += len(buffer)
        if self._rows[at] > self._limits.spool_rows:
            raise ImportRefused(
                "document-too-long",
                f"Too many rows share few document numbers (one is {buffer[-1].document[:40]!r}); split the file.",
            )
        packed = self._encoder.encode(buffer)
        self._files[at].write(len(packed).to_bytes(4, "big") + packed)
        buffer.clear()

    def close(self) -> None:
        """Write what is held back; nothing can be added after."""
        for at, file in enumerate(self._files):
            if self._buffers[at]:
                self._write(at)
            file.close()

    def __iter__(self) -> Iterator[list[MappedRecord]]:
        """The records of one spool after the other, numbered and with each document's rows together."""
        for path in self._paths:
            yield arranged(self._read(path))

    def _read(self, path: Path) -> list[MappedRecord]:
        records: list[MappedRecord] = []
        with path.open("rb") as file:
            while size := int.from_bytes(file.read(4), "big"):
                records.extend(self._decoder.decode(file.read(size)))
        return records


def arranged(records: list[MappedRecord]) -> list[MappedRecord]:
    """Sale lines with their k, all records sorted so that a document's rows stand together in the file's order."""
    numbered = numbered_lines(records)
    numbered.sort(key=attrgetter("row"))
    numbered.sort(key=attrgetter("document"))
    return numbered


def numbered_lines(records: list[MappedRecord]) -> list[MappedRecord]:
    """Give equal lines of an invoice their k, from 1.

    Lines that are equal in identity but differ in description, day, dealer or place are counted in the order of those,
    not of the file: so the same k meets the same content in any permutation.
    """
    lines = [record for record in records if isinstance(record, SaleLine)]
    others = [record for record in records if not isinstance(record, SaleLine)]
    keys = [equal_key(line) for line in lines]
    counted = Counter(keys)
    lone = [line for line, key in zip(lines, keys, strict=True) if counted[key] == 1]
    several = sorted((line for line, key in zip(lines, keys, strict=True) if counted[key] > 1), key=content_key)
    met: Counter[tuple[object, ...]] = Counter()
    for at, line in enumerate(several):
        key = equal_key(line)
        met[key] += 1
        several[at] = msgspec.structs.replace(line, line=met[key])
    return [*others, *lone, *several]


def equal_key(line: SaleLine) -> tuple[object, ...]:
    """What makes two lines of one source equal but for k."""
    return line.invoice, line.product, line.quantity, line.unit_price, line.returned


def content_key(line: SaleLine) -> tuple[str, str, str, str, str, int]:
    """The order among equal lines: by what else they say, the row only where nothing differs."""
    places = line.ship_to_territory or "", line.ship_to or ""
    return line.description or "", line.sold_on.isoformat(), line.dealer, *places, line.row


def slices_of(records: list[MappedRecord], *, size: int) -> Iterator[list[MappedRecord]]:
    """Slices of at most `size`; a document is cut only if it alone is longer."""
    start = 0
    while start < len(records):
        end = min(start + size, len(records))
        if end < len(records):
            cut = end
            while cut > start and records[cut].document == records[cut - 1].document:
                cut -= 1
            end = cut if cut > start else end
        yield records[start:end]
        start = end
