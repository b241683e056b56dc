"""Names of regions, branches and territories, and who owns a territory, as the registry last said."""

from typing import Any

from eventlog.projection import Patch, StateTable, text
from events import BranchDefined, RegionDefined, RepresentativeAssigned, RepresentativeRegistered, TerritoryDefined

region = StateTable("region", key={"code": text}, columns={"name": text})
branch = StateTable("branch", key={"code": text}, columns={"name": text, "region": text})
territory = StateTable(
    "territory",
    key={"code": text},
    columns={"name": text, "branch": text, "region": text, "representative": text},
)
representative = StateTable("representative", key={"login": text}, columns={"name": text, "branch": text})


@region.on(RegionDefined, uses=("code", "name"))
def region_named(e: Any) -> Patch:
    """A region (大区)."""
    return Patch(key=(e.data.code,), set={"name": e.data.name})


@branch.on(BranchDefined, uses=("code", "name", "region"))
def branch_named(e: Any) -> Patch:
    """A branch (分支机构)."""
    return Patch(key=(e.data.code,), set={"name": e.data.name, "region": e.data.region})


@territory.on(TerritoryDefined, uses=("code", "name", "branch", "region"))
def territory_named(e: Any) -> Patch:
    """A territory."""
    return Patch(key=(e.data.code,), set={"name": e.data.name, "branch": e.data.branch, "region": e.data.region})


@territory.on(RepresentativeAssigned, uses=("territory", "representative"))
def assigned(e: Any) -> Patch:
    """A representative (业务员) owns the territory."""
    return Patch(key=(e.data.territory,), set={"representative": e.data.representative})


@representative.on(RepresentativeRegistered, uses=("login", "name", "branch"))
def registered(e: Any) -> Patch:
    """A representative has a name."""
    return Patch(key=(e.data.login,), set={"name": e.data.name, "branch": e.data.branch})
