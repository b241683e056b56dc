"""Policy documents as they are handed in: a JSON object, or its text as it was written; each error names its line."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from events import wording
from events.decider import Refused
from service.json_lines import NotReadable, line_at, lines_of, read
from service.policies import Policies
from service.problems import Problem

MOST_TEXT = 60_000


class Document(BaseModel):
    """A policy document: `content` as an object, or `text`, the same as it was written. One of the two."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[dict[str, Any] | None, AfterValidator(wording.throughout)] = None
    text: Annotated[str | None, Field(max_length=MOST_TEXT)] = None


async def content_of(policies: Policies, said: Document, request: Request) -> dict[str, Any]:
    """The content of a document that is a policy. Refused: policy-invalid, policy-misnamed, each error with its line.

    The line is that of `text`; of `content`, that of the request's own body.
    """
    if (said.content is None) == (said.text is None):
        raise Problem("invalid", "Send the policy either as content or as text.")
    try:
        if said.text is not None:
            document, lines, before = *read(said.text), ""
            wording.throughout(document)
        else:
            document, before = said.content, "content"
            lines = lines_of((await request.body()).decode())
    except NotReadable as error:
        raise _invalid([{"path": error.path, "problem": str(error)}], {error.path: error.line}, "") from None
    except ValueError as error:
        raise _invalid([{"path": "", "problem": str(error)}], {}, "") from None
    if not isinstance(document, dict):
        raise _invalid([{"path": "", "problem": "a policy document is a JSON object"}], lines, before)
    try:
        return policies.readable(document)
    except Refused as refusal:
        if "errors" not in refusal.extras:
            raise
        raise _invalid(refusal.extras["errors"], lines, before) from None


def _invalid(errors: list[dict[str, Any]], lines: dict[str, int], before: str) -> Refused:
    told = [each | {"line": line_at(lines, f"{before}.{each['path']}".strip("."))} for each in errors]
    said = "; ".join(f"line {each['line']}, {each['path'] or 'policy'}: {each['problem']}" for each in told[:10])
    return Refused("policy-invalid", f"Correct the policy document: {said}.", errors=told)
