"""Regions, branches, territories, representatives and owner groups; visible to everyone, for they are no dealer's.

`version` counts the events of the stream: the ETag that an edit sends back.
"""

from __future__ import annotations

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, text
from events import (
    BranchDefined,
    OwnerGroupDefined,
    RegionDefined,
    RepresentativeAssigned,
    RepresentativeRegistered,
    TerritoryDefined,
)

region = StateTable("region", key={"code": text}, columns={"name": text, "version": integer})
branch = StateTable("branch", key={"code": text}, columns={"name": text, "region": text, "version": integer})
owner_group = StateTable("owner_group", key={"code": text}, columns={"name": text, "version": integer})
territory = StateTable(
    "territory",
    key={"code": text},
    columns={
        "name": text,
        "branch": text,
        "region": text,
        "representative": text,
        "since": day,
        "version": integer,
    },
    indexes=[("branch",), ("region",)],
)
representative = StateTable(
    "representative",
    key={"login": text},
    columns={"name": text, "branch": text, "version": integer},
    indexes=[("branch",)],
)


@region.on(RegionDefined, uses=("code", "name"))
def region_defined(e: Any) -> Patch:
    """A region's name."""
    return Patch(key=(e.data.code,), set={"name": e.data.name}, add={"version": 1})


@owner_group.on(OwnerGroupDefined, uses=("code", "name"))
def group_defined(e: Any) -> Patch:
    """An owner group's name."""
    return Patch(key=(e.data.code,), set={"name": e.data.name}, add={"version": 1})


@branch.on(BranchDefined, uses=("code", "name", "region"))
def branch_defined(e: Any) -> Patch:
    """A branch and its region."""
    return Patch(key=(e.data.code,), set={"name": e.data.name, "region": e.data.region}, add={"version": 1})


@territory.on(TerritoryDefined, uses=("code", "name", "branch", "region"))
def territory_defined(e: Any) -> Patch:
    """A territory and where it lies."""
    data = e.data
    return Patch(
        key=(data.code,),
        set={"name": data.name, "branch": data.branch, "region": data.region},
        add={"version": 1},
    )


@territory.on(RepresentativeAssigned, uses=("territory", "representative", "since"))
def representative_assigned(e: Any) -> Patch:
    """Whose a territory is, and since when."""
    data = e.data
    return Patch(
        key=(data.territory,),
        set={"representative": data.representative, "since": data.since},
        add={"version": 1},
    )


@representative.on(RepresentativeRegistered, uses=("login", "name", "branch"))
def representative_registered(e: Any) -> Patch:
    """A representative's name and branch."""
    return Patch(key=(e.data.login,), set={"name": e.data.name, "branch": e.data.branch}, add={"version": 1})
