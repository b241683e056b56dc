"""Starts an installation in order, watches it, and stops it in the opposite order whatever happens."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

import httpx

from dealerlog.addresses import Addresses, addresses, external_kafka, external_postgres
from dealerlog.installation import PORT_NAMES, Installation
from dealerlog.jars import kafka_jars
from dealerlog.kafka import Kafka
from dealerlog.postgres import Postgres
from dealerlog.process import Child, spawn, sweep, wait_until
from dealerlog.steps import Steps

DRAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Service:
    """One service process: its command, what it adds to our environment, and the URL that answers 2xx when ready."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None


class Supervisor:
    """Use it as a context manager in the main thread: leaving it, by any road, stops what it started.

    It restarts nothing: a dead child is reported in one line and ends the whole, as a restart would hide the cause.
    """

    def __init__(
        self, installation: Installation, steps: Steps | None = None, *,
        postgres_settings: Mapping[str, str] = MappingProxyType({}), kafka_java: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.installation, self.steps = installation, steps or Steps()
        self.postgres_settings, self.kafka_java = postgres_settings, kafka_java
        self.kafka: Kafka | None = None
        self.postgres: Postgres | None = None
        self.services: list[Child] = []
        self._hold = installation.hold()

    def __enter__(self) -> Self:
        self._hold.__enter__()
        self._handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` leaves it ignored
        for name in (signal.SIGTERM, signal.SIGHUP):
            if self._handlers[name] != signal.SIG_IGN:  # nohup means it
                signal.signal(name, lambda *_: signal.raise_signal(signal.SIGINT))  # one road out: KeyboardInterrupt
        try:
            self.installation.prepare()
            self._sweep()
        except BaseException:
            self._hold.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._handlers:
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
        try:
            self.stop()
        finally:
            for name, handler in self._handlers.items():
                signal.signal(name, handler)
            self._hold.__exit__(None, None, None)

    def start_stack(self) -> Addresses:
        """Start PostgreSQL and Kafka, each unless the environment names an existing one, and say where they are."""
        installation = self.installation
        own = [name for name in PORT_NAMES if not _is_external(name)]
        if len(own) == len(PORT_NAMES) and (moved := installation.move_from_taken_ports()):
            before, after = moved
            self.steps.say(f"another program took ports from {before} on: moved to {after} and on, for good", "yellow")
        installation.require_free_ports(own)
        ports = installation.ports()
        if external_kafka() is None:
            with self.steps.step("Kafka jars", "checked against jgo.lock.toml"):
                kafka_jars(installation.cache)
        if external_postgres() is None:
            self.postgres = Postgres(
                installation.folder / "postgres", port=ports["postgres"],
                password=installation.secret("postgres"), logs=installation.logs, settings=self.postgres_settings,
            )  # fmt: skip
            with self.steps.step("PostgreSQL", f"127.0.0.1:{ports['postgres']}"):
                self.postgres.start()
        if external_kafka() is None:
            self.kafka = Kafka(
                installation.folder / "kafka", port=ports["kafka"], controller_port=ports["kafka-controller"],
                cache=installation.cache, logs=installation.logs, java=self.kafka_java,
            )  # fmt: skip
            with self.steps.step("Kafka", f"127.0.0.1:{ports['kafka']}"):
                self.kafka.start()
        return addresses(installation)

    def start_services(self, services: Sequence[Service], timeout_seconds: float = 60.0) -> None:
        """Start all services side by side, then wait for each to be ready."""
        for service in services:
            self.services.append(
                spawn(
                    service.name, service.argv, log=self.installation.logs / f"{service.name}.log",
                    pid_file=self._pid_file(service.name), env={**os.environ, **service.env},
                )
            )  # fmt: skip
        for service, child in zip(services, self.services[len(self.services) - len(services) :], strict=True):
            with self.steps.step(service.name, service.ready_url or ""):
                wait_until(_ready(service.ready_url), child, timeout_seconds)

    def check(self) -> None:
        """Raise the Problem of the first child that is dead; call it where a request failed, to name the cause."""
        for child in self.children():
            if not child.alive():
                raise child.died()

    def watch(self, poll_seconds: float = 0.5) -> None:
        """Return on Ctrl-C or SIGTERM; raise the Problem of a child that dies."""
        try:
            while True:
                self.check()
                time.sleep(poll_seconds)
        except KeyboardInterrupt:
            return

    def children(self) -> list[Child]:
        """Everything started, in the order of its start."""
        stack = [part.child for part in (self.postgres, self.kafka) if part is not None and part.child is not None]
        return [*stack, *self.services]

    def stop_services(self, names: Collection[str] | None = None) -> None:
        """Let all services drain side by side, or those of these names; Kafka and PostgreSQL stay."""
        leaving = [child for child in self.services if names is None or child.name in names]
        if leaving:
            with self.steps.step("stopping", "services"):
                for child in leaving:
                    child.ask_to_stop()
                deadline = time.monotonic() + DRAIN_SECONDS
                for child in leaving:
                    child.stop(max(1.0, deadline - time.monotonic()))
        self.services = [child for child in self.services if child not in leaving]

    def stop(self) -> None:
        """Services drain first, then Kafka, then PostgreSQL, so that nobody loses what it still writes to."""
        self.stop_services()
        for name, part in (("Kafka", self.kafka), ("PostgreSQL", self.postgres)):
            if part is not None and part.child is not None:
                with self.steps.step("stopping", name):
                    part.stop()

    def _sweep(self) -> None:
        """End what a killed supervisor of this installation left running."""
        for pid_file in sorted(self.installation.folder.glob("**/*.pid")):
            if pid_file.name != "postmaster.pid" and (name := sweep(pid_file)):
                self.steps.say(f"ended a {name} left by an earlier run", "yellow")

    def _pid_file(self, name: str) -> Path:
        return self.installation.folder / "services" / f"{name}.pid"


def _is_external(port_name: str) -> bool:
    if port_name.startswith("kafka"):
        return external_kafka() is not None
    return port_name == "postgres" and external_postgres() is not None


def _ready(url: str | None) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return url is None or httpx.get(url, timeout=2.0, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return ready
