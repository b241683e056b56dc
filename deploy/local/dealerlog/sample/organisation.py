"""Who sells for the sample maker: regions, branches, territories and the people with logins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dealerlog.sample.draws import Draws
from dealerlog.sample.tables import table

SINCE = date(2024, 5, 6)


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: login, name, role, and the one territory, branch or region that bounds it; company roles have none."""

    login: str
    name: str
    role: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Territory:
    """A piece of one city that one representative covers."""

    code: str
    name: str
    counties: tuple[str, ...]
    representative: Person


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with its city, two chiefs and territories; `dial` is the telephone code, `area` the area code."""

    code: str
    name: str
    region: str
    city: str
    province: str
    dial: str
    area: str
    roads: tuple[str, ...]
    manager: Person
    general_manager: Person
    territories: tuple[Territory, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its director and its clerk."""

    code: str
    name: str
    director: Person
    clerk: Person


@dataclass(frozen=True, slots=True)
class Organisation:
    """The sales force; `feed` is the login of the ERP that hands in documents in bulk."""

    head_of_marketing: Person
    credit_controller: Person
    operator: Person
    feed: Person
    regions: tuple[Region, ...]
    branches: tuple[Branch, ...]


def organisation(seed: int) -> Organisation:
    """Three regions, twelve branches, 36 territories, a person for each post; no login twice."""
    people = _People(Draws(seed, "people"))
    head = people.hire("head_of_marketing")
    controller = people.hire("credit_controller")
    places = table("places")
    return Organisation(
        head_of_marketing=head,
        credit_controller=controller,
        operator=people.hire("operator"),
        feed=Person("erp-feed", "ERP 接口", "importer"),
        regions=tuple(
            Region(
                code=row["code"],
                name=row["name"],
                director=people.hire("regional_director", row["code"]),
                clerk=people.hire("region_clerk", row["code"]),
            )
            for row in places["region"]
        ),
        branches=tuple(_branch(row, people) for row in places["branch"]),
    )


def _branch(row: dict[str, object], people: _People) -> Branch:
    code = str(row["code"])
    territories = row["territories"]
    assert isinstance(territories, list)
    roads = row["roads"]
    assert isinstance(roads, list)
    return Branch(
        **{name: str(row[name]) for name in ("code", "name", "region", "city", "province", "dial", "area")},
        roads=tuple(roads),
        manager=people.hire("branch_manager", code),
        general_manager=people.hire("branch_general_manager", code),
        territories=tuple(
            Territory(
                code=f"{code}-{n}",
                name=name,
                counties=tuple(counties),
                representative=people.hire("sales_representative", f"{code}-{n}"),
            )
            for n, (name, counties) in enumerate(territories, start=1)
        ),
    )


class _People:
    """Hands out invented names; a login that is taken is drawn anew."""

    def __init__(self, draws: Draws) -> None:
        self._draws, self._taken = draws, set[str]()
        rows = table("people")
        self._family, self._given = rows["family"], rows["given"]

    def hire(self, role: str, scope: str = "") -> Person:
        """A person whose name nobody of the sales force bears."""
        while True:
            family, given = self._draws.pick(self._family), self._draws.pick(self._given)
            login = f"{given[1]}.{family[1]}"
            if login not in self._taken:
                self._taken.add(login)
                return Person(login, family[0] + given[0], role, scope)
