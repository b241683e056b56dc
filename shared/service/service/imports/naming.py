"""The dealers that a file names, so that customer-registry can onboard those it does not know."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from events import wording
from service.imports.cells import text_reader
from service.imports.columns import seat_of
from service.imports.limits import Limits
from service.imports.mapping import Mapper
from service.imports.profile import Profile
from service.imports.readers import open_table
from service.imports.refusals import ImportRefused, RowError, RowIgnored
from service.imports.tables import Cells

Card = tuple[str | None, str | None, str | None]
"""Name, county, country, as one row has them."""


class DealerNamed(msgspec.Struct, frozen=True):
    """One dealer of the file: the source's number, a name, and the place that most of its rows give.

    `rows` counts its acceptable rows, `row` is the first of them in the file.
    """

    source: str
    number: str
    name: str
    county: str | None
    country: str | None
    rows: int
    row: int


def dealers_named(
    path: Path, profile: Profile, *, name: str | None = None, limits: Limits | None = None
) -> list[DealerNamed]:
    """Every dealer of an acceptable row, by number.

    A dealer with several names or places gets the ones of most rows, the first by alphabet among equals, so that the
    order of rows changes nothing. Raises ImportRefused.
    """
    limits = limits or Limits()
    table = open_table(
        path, name=name, encoding=profile.encoding, delimiter=profile.delimiter, sheet=profile.sheet, limits=limits
    )
    mapper, card_of = Mapper(profile, table.columns), card_reader(profile, table.columns)
    seen: Counter[tuple[str, Card]] = Counter()
    first: dict[str, int] = {}
    for part in table.slices():
        for cells, mapped in zip(part.rows, mapper.map_slice(part), strict=True):
            if not isinstance(mapped, RowError | RowIgnored):
                seen[mapped.dealer, card_of(cells)] += 1
                first.setdefault(mapped.dealer, mapped.row)
        if len(seen) > limits.dealers:
            raise ImportRefused("too-many-dealers", f"The file names more than {limits.dealers:,} dealers; split it.")
    return most_common_cards(seen, first, profile)


def card_reader(profile: Profile, columns: tuple[str, ...]) -> Callable[[Cells], Card]:
    """Reads name, county and country of a row; a cell that is no short text counts as empty."""
    seat, dealer = seat_of(profile, columns), profile.dealer
    places = [seat(names) for names in (dealer.name, dealer.county, dealer.country)]
    read = text_reader("the dealer's card", most=200, required=False, held_to=wording.name)

    def card(cells: Cells) -> Card:
        name, county, country = (None if at is None else read(cells[at]) for at in places)
        return name, county, country

    return card


def most_common_cards(seen: Counter[tuple[str, Card]], first: dict[str, int], profile: Profile) -> list[DealerNamed]:
    """One entry a dealer, sorted by number."""
    rows: Counter[str] = Counter()
    best: dict[str, tuple[int, tuple[str, ...], Card]] = {}
    for (number, card), count in seen.items():
        rows[number] += count
        rank = (-count, tuple(each or "" for each in card), card)
        if number not in best or rank[:2] < best[number][:2]:
            best[number] = rank
    return [
        DealerNamed(
            source=profile.source,
            number=number,
            name=best[number][2][0] or profile.dealer.name_pattern.replace("{number}", number),
            county=best[number][2][1],
            country=best[number][2][2],
            rows=rows[number],
            row=first[number],
        )
        for number in sorted(best)
    ]
