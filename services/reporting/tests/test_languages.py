"""No message untranslated: what templates and tables of words say is in the catalogue, its values included."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

import reporting
from events import EVENT_TYPES
from reporting import labels
from reporting.i18n import LANGUAGES, catalogue
from reporting.projections.timeline import TOLD
from service.problems import PROBLEMS

FOLDER = Path(reporting.__file__).parent
PLACES = re.compile(r"%\((\w+)\)s")


def messages() -> set[str]:
    """Every message that a page can say."""
    found = extract_from_dir(
        FOLDER,
        method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
        options_map={"templates/**.html": {"trimmed": "true"}},
        keywords={"_": None, "N_": None, "gettext": None},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def shown_problems() -> set[str]:
    """Titles and advice of the kit's problems: a page shows them too."""
    return {text for kind in PROBLEMS.values() for text in (kind.title, kind.do)}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_message_is_translated_with_the_same_values(language: str) -> None:
    translations = catalogue(language)
    wanted = messages() | shown_problems()
    assert len(wanted) > 200
    assert sorted(message for message in wanted if not translations.get(message)) == []
    for message in wanted:
        assert set(PLACES.findall(message)) == set(PLACES.findall(translations[message])), message


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_is_translated_that_is_not_said(language: str) -> None:
    assert sorted(set(catalogue(language)) - messages() - shown_problems()) == []


def test_every_code_of_the_events_shown_has_a_name() -> None:
    shown = {event.event_type.name: fields for event, _, fields in TOLD}
    codes = {
        code
        for kind in EVENT_TYPES.values()
        for name, field in kind.model.model_fields.items()
        if name in shown.get(kind.name, ())
        for code in _literals(field.annotation)
    }
    assert codes and sorted(str(code) for code in codes if isinstance(code, str) and code not in labels.CODES) == [
        "A", "B", "C",
    ]  # fmt: skip


def test_every_event_of_a_timeline_and_its_fields_have_names() -> None:
    for event, _, fields in TOLD:
        assert event.event_type.name in labels.EVENTS
        assert set(fields) <= set(labels.FIELDS), event.event_type.name


def _literals(annotation: object) -> set[object]:
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return {code for each in typing.get_args(annotation) for code in _literals(each)}
