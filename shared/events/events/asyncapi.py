"""AsyncAPI 3 documents of the services, built from the catalogue: one channel a topic, one message an event type."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from events.catalogue import EVENT_TYPES, EventType
from events.placement import EPOCH, HEADER, PARTITIONS
from events.schemas import registered

Node = dict[str, Any]
BINDING = "0.5.0"
FENCE = "Fence"
LATE = (
    f"Records without the header `{HEADER}` are fences, not events. Keep the highest lineage of any record of a "
    f"partition so far, which is its header `{EPOCH}` or else the lineage in its `{HEADER}`, and ignore each record of "
    "a lower one: a database that was replaced had sent it, and it is no part of the log."
)


def document(service: str, publishes: Iterable[str], consumes: Iterable[str]) -> Node:
    """The AsyncAPI 3.0 document of one service; `publishes` and `consumes` are names of event types.

    Raises KeyError for a type that the catalogue does not hold.
    """
    sends = _by_owner(publishes)
    receives = _by_owner(consumes)
    if strangers := set(sends) - {service}:
        raise ValueError(f"{service} cannot publish events of {', '.join(sorted(strangers))}")
    kinds = {kind.name: kind for group in (*sends.values(), *receives.values()) for kind in group}
    owners = sorted({kind.owner for kind in kinds.values()})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": service,
            "version": "1",
            "description": f"The events that {service} publishes and those it consumes.",
        },
        "defaultContentType": "application/json",
        "channels": {
            _channel(owner): _topic(owner, [kind for kind in kinds.values() if kind.owner == owner]) for owner in owners
        },
        "operations": _operations("send", sends) | _operations("receive", receives),
        "components": {
            "messages": {name: _message(kind) for name, kind in sorted(kinds.items())} | {FENCE: _fence()},
            "schemas": {"CloudEvent": _envelope()}
            | {f"{name}.v{kind.version}": _payload(kind) for name, kind in sorted(kinds.items())},
        },
    }


def path_of(service: str, root: Path) -> Path:
    """Where a service's document lies in the repository: `services/<service>/asyncapi.json`."""
    return root / "services" / service / "asyncapi.json"


def text_of(node: Node) -> str:
    """The document as it is written to its file."""
    return json.dumps(node, indent=2, ensure_ascii=False) + "\n"


def _by_owner(names: Iterable[str]) -> dict[str, list[EventType]]:
    groups: dict[str, list[EventType]] = {}
    for name in sorted(set(names)):
        groups.setdefault(EVENT_TYPES[name].owner, []).append(EVENT_TYPES[name])
    return dict(sorted(groups.items()))


def _channel(owner: str) -> str:
    return f"{owner}.events"


def _topic(owner: str, kinds: list[EventType]) -> Node:
    return {
        "address": _channel(owner),
        "description": f"The log of {owner}: every event it ever published, in {PARTITIONS} partitions, kept for ever. "
        + LATE,
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in [*sorted(kind.name for kind in kinds), FENCE]
        },
        "bindings": {
            "kafka": {
                "topic": _channel(owner),
                "partitions": PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": BINDING,
            }
        },
    }


def _operations(action: str, groups: dict[str, list[EventType]]) -> Node:
    return {
        f"{action}-{owner}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{_channel(owner)}"},
            "messages": [{"$ref": f"#/channels/{_channel(owner)}/messages/{kind.name}"} for kind in kinds],
        }
        for owner, kinds in groups.items()
    }


def _message(kind: EventType) -> Node:
    return {
        "name": kind.name,
        "title": f"{kind.name} v{kind.version}",
        "summary": (kind.model.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": [HEADER],
            "properties": {
                HEADER: {
                    "type": "string",
                    "format": "binary",
                    "description": "What the log added, packed; its lineage is 4 bytes, big-endian, behind 11 others.",
                },
                EPOCH: _epoch("the lineage under which it was sent, where that is higher than the event's own"),
            },
        },
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "properties": {
                        "source": {"const": f"/{kind.owner}"},
                        "type": {"const": kind.name},
                        "schemaversion": {"const": kind.version},
                        "data": {"$ref": f"#/components/schemas/{kind.name}.v{kind.version}"},
                    },
                },
            ]
        },
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "description": "The key of the stream: a dealer's id, or that of what has none.",
                },
                "bindingVersion": BINDING,
            }
        },
        "x-stream": {"category": kind.stream, "kind": kind.kind},
    }


def _fence() -> Node:
    return {
        "name": FENCE,
        "title": "A fence: no event",
        "summary": "What was sent under a lower lineage and stands behind this in its partition is no part of the log.",
        "headers": {
            "type": "object",
            "required": [EPOCH],
            "properties": {EPOCH: _epoch("the lineage that begins")},
            "not": {"required": [HEADER]},
        },
        "payload": {"type": "string", "maxLength": 0},
    }


def _epoch(says: str) -> Node:
    return {"type": "string", "format": "binary", "description": f"4 bytes, big-endian: {says}."}


def _payload(kind: EventType) -> Node:
    """The schema in git with its local references pointing into this document."""
    schema = {name: value for name, value in registered(kind).items() if name not in ("$schema", "$id")}
    here = f"#/components/schemas/{kind.name}.v{kind.version}/$defs/"
    node: Node = json.loads(json.dumps(schema).replace("#/$defs/", here))
    return node


def _envelope() -> Node:
    """CloudEvents 1.0 in JSON, with the extensions that the log's documents carry (envelope.py)."""
    text: Node = {"type": "string", "minLength": 1}
    required = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": text,
        "type": text,
        "subject": text,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "schemaversion": {"type": "integer", "minimum": 1},
        "actor": text,
        "businessdate": {"type": "string", "format": "date"},
        "correlationid": text,
        "data": {"type": "object"},
    }
    optional = {
        "causesource": text,
        "causepartition": {"type": "integer", "minimum": 0},
        "causesequence": {"type": "integer", "minimum": 1},
        "traceparent": text,
        "importid": text,
        "importrow": {"type": "integer", "minimum": 1},
    }
    return {"type": "object", "required": list(required), "properties": required | optional}
