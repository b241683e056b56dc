"""Structured logs: one JSON object a line on standard output, with the trace it belongs to.

Libraries that use the standard library's logging (uvicorn, aiokafka) come out in the same form.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor

PLAIN_TRACEBACK = structlog.processors.format_exc_info
"""Files, lines and the message. structlog's other renderers print local variables: tokens, keys, personal data."""


def configure(service: str, level: str = "info") -> None:
    """Send every log of the process through one JSON form."""

    def named(_logger: Any, _method: str, entry: EventDict) -> EventDict:
        entry.setdefault("service", service)
        return entry

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        traced,
        PLAIN_TRACEBACK,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("uvicorn.access", "aiokafka", "faststream", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def traced(_logger: Any, _method: str, entry: EventDict) -> EventDict:
    """Add the ids of the running span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        entry["trace"], entry["span"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return entry
