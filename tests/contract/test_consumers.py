"""Each consumer declares what it relies on; producers' samples and schemas must give it."""

import json
import textwrap
from pathlib import Path

import documents
import pytest
from declarations import declared_consumers
from pact_files import FOLDER, verify, write_pacts

from events import EVENT_TYPES
from events.consumers import Consumption, check, consumption
from events.samples import Sample, sample_of, samples
from events.schemas import registered

SCHEMAS = {name: registered(kind) for name, kind in EVENT_TYPES.items()}
CURRENT = {name: sample_of(name) for name in EVENT_TYPES}
PLANTED = consumption(
    "reporting", [{"credit-rating": {"InvoiceIssued": ("number", "amount"), "OrderPlaced": ("prepaid",)}}]
)
PACTS = sorted(FOLDER.glob("*.json"))


def without(name: str, field: str) -> Sample:
    """The sample of a type, copied, without one field."""
    document = json.loads(CURRENT[name].document)
    del document["data"][field]
    return CURRENT[name]._replace(document=json.dumps(document).encode())


@pytest.mark.parametrize("consumed", declared_consumers(), ids=lambda consumed: consumed.consumer)
def test_producers_give_what_a_service_relies_on(consumed: Consumption) -> None:
    assert check(consumed, samples(), SCHEMAS) == []


@pytest.mark.parametrize("consumed", declared_consumers(), ids=lambda consumed: consumed.consumer)
def test_any_used_field_that_is_taken_out_of_a_sample_is_noticed(consumed: Consumption) -> None:
    for name, fields in consumed.types.items():
        one = consumed._replace(types={name: fields})  # the other types' samples are whole: see the test above
        for field in fields:
            assert field in {problem.field for problem in check(one, [without(name, field)])}, (name, field)


@pytest.mark.parametrize("path", PACTS, ids=lambda path: path.stem)
def test_producers_samples_satisfy_the_pacts_in_git(path: Path) -> None:
    producer = json.loads(path.read_text())["provider"]["name"]
    given = {name: sample for name, sample in CURRENT.items() if sample.owner == producer}
    assert verify(producer, [path], given) == []


def test_pacts_and_asyncapi_documents_are_those_of_the_declarations() -> None:
    assert documents.drift() == []


def test_a_used_field_that_is_gone_breaks_the_pact(tmp_path: Path) -> None:
    paths = write_pacts([PLANTED], tmp_path)
    assert [path.name for path in paths] == ["reporting-credit-rating.json"]
    given = {name: sample for name, sample in CURRENT.items() if sample.owner == "credit-rating"}
    assert verify("credit-rating", paths, given) == []
    [problem] = verify("credit-rating", paths, given | {"InvoiceIssued": without("InvoiceIssued", "amount")})
    assert "missing the following keys: amount" in problem
    assert verify("credit-rating", paths, given | {"InvoiceIssued": without("InvoiceIssued", "due_on")}) == []


def test_what_tables_and_reactions_declare_is_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _module(
        tmp_path / "planted_service" / "projections" / "__init__.py",
        """
        from eventlog.projection import FactsTable, money
        from events import InvoiceIssued, SaleRecorded
        ledger = FactsTable("ledger", columns={"amount": money})
        sales = FactsTable("sales", columns={"amount": money})
        @ledger.on(InvoiceIssued, uses=("amount",))
        def invoice(e): return {"amount": e.data.amount}
        @sales.on(SaleRecorded, uses=("amount", "product"))
        def sale(e): return {"amount": e.data.amount}
        TABLES = (ledger, sales)
        """,
    )
    _module(
        tmp_path / "planted_service" / "reactions.py",
        """
        class Opening:
            consumes = {"InvoiceIssued": ("order",)}
        REACTIONS = [Opening()]
        """,
    )
    monkeypatch.syspath_prepend(tmp_path)
    [consumed] = declared_consumers(["planted-service"])
    assert consumed.types == {
        "InvoiceIssued": frozenset({"amount", "order"}),
        "SaleRecorded": frozenset({"amount", "product"}),
    }


def _module(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(textwrap.dedent(text))
