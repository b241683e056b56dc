"""The four services as the local installation runs them: package, port, database, topic and environment of each."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dealerlog.addresses import KafkaAddress
from dealerlog.databases import DatabaseUrls
from dealerlog.problem import Problem
from dealerlog.supervisor import Service as Process
from eventlog.topics import declared, topic_of

if TYPE_CHECKING:
    from service.app import Service
    from service.settings import Settings

HOST = "127.0.0.1"
TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Member:
    """One service: its name, which is its log's, and where its code is."""

    name: str

    @property
    def package(self) -> str:
        """The Python package, and the name of its database: `credit_rating`."""
        return self.name.replace("-", "_")

    @property
    def migrations(self) -> Path:
        """The service's own migrations, found without importing it: a start that has nothing to do stays quick."""
        spec = find_spec(self.package)
        assert spec is not None and spec.submodule_search_locations
        return Path(spec.submodule_search_locations[0]) / "migrations"

    @cached_property
    def declaration(self) -> Service:
        """What the service declares of itself: routes, tables, deciders, reactions."""
        service: Service = importlib.import_module(f"{self.package}.app").SERVICE
        return service


MEMBERS = {name: Member(name) for name in ("customer-registry", "credit-rating", "tiering", "reporting")}


def member(name: str) -> Member:
    """The service of this name, written with a dash or an underscore."""
    try:
        return MEMBERS[name.replace("_", "-")]
    except KeyError:
        raise Problem(f"{name!r} is no service: choose one of {', '.join(MEMBERS)}") from None


@dataclass(frozen=True)
class Fleet:
    """The services of one installation in one currency.

    `databases` and `ports` are by service name; `folder` takes files that are being imported; `prefix` stands before
    every topic; `today` pins the business date.
    """

    kafka: KafkaAddress
    databases: Mapping[str, DatabaseUrls] = field(repr=False)
    ports: Mapping[str, int]
    secret: str = field(repr=False)
    folder: Path
    prefix: str = ""
    currency: str = "CNY"
    today: date | None = None

    @property
    def members(self) -> list[Member]:
        """The services that this fleet runs, in the order of their start."""
        return [each for name, each in MEMBERS.items() if name in self.databases]

    @property
    def urls(self) -> dict[str, str]:
        """Base URL by service name."""
        return {each.name: f"http://{HOST}:{self.ports[each.name]}" for each in self.members}

    @property
    def door(self) -> str | None:
        """The one address of all four for browsers, or None where some of them do not run here."""
        whole = {each.name for each in self.members} == set(MEMBERS) and "pages" in self.ports
        return f"http://{HOST}:{self.ports['pages']}" if whole else None

    def topic(self, name: str) -> str:
        """The topic of a service's log."""
        return topic_of(name, self.prefix)

    def topics(self) -> list[tuple[str, int, Mapping[str, str]]]:
        """Every topic as it must be created."""
        return [declared(each.name, self.prefix) for each in self.members]

    def environment(self, name: str) -> dict[str, str]:
        """The variables that `service.settings` reads; the owner's address is not among them."""
        urls = self.databases[name]
        said = {
            "MODE": "local", "ROLES": "all", "HOST": HOST, "PORT": str(self.ports[name]),
            "DATABASE_URL": urls.app, "READER_DATABASE_URL": urls.reader, "SECRET": self.secret,
            "KAFKA_TOPIC_PREFIX": self.prefix, "CURRENCY": self.currency, "TIME_ZONE": TIME_ZONE,
            "IMPORT_FOLDER": str(self.folder / urls.name),
            "PEERS": ",".join(f"{peer}={url}" for peer, url in self.urls.items() if peer != name),
        }  # fmt: skip
        if name == "reporting":  # its pages lead to the others
            places = self.urls if self.door is None else {peer: f"{self.door}/{peer}" for peer in self.urls}
            said |= {f"{peer.replace('-', '_').upper()}_URL": url for peer, url in places.items() if peer != name}
            said |= {"PUBLIC_URL": self.door} if self.door else {}
        if self.today is not None:
            said["BUSINESS_DATE"] = self.today.isoformat()
        return self.kafka.environment() | said

    def settings(self, name: str) -> Settings:
        """The same as the services' own settings object."""
        from service.settings import Settings

        return Settings.model_validate({key.lower(): value for key, value in self.environment(name).items()})

    def processes(self, members: Iterable[Member] | None = None) -> list[Process]:
        """What the supervisor starts."""
        return [
            Process(
                name=f"{self.prefix}{each.name}",
                argv=[sys.executable, "-m", f"{each.package}.app", "serve"],
                env=self.environment(each.name),
                ready_url=f"{self.urls[each.name]}/health/ready",
            )
            for each in (self.members if members is None else members)
        ]

    def front_door(self) -> list[Process]:
        """The process that browsers come in by; none where `door` is None."""
        if self.door is None:
            return []
        named = [f"{name}={url}" for name, url in self.urls.items()]
        argv = [sys.executable, "-m", "dealerlog.door", str(self.ports["pages"]), *named]
        return [Process(name=f"{self.prefix}pages", argv=argv, ready_url=f"{self.door}/health/ready")]
