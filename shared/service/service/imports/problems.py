"""Why a file is refused, as problem documents: each code of `ImportRefused` and of the imports' own routes."""

from __future__ import annotations

from service.imports.refusals import ImportRefused
from service.problems import Kind, Problem

SAVE = "Save the file anew from its source, or as plain CSV."
SPLIT = "Split the file."
NAME = "Name columns as the profile does, or choose another profile; GET /profiles lists them."

PROBLEMS: dict[str, Kind] = {
    "broken-file": Kind(422, "Broken file", SAVE),
    "document-too-long": Kind(422, "Document too long", SPLIT),
    "double-column": Kind(422, "Column twice", NAME),
    "empty-file": Kind(422, "Empty file", "Send the file's bytes as the body."),
    "encoding": Kind(422, "Another encoding", "Save the file as UTF-8, or say its encoding in the profile."),
    "encrypted-file": Kind(422, "Encrypted file", "Save it without a password."),
    "file-too-large": Kind(413, "File too large", SPLIT),
    "hostile-file": Kind(422, "Hostile file", SAVE),
    "line-too-long": Kind(422, "Line too long", SAVE),
    "missing-column": Kind(422, "Column missing", NAME),
    "missing-sheet": Kind(422, "Sheet missing", "Name the sheet as the profile does."),
    "no-file": Kind(422, "No file", "Send the file's bytes as the body."),
    "no-header": Kind(422, "No header", "Begin the file with the names of its columns."),
    "old-or-encrypted-file": Kind(422, "Old or encrypted file", "Save it as .xlsx without a password."),
    "other-currency": Kind(422, "Another currency", "Import it in an installation of that currency."),
    "part-too-large": Kind(422, "Part too large", SAVE),
    "profile": Kind(422, "Invalid profile", "Correct the keys that `errors` names; POST /profiles:check tries one."),
    "row-too-large": Kind(422, "Row too large", SAVE),
    "too-many-columns": Kind(422, "Too many columns", SAVE),
    "too-many-dealers": Kind(422, "Too many dealers", SPLIT),
    "too-many-rows": Kind(422, "Too many rows", SPLIT),
    "unknown-format": Kind(422, "Unknown format", "Send .csv, .xlsx or .parquet."),
    "wrong-extension": Kind(422, "Named as another format", "Name the file as what it is."),
    "zip-bomb": Kind(422, "Hostile file", SAVE),
    "unknown-profile": Kind(422, "Unknown profile", "GET /profiles lists those that ship here."),
    "other-kind": Kind(422, "Not for this service", "Send it to the service that the detail names."),
    "import-folder-full": Kind(503, "No room for the file", "Wait until other imports are finished.", 30),
    "import-running": Kind(409, "Import still running", "Wait until it is completed, then undo it.", 5),
    "undo-not-offered": Kind(409, "Undo not offered", "See the detail for what to do instead."),
}


def problem_of_refusal(refused: ImportRefused) -> Problem:
    """The problem document of a refused file or profile; each faulty key of a profile is an error of its own."""
    problem = Problem(refused.code, refused.detail)
    if refused.faults:
        problem.extras["errors"] = [{"name": key, "detail": said} for key, said in refused.faults]
    return problem
