"""Message pacts: a consumer's declaration as a file that its producers are verified against, offline.

The pacts are built and verified by pact-python; the verifier asks a server of its own on loopback for each message.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pact import Pact, Verifier, match

from events import EVENT_TYPES
from events.consumers import Consumption
from events.samples import Sample, sample_of

FOLDER = Path(__file__).parent / "pacts"


def write_pacts(consumers: Iterable[Consumption], folder: Path) -> list[Path]:
    """One file a consumer and producer, `<consumer>-<producer>.json`: the used fields, matched by their type."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(consumed, owner, folder) for consumed in consumers for owner in consumed.owners]


def verify(producer: str, paths: Iterable[Path], given: Mapping[str, Sample]) -> list[str]:
    """What the producer's samples lack of what the pacts ask, as sentences; `given` is type → sample."""
    verifier = Verifier(producer).set_coloured_output(enabled=False)
    verifier.message_handler({_title(name): _message(sample) for name, sample in given.items()})
    for path in paths:
        verifier.add_source(path)
    try:
        verifier.verify()
    except RuntimeError:
        return [each for error in verifier.results["errors"] for each in _sentences(error)]
    return []


def _write(consumed: Consumption, owner: str, folder: Path) -> Path:
    pact = Pact(consumed.consumer, owner).with_specification("V4")
    for name, fields in consumed.of(owner).items():
        document = json.loads(sample_of(name).document)
        data = {field: match.like(document["data"][field]) for field in fields}
        body = {
            "type": name,
            "schemaversion": document["schemaversion"],
            "id": match.like(document["id"]),
            "subject": match.like(document["subject"]),
            "businessdate": match.like(document["businessdate"]),
            "actor": match.like(document["actor"]),
            "data": data,
        }
        pact.upon_receiving(_title(name), "Async").with_body(body, "application/json")
    pact.write_file(folder, overwrite=True)
    path = folder / f"{consumed.consumer}-{owner}.json"
    path.write_text(_stable(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def _stable(text: str) -> str:
    """Without the versions of the tool that wrote it, which are no part of the contract."""
    pact = json.loads(text)
    pact["metadata"].pop("pactRust", None)
    return json.dumps(pact, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _title(name: str) -> str:
    return f"{name} version {EVENT_TYPES[name].version}"


def _message(sample: Sample) -> Any:
    return {"contents": sample.document, "content_type": "application/json", "metadata": None}


def _sentences(error: Mapping[str, Any]) -> list[str]:
    mismatch = error["mismatch"]
    details = mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "is not given at all")}]
    return [f"{error['interaction']}: {each.get('path', '')} {each['mismatch']}" for each in details]
