"""Languages of the pages: English in the source, 简体中文 from its catalogue, read when first used; no .mo is kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
HTML_LANGUAGE = {"en": "en", "zh_Hans": "zh-Hans"}
DEFAULT = "en"
FOLDER = Path(__file__).parent


def N_(message: str) -> str:
    """Mark a message for the catalogue; it is translated where it is shown."""
    return message


@cache
def catalogue(language: str) -> dict[str, str]:
    """Message → translation; empty for English."""
    if language == DEFAULT:
        return {}
    with (FOLDER / language / "LC_MESSAGES" / "reporting.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {message.id: str(message.string) for message in messages if isinstance(message.id, str) and message.id}


def translated(message: str, language: str) -> str:
    """The message in that language, else as it is."""
    return catalogue(language).get(message) or message


def language_of(cookie: str | None, accepted: str) -> str:
    """The language chosen, else the first that the browser names and we have."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh_Hans"
        if tag.startswith("en"):
            return "en"
    return DEFAULT
