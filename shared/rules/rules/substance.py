"""What counts as written: the substance of a text that may not be left empty in all but name.

Source: domain.md 1.5, each of the three must-write fields at least ten characters of substance; we ask the same of due
diligence and of follow-up visits (2.9). Our measure, in any script: letters, digits and ideographs count one each after
NFKC and case folding; punctuation, signs and white space count nothing. At least 10, at least 4 of them different, and
none more than half of all: a row of dots, of one key or of three keys is refused.
"""

from __future__ import annotations

from collections import Counter
from unicodedata import category, normalize

from events.decider import Refused

LEAST_CHARACTERS = 10
LEAST_DIFFERENT = 4


def has_substance(text: str) -> bool:
    """Whether somebody wrote something."""
    counted = Counter(each for each in normalize("NFKC", text).casefold() if category(each)[0] in "LN")
    total = counted.total()
    return total >= LEAST_CHARACTERS and len(counted) >= LEAST_DIFFERENT and 2 * max(counted.values()) <= total


def written(**texts: str) -> None:
    """Every text says something. Refused: nothing-written, with the names of those that do not."""
    if empty := [name for name, text in texts.items() if not has_substance(text)]:
        raise Refused(
            "nothing-written",
            f"Write what there is to say in {', '.join(empty)}: at least {LEAST_CHARACTERS} letters, digits or "
            f"characters, {LEAST_DIFFERENT} of them different.",
            fields=empty,
        )
