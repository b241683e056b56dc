"""A file through the command, as a person imports it: after a refusal, after an undo, in a profile of one's own."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from dealerlog import importing, running
from dealerlog.addresses import Addresses
from dealerlog.cli import app
from dealerlog.client import IMPORTER, Api
from dealerlog.commands import importing as command
from dealerlog.databases import drop_databases
from dealerlog.fleet import Fleet
from dealerlog.installation import CHECKOUT, Installation
from dealerlog.problem import Problem
from dealerlog.sample.network import network
from dealerlog.sample.organisation import Person
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor

SAMPLE = CHECKOUT / "sample" / "dealers-sales-cny.csv"
OWN = SAMPLE.with_suffix(".toml")
HEAD = Person("head", "head", "head_of_marketing")
NAMES = ("customer-registry", "tiering")


def sold() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_names_dealers_of_the_sample_network_by_the_numbers_of_its_source() -> None:
    known = {dealer.number: dealer.name for dealer in network().dealers}
    assert all(known[row["客户编号"]] == row["客户名称"] for row in sold())
    assert importing.profile_named(str(OWN)).profile.currency == "CNY"


def test_a_profile_is_a_shipped_name_or_a_file(tmp_path: Path) -> None:
    assert importing.profile_named("invoices-2012-13").profile.kind == "invoices"
    with pytest.raises(Problem, match=r"is no profile: give one's own as FILE\.toml, or one of invoices-2012-13"):
        importing.profile_named("mine")
    with pytest.raises(Problem, match=r"mine\.toml cannot be read"):
        importing.profile_named(str(tmp_path / "mine.toml"))
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(OWN.read_text().replace('kind = "sales"', 'kind = "cakes"'))
    with pytest.raises(Problem, match=r"wrong\.toml: .*kind"):
        importing.profile_named(str(wrong))


class Shell:
    """The commands on a fleet that runs."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    def bring(self, *words: str) -> Result:
        return self.run("import", str(SAMPLE), "--profile", str(OWN), *words)

    def id_of(self, result: Result) -> str:
        return result.stdout.partition("  import ")[2].partition(";")[0]

    async def organisation(self) -> None:
        async with Api(self.fleet) as api:
            for path, body in (
                ("/regions", {"code": "R", "name": "R"}),
                ("/branches", {"code": "B", "name": "B", "region": "R"}),
                ("/territories", {"code": "T", "name": "T", "branch": "B"}),
            ):
                api.saw(await api.post("customer-registry", path, HEAD, body, key=f"defined{path}"))


@pytest.fixture
def shell(
    stack: Addresses, topic_prefix: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """Two services in the test's own topics and databases, and the commands pointed at them."""
    with Supervisor(installation, Steps(Console(quiet=True))) as supervisor:
        made = running.fleet_of(installation, stack, names=NAMES, prefix=topic_prefix)
        fleet = asyncio.run(made)
        try:
            asyncio.run(running.prepare(fleet, supervisor.steps))
            running.start(supervisor, fleet)

            async def existing(_: Installation) -> Fleet:
                return fleet

            monkeypatch.setattr(command, "existing_fleet", existing)
            found = Shell(fleet)
            asyncio.run(found.organisation())
            yield found
        finally:
            supervisor.stop()
            asyncio.run(drop_databases(stack.admin_url, [each.name for each in fleet.databases.values()]))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_refused_or_undone_file_comes_again(shell: Shell, tmp_path: Path) -> None:
    rows = len(sold())
    errors = tmp_path / "refused.csv"

    tried = shell.bring("--dry-run", "--errors", str(errors))
    assert tried.exit_code == command.REJECTED and tried.stdout.count("  row ") == command.FIRST_ROWS
    assert "/preview of tiering" in tried.stdout

    refused = shell.bring("--errors", str(errors))
    assert refused.exit_code == command.REJECTED, refused.output
    assert f"unknown-dealer: {rows} rows rejected" in refused.stdout
    assert f"{rows} of {rows} rows rejected, each with its reason in {errors}" in refused.stderr
    with errors.open(encoding="utf-8-sig", newline="") as file:
        assert [row["code"] for row in csv.DictReader(file)] == ["unknown-dealer"] * rows

    accepted = shell.bring("--onboard", "--territory", "T", "--approver", "head")
    assert accepted.exit_code == 0, accepted.output
    assert f"{rows} accepted, 0 duplicates, 0 rejected" in accepted.stdout

    again = shell.bring()
    assert again.exit_code == 0 and f"0 accepted, {rows} duplicates, 0 rejected" in again.stdout

    undone = shell.run("undo", shell.id_of(accepted))
    assert undone.exit_code == 0 and f"{rows} facts taken back" in undone.stdout
    after = shell.bring()
    assert after.exit_code == 0 and f"{rows} accepted, 0 duplicates, 0 rejected" in after.stdout

    listed = shell.run("imports").stdout
    assert listed.count(SAMPLE.name) == 5 and listed.count("undone") == 1  # the registry's own among them
    unknown = shell.run("undo", "00000000-0000-0000-0000-000000000000")
    assert unknown.exit_code == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_file_of_another_currency_says_which_installation_takes_it(shell: Shell) -> None:
    other = SAMPLE.with_name("online-retail-small.csv")
    refused = shell.run("import", str(other), "--profile", "online-retail-2009-10")
    assert refused.exit_code == 1 and "run --empty --currency GBP" in refused.stderr.replace("\n", " ")


async def test_a_passing_refusal_is_tried_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AGAIN_SECONDS", 0.0)
    seen: list[tuple[str, bytes]] = []
    over = {"id": "i", "file": "f", "state": "completed", "positions": [], "rejected": 0}

    class Waiting:
        """A service that is busy twice."""

        reached = ""

        async def ask(self, service: str, method: str, path: str, who: Person, **request: object) -> httpx.Response:
            headers, content = request["headers"], request["content"]
            assert isinstance(headers, dict) and path == "/imports" and who == IMPORTER
            seen.append((headers["Idempotency-Key"], b"".join([piece async for piece in content])))
            status = 503 if len(seen) % 3 else 202
            return httpx.Response(
                status, content=json.dumps(over), request=httpx.Request(method, "http://here/imports")
            )

    known = importing.profile_named(str(OWN))
    for _ in range(2):
        assert (await importing.send(Waiting(), SAMPLE, known))["state"] == "completed"
    assert [body for _, body in seen] == [SAMPLE.read_bytes()] * 6
    keys = [key for key, _ in seen]
    assert len(set(keys[:3])) == len(set(keys[3:])) == 1 and keys[0] != keys[3]
