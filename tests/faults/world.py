"""The installation that a campaign runs: Kafka and PostgreSQL behind proxies of ours, the services by role.

credit-rating runs as three processes (api, worker, relay), the other services as one each, as a laptop runs them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import httpx
from rich.console import Console

from dealerlog import running
from dealerlog.addresses import Addresses, KafkaAddress
from dealerlog.fleet import Fleet
from dealerlog.installation import Installation, is_free
from dealerlog.kafka import Kafka
from dealerlog.postgres import Postgres
from dealerlog.problem import Problem
from dealerlog.process import Child, spawn
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor
from faults import volumes
from faults.broker import ProxiedKafka
from faults.nursery import Nursery
from faults.proxy import Proxy

FIRST_PORT, MORE_PORTS, EACH = 24010, 26010, 20
QUIET = Steps(Console(quiet=True))
SPLIT = "credit-rating"
ROLES = ("api", "worker", "relay")
PROBE_SECONDS = 2.0
WAIT_SECONDS = 2
"""How long a request waits for what it must see: less than a client does, so that repeats do not pile up behind it."""
PATH = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
Life = Literal["ok", "red", "silent", "dead"]


@dataclass
class Process:
    """One service process: what it is told, and the child while there is one."""

    name: str
    service: str
    env: dict[str, str]
    child: Child | None = None
    silent_since: float | None = None
    begun: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['PORT']}"

    @property
    def roles(self) -> str:
        return self.env["ROLES"]

    @property
    def running(self) -> Child:
        """The child, which must be there."""
        assert self.child is not None
        return self.child


@dataclass
class World:
    """Everything that runs. `fleet` reaches the servers without the proxy of PostgreSQL; the services go through."""

    installation: Installation
    supervisor: Supervisor
    fleet: Fleet
    kafka: Kafka
    postgres: Postgres
    to_kafka: Proxy
    to_postgres: Proxy
    nursery: Nursery
    ports: Iterator[int]
    volumes: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)
    others: list[Postgres] = field(default_factory=list)
    restarts: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PROBE_SECONDS, trust_env=False))
    dealers: list[str] = field(default_factory=list)

    # --- the services ---

    def declare(self) -> None:
        """Name every process and what it is told."""
        for member in self.fleet.members:
            for role in ROLES if member.name == SPLIT else ("all",):
                name = member.name if role in ("all",) else f"{member.name}.{role}"
                port = self.fleet.ports[member.name] if role in ("all", "api") else next(self.ports)
                self.processes[name] = self._process(name, member.name, role, port)

    def extra(self, service: str, role: str) -> Process:
        """One more process of a role, started; `dismiss` ends it."""
        name = f"{service}.{role}.{1 + sum(each.startswith(f'{service}.{role}.') for each in self.processes)}"
        process = self.processes[name] = self._process(name, service, role, next(self.ports))
        self.start(process)
        return process

    def dismiss(self, process: Process) -> None:
        """End a process that is there beyond the plan."""
        self.stop([process])
        del self.processes[process.name]

    def _process(self, name: str, service: str, role: str, port: int) -> Process:
        env = self.fleet.environment(service) | {"ROLES": role, "PORT": str(port), "PYTHONPATH": PATH}
        env |= {"WAIT_SECONDS": str(WAIT_SECONDS)}
        env |= {
            key: env[key].replace(f":{self.postgres.port}/", f":{self.to_postgres.port}/")
            for key in ("DATABASE_URL", "READER_DATABASE_URL")
        }
        return Process(name, service, env)

    def start(self, process: Process, **env: str) -> None:
        """Start a process without waiting for it; one that is told more than usual is loaded anew, not forked."""
        module = f"{process.service.replace('-', '_')}.app"
        log = self.installation.logs / f"{process.name}.log"
        pid_file = self.installation.folder / "services" / f"{process.name}.pid"
        told = {**os.environ, **process.env, **env}
        process.begun, process.silent_since = time.monotonic(), None
        if env:
            argv = [sys.executable, "-m", "faults.wedging", module]
            process.child = spawn(process.name, argv, log=log, pid_file=pid_file, env=told)
        else:
            process.child = self.nursery.birth(process.name, module, told, log=log, pid_file=pid_file)
        kept = [child for child in self.supervisor.services if child.name != process.name]
        self.supervisor.services = [*kept, process.child]

    def stop(self, processes: list[Process] | None = None) -> None:
        """Let processes drain side by side; all of them if none are named."""
        leaving = [each for each in (processes or list(self.processes.values())) if each.child is not None]
        for each in leaving:
            each.running.ask_to_stop()
        for each in leaving:
            each.running.stop(25)
            each.child = None

    def kill(self, process: Process) -> None:
        """SIGKILL."""
        if process.child is not None:
            process.child.popen.kill()
            process.child.popen.wait()

    def signal(self, process: Process, number: int) -> None:
        """Send a signal to a process that runs."""
        with suppress(ProcessLookupError):
            os.kill(process.running.pid, number)

    def of(self, service: str, role: str) -> Process:
        """The process that plays a role of a service."""
        return self.processes[f"{service}.{role}" if service == SPLIT else service]

    def life(self, process: Process) -> Life:
        """What whoever keeps processes running would see: the live probe's answer."""
        if process.child is None or not process.child.alive():
            return "dead"
        try:
            answer = self.http.get(f"{process.url}/health/live")
        except httpx.HTTPError:
            return "silent"
        return "ok" if answer.is_success else "red"

    def readiness(self, process: Process) -> dict[str, Any]:
        """What a process says of its dependencies and notices; empty if it does not answer."""
        try:
            said = self.http.get(f"{process.url}/health/ready", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return dict(said)

    def notice(self, process: Process, name: str) -> str:
        """One notice of a process, empty if there is none."""
        return str(self.readiness(process).get("notices", {}).get(name, ""))

    # --- the servers ---

    def start_postgres(self) -> None:
        """Start the server again, however it ended."""
        _again(self.postgres.start)

    def start_kafka(self) -> None:
        """The same for the broker."""
        _again(self.kafka.start)

    def postmaster(self) -> Child:
        """The server's first process."""
        assert self.postgres.child is not None
        return self.postgres.child

    def broker(self) -> Child:
        """The broker's process."""
        assert self.kafka.child is not None
        return self.kafka.child

    def another_postgres(self) -> Postgres:
        """A second server that has no data yet."""
        port = next(self.ports)
        made = Postgres(self.postgres.folder.parent / str(port), port=port, password=self.postgres.password,
                        logs=self.installation.logs)  # fmt: skip
        self.others.append(made)
        return made

    def move_to(self, server: Postgres) -> None:
        """Let everybody use another server from now on; the old one must be gone."""
        old, self.postgres = self.postgres, server
        self.others.remove(server)
        self.supervisor.postgres = server
        old.stop()
        shutil.rmtree(old.folder, ignore_errors=True)
        moved = {
            name: replace(urls, **{role: getattr(urls, role).replace(f":{old.port}/", f":{server.port}/")
                                   for role in ("owner", "app", "reader")})
            for name, urls in self.fleet.databases.items()
        }  # fmt: skip
        self.fleet = replace(self.fleet, databases=moved)
        self.to_postgres.lead_to(server.port)

    def close(self) -> None:
        """Let frozen processes hear their end, and end what the supervisor does not know."""
        for process in self.processes.values():
            if process.child is not None and process.child.alive():
                self.signal(process, signal.SIGCONT)
        for child in (self.postgres.child, self.kafka.child):
            if child is not None and child.alive():
                os.kill(child.pid, signal.SIGCONT)
        for proxy in (self.to_kafka, self.to_postgres):
            proxy.slow(0)
            proxy.half_open(False)
        for server in self.others:
            server.stop()


@contextmanager
def world(name: str) -> Iterator[World]:
    """Start it all; at the end, by whatever road, everything is stopped. Folder and logs are the caller's to delete."""
    installation = Installation(Installation.named(name).folder, first_port=FIRST_PORT)
    with ExitStack() as stack:
        mounted = stack.enter_context(volumes.mounted(installation.folder, ("kafka", "postgres")))
        nursery = Nursery({"PYTHONPATH": PATH})
        stack.callback(nursery.close)
        supervisor = stack.enter_context(Supervisor(installation, QUIET))
        made = _servers(installation, supervisor, stack, mounted, nursery)
        stack.callback(made.close)
        asyncio.run(running.prepare(made.fleet, QUIET))
        made.declare()
        for process in made.processes.values():
            made.start(process)
        yield made


def _servers(
    installation: Installation, supervisor: Supervisor, stack: ExitStack, mounted: dict[str, str], nursery: Nursery
) -> World:
    ports = _more_ports(installation)
    given, secret = installation.ports(), installation.secret("postgres")
    postgres = supervisor.postgres = Postgres(
        installation.folder / "postgres" / "first", port=given["postgres"], password=secret, logs=installation.logs
    )
    postgres.start()
    to_kafka = Proxy(next(ports), given["kafka"])
    kafka = supervisor.kafka = ProxiedKafka(
        installation.folder / "kafka", port=given["kafka"], controller_port=given["kafka-controller"],
        cache=installation.cache, logs=installation.logs, proxy=to_kafka.port,
    )  # fmt: skip
    kafka.start()
    to_postgres = Proxy(next(ports), postgres.port, commits=True)
    for proxy in (to_kafka, to_postgres):
        proxy.start()
        stack.callback(proxy.stop)
    where = Addresses(KafkaAddress(f"127.0.0.1:{to_kafka.port}"), postgres.url())
    fleet = asyncio.run(running.fleet_of(installation, where, today=None))
    return World(installation, supervisor, fleet, kafka, postgres, to_kafka, to_postgres, nursery, ports, mounted)


def _more_ports(installation: Installation) -> Iterator[int]:
    """Free ports of this installation's own, each handed out once, beginning again when all were."""
    block = (min(installation.ports().values()) - FIRST_PORT) // 10
    first = MORE_PORTS + block * EACH
    while True:
        found = [port for port in range(first, first + EACH) if is_free(port)]
        if not found:
            raise Problem(f"no port from {first} to {first + EACH - 1} is free")
        yield from (port for port in found if is_free(port))


def _again(start: Callable[[], Child], tries: int = 20) -> Mapping[str, str] | None:
    """Start a server that was killed: its orphans hold memory and ports for a moment."""
    for attempt in range(tries):
        try:
            start()
            return None
        except Problem:
            if attempt == tries - 1:
                raise
            time.sleep(0.5)
    return None
