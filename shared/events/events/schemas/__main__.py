"""`python -m events.schemas` writes the schemas that are missing; `--check` only says what differs (exit status 1)."""

import sys

import events.types  # noqa: F401  (fills the catalogue)
from events.schemas import FOLDER, drift, write_missing


def main(arguments: list[str]) -> int:
    """Exit status 0 if models and files agree afterwards."""
    if "--check" not in arguments:
        for path in write_missing():
            print(f"wrote {path.relative_to(FOLDER)}")
    problems = drift()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
