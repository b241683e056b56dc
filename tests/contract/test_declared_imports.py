"""Every member declares what it imports: an import that only works because another member installed it is found."""

import ast
import importlib.metadata as metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = sorted(
    path.parent for folder in ("shared", "services", "deploy") for path in ROOT.glob(f"{folder}/*/pyproject.toml")
)
OWN_TESTS = {"tests", "testing"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(member: Path) -> set[str]:
    """Top-level modules that a member's own dependencies bring."""
    project = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {normal(re.split(r"[\s\[<>=!~;]", each)[0]) for each in project["dependencies"]} | {
        normal(project["name"])
    }
    modules = {name for name, owners in metadata.packages_distributions().items() if wanted & set(map(normal, owners))}
    ours = {
        tomllib.loads((each / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]: each
        for each in MEMBERS
    }
    return modules | {package_of(path) for name, path in ours.items() if normal(name) in wanted}


def package_of(member: Path) -> str:
    settings = tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))
    return str(settings["tool"]["uv"]["build-backend"]["module-name"])


def imported(member: Path) -> dict[str, str]:
    """Top-level modules that a member's package imports, each with one file that does."""
    found: dict[str, str] = {}
    for path in sorted((member / package_of(member)).rglob("*.py")):
        if OWN_TESTS & {path.stem, *path.relative_to(member).parts}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found.update({name.split(".")[0]: str(path.relative_to(ROOT)) for name in names})
    return found


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_member_declares_every_package_it_imports(member):
    known = declared(member) | set(sys.stdlib_module_names)
    undeclared = {name: where for name, where in imported(member).items() if name not in known}
    assert not undeclared, f"add to {member.name}/pyproject.toml: {undeclared}"
