"""Ports, secrets and the lock of an installation."""

import json
import os
import socket
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from dealerlog.installation import PORT_NAMES, Installation
from dealerlog.problem import Problem
from dealerlog.supervisor import Supervisor


def test_ports_are_chosen_once_and_kept(installation: Installation) -> None:
    installation.prepare()
    first = installation.ports()
    installation.prepare()
    assert installation.ports() == first
    assert len(set(first.values())) == len(PORT_NAMES)


def test_an_installation_from_before_the_front_door_gets_a_port_for_it(installation: Installation) -> None:
    installation.prepare()
    kept = json.loads(installation.ports_file.read_text())
    del kept["pages"]
    installation.ports_file.write_text(json.dumps(kept))
    assert installation.ports() == kept | {"pages": max(kept.values()) + 1}


def test_two_installations_of_a_checkout_never_share_a_port(installation: Installation) -> None:
    other = Installation(installation.folder.parent / "other", first_port=installation.first_port)
    installation.prepare()
    other.prepare()
    assert set(installation.ports().values()).isdisjoint(other.ports().values())


def test_a_port_that_is_taken_at_first_is_not_chosen(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.first_port))
        taken.listen()
        installation.prepare()
    assert installation.first_port not in installation.ports().values()


def test_a_kept_port_that_is_taken_later_is_one_line_that_says_what_to_change(installation: Installation) -> None:
    installation.prepare()
    port = installation.ports()["tiering"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Problem, match=rf'port {port} is taken .* change "tiering" in .*ports\.json'):
            installation.require_free_ports()
    installation.require_free_ports()


def test_of_two_checkouts_that_keep_the_same_ports_the_second_to_start_moves(tmp_path: Path) -> None:
    at = 21010 + os.getpid() % 400 * 20
    first, second = (Installation(tmp_path / each / "default", first_port=at) for each in "ab")
    first.prepare()
    second.prepare()  # the first is stopped
    before = first.ports()
    assert second.ports() == before
    with ExitStack() as running:
        for port in second.ports().values():
            taken = running.enter_context(socket.socket())
            taken.bind(("127.0.0.1", port))
            taken.listen()
        moved = first.move_from_taken_ports()
        first.require_free_ports()
        with pytest.raises(Problem, match="is taken by another program"):
            second.require_free_ports()
    assert moved == (min(before.values()), min(first.ports().values()))
    assert set(first.ports().values()).isdisjoint(before.values())
    assert first.move_from_taken_ports() is None


def test_with_somebodys_cluster_the_services_ports_stay_and_the_refusal_is_clear(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "elsewhere:9092")
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin@elsewhere/postgres")
    with Supervisor(installation) as supervisor, socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.ports()["tiering"]))
        taken.listen()
        with pytest.raises(Problem, match='change "tiering"'):
            supervisor.start_stack()


def test_unreadable_ports_say_which_file_to_delete(installation: Installation) -> None:
    installation.prepare()
    installation.ports_file.write_text('{"kafka": 1')
    with pytest.raises(Problem, match=r"ports\.json cannot be read .* delete it"):
        installation.ports()


def test_secrets_are_kept_and_readable_by_their_owner_only(installation: Installation) -> None:
    installation.prepare()
    first = installation.secret("signing-key")
    assert installation.secret("signing-key") == first != installation.secret("postgres")
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE(installation.secrets_file.stat().st_mode) == 0o600
    assert set(json.loads(installation.secrets_file.read_text())) == {"postgres", "signing-key"}


def test_a_second_holder_is_refused_and_the_lock_ends_with_the_first(installation: Installation) -> None:
    with installation.hold():
        assert installation.holder() is not None
        with pytest.raises(Problem, match=r"already up \(process \d+\)"), installation.hold():
            pass
    assert installation.holder() is None


def test_wiping_is_refused_while_up_and_leaves_nothing(installation: Installation) -> None:
    installation.prepare()
    with installation.hold(), pytest.raises(Problem, match="already up"):
        installation.wipe()
    installation.wipe()
    assert not installation.folder.exists()


@pytest.mark.parametrize("name", ["", "../other", "a/b", ".hidden"])
def test_a_name_cannot_lead_out_of_the_folder(name: str) -> None:
    with pytest.raises(Problem, match="is no name for an installation"):
        Installation.named(name)


def test_the_currency_is_chosen_at_the_first_start_and_kept(installation: Installation) -> None:
    installation.prepare()
    with pytest.raises(Problem, match="'gbp' is no currency"):
        installation.choose_currency("gbp")
    assert installation.currency() == "CNY"
    assert installation.choose_currency("EUR") == "EUR"
    assert installation.choose_currency("GBP") == "GBP"  # no service started yet
    (installation.folder / "services").mkdir()
    assert installation.choose_currency(None) == installation.choose_currency("GBP") == installation.currency() == "GBP"
    with pytest.raises(Problem, match="is in GBP since its first start and stays so"):
        installation.choose_currency("CNY")


def test_an_installation_from_before_currencies_were_chosen_is_in_cny(installation: Installation) -> None:
    installation.prepare()
    (installation.folder / "services").mkdir()
    with pytest.raises(Problem, match="is in CNY"):
        installation.choose_currency("GBP")
    assert installation.choose_currency(None) == "CNY"
