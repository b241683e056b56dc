"""Write what is generated from the services: message pacts, and each one's `asyncapi.json` and `openapi.json`.

`python tests/contract/documents.py` brings them up to date; `--check` only says what differs (exit status 1).
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

import pact_files
from declarations import declared_consumers

from events import asyncapi
from events.catalogue import OWNERS, published_by
from service.testing import settings_of

ROOT = Path(__file__).parents[2]


def generated() -> dict[Path, str]:
    """Every generated file and its text, from the declarations as they are now."""
    consumers = declared_consumers()
    consumed = {each.consumer: sorted(each.types) for each in consumers}
    texts = {}
    for service in OWNERS:
        publishes = [kind.name for kind in published_by(service)]
        node = asyncapi.document(service, publishes, consumed.get(service, ()))
        texts[asyncapi.path_of(service, ROOT)] = asyncapi.text_of(node)
        texts[ROOT / "services" / service / "openapi.json"] = openapi_text(service)
    with tempfile.TemporaryDirectory() as folder:
        for path in pact_files.write_pacts(consumers, Path(folder)):
            texts[pact_files.FOLDER / path.name] = path.read_text(encoding="utf-8")
    return texts


def openapi_text(service: str) -> str:
    """The document that the service's application itself serves at `/openapi.json`."""
    declared = importlib.import_module(f"{service.replace('-', '_')}.app").SERVICE
    document = declared.application(settings_of()).openapi()
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def drift() -> list[str]:
    """Files that are missing, differ or belong to nobody, as sentences."""
    texts = generated()
    problems = [
        f"{path.relative_to(ROOT)} {'differs' if path.exists() else 'is missing'}"
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    strays = set(pact_files.FOLDER.glob("*.json")) - texts.keys()
    return problems + [f"{path.relative_to(ROOT)} belongs to no consumer" for path in sorted(strays)]


def write() -> None:
    """Bring every generated file up to date and delete the pacts of consumers that are no more."""
    texts = generated()
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in set(pact_files.FOLDER.glob("*.json")) - texts.keys():
        path.unlink()


def main(arguments: list[str]) -> int:
    """Exit status 0 if files and declarations agree afterwards."""
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    if "--check" not in arguments:
        write()
    problems = drift()
    for problem in problems:
        print(f"{problem}: run `python tests/contract/documents.py`", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
