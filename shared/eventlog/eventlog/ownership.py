"""Which columns a handler writes, read from its source, so that ownership is checked before any event is applied."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

OPERATIONS = ("set", "add", "max")


class Writes(NamedTuple):
    """The columns that a state handler may set, add to, and raise."""

    sets: frozenset[str]
    adds: frozenset[str]
    maxes: frozenset[str]


class Undeclared(TypeError):
    """The columns cannot be read from the handler: name them with `sets=`, `adds=`, `maxes=`."""

    def __init__(self, handler: Callable[..., Any], why: str) -> None:
        super().__init__(f"{handler.__qualname__}: {why}; name the columns in .on(…, sets=(…), adds=(…), maxes=(…))")


def writes_of(handler: Callable[..., Any]) -> Writes:
    """Read every `Patch(key=…, set={…}, add={…}, max={…})` of a handler whose dictionaries have literal keys.

    Raises `Undeclared` where the source is not to be had, no Patch is built in it, or a dictionary is computed.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    except (OSError, TypeError, SyntaxError) as error:
        raise Undeclared(handler, "its source cannot be read") from error
    found: dict[str, set[str]] = {operation: set() for operation in OPERATIONS}
    patches = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "Patch"]
    if not patches:
        raise Undeclared(handler, "it builds no Patch itself")
    for patch in patches:
        arguments = dict(zip(("key", *OPERATIONS), patch.args, strict=False))
        arguments |= {keyword.arg: keyword.value for keyword in patch.keywords if keyword.arg}
        for operation in OPERATIONS:
            if (value := arguments.get(operation)) is not None:
                found[operation] |= _literal_keys(handler, operation, value)
    return Writes(*(frozenset(found[operation]) for operation in OPERATIONS))


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal_keys(handler: Callable[..., Any], operation: str, value: ast.expr) -> set[str]:
    match value:
        case ast.Dict(keys=keys):
            names = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
            if len(names) == len(keys):
                return names
    raise Undeclared(handler, f"the dictionary it passes as {operation}= is computed")
