"""A client generator makes a whole client of every service's OpenAPI document: without a warning, and it compiles."""

from __future__ import annotations

import compileall
import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from generating import generated_client

from credit_rating.app import SERVICE as CREDIT_RATING
from service.testing import bearer, settings_of

SERVICES = Path(__file__).parents[2] / "services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/openapi.json"))


@pytest.mark.parametrize("service", NAMES)
def test_a_client_is_generated_without_a_warning_and_compiles(service: str, tmp_path: Path) -> None:
    client = generated_client(SERVICES / service / "openapi.json", tmp_path / "client")
    assert client.warnings == []
    assert len(list((client.folder / "api").rglob("*.py"))) > 20
    assert compileall.compile_dir(client.folder, quiet=1)


def test_a_document_with_a_reference_to_nothing_is_warned_of(tmp_path: Path) -> None:
    """The test above can fail."""
    document = json.loads((SERVICES / "reporting" / "openapi.json").read_text("utf-8"))
    del document["components"]["schemas"]["CutAt"]
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    assert generated_client(tmp_path / "openapi.json", tmp_path / "client").warnings


async def test_the_generated_client_calls_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credit rating checks its own policy document, and says what is wrong with another."""
    generated_client(SERVICES / "credit-rating" / "openapi.json", tmp_path / "credit_client")
    monkeypatch.syspath_prepend(tmp_path)
    made, models = import_module("credit_client"), import_module("credit_client.models")
    validate = import_module("credit_client.api.policies.validate_policy_policies_validations_post").asyncio
    app = CREDIT_RATING.application(settings_of(), runtime=CREDIT_RATING.runtime(settings_of()))
    token = bearer("auditor")["Authorization"].removeprefix("Bearer ")
    transport = {"transport": httpx.ASGITransport(app)}
    content = json.loads((files("credit_rating") / "policies/credit-2026-01.json").read_text("utf-8"))
    async with made.AuthenticatedClient(base_url="http://credit", token=token, httpx_args=transport) as client:
        said = await validate(client=client, body=models.Document.from_dict({"content": content}))
        refused = await validate(client=client, body=models.Document.from_dict({"content": {"name": "credit"}}))
    assert isinstance(said, models.Checked) and (said.name, said.version) == ("credit", content["version"])
    assert isinstance(refused, models.Problem) and refused.status == 422
