"""Where in the file each column of the profile stands."""

from collections.abc import Sequence
from typing import Protocol, overload

from service.imports.profile import Profile
from service.imports.refusals import ImportRefused


class ColumnSeat(Protocol):
    """Names of a column → its place in a row; None for a column that the profile does not map."""

    @overload
    def __call__(self, names: Sequence[str]) -> int: ...
    @overload
    def __call__(self, names: Sequence[str] | None) -> int | None: ...


def seat_of(profile: Profile, columns: Sequence[str]) -> ColumnSeat:
    """A finder of seats in `columns`; it refuses a file that lacks a mapped column or holds it twice."""

    def seat(names: Sequence[str] | None) -> int | None:
        if names is None:
            return None
        found = [at for at, column in enumerate(columns) if column in names]
        present = [name for name in names if name in columns]
        if not present:
            raise ImportRefused(
                "missing-column",
                f"Profile {profile.profile} asks for the column {' or '.join(names)}; "
                f"the file has {', '.join(columns)[:400]}.",
            )
        first = [at for at in found if columns[at] == present[0]]
        if len(first) > 1:
            raise ImportRefused("double-column", f"The file has two columns named {present[0]}.")
        return first[0]

    return seat  # type: ignore[return-value]
