"""msgspec structs generated from the catalogue's models: the same shapes, without the limits that writing checked."""

import types
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Field = tuple[str, Any] | tuple[str, Any, Any]


def struct_of(model: type[BaseModel], fields: Iterable[str]) -> type[msgspec.Struct]:
    """A frozen struct with these fields of a model, their types and their defaults."""
    members = [_member(name, model.model_fields[name]) for name in fields]
    return msgspec.defstruct(model.__name__, members, frozen=True, kw_only=True, gc=False)


@cache
def _whole(model: type[BaseModel]) -> type[msgspec.Struct]:
    return struct_of(model, model.model_fields)


def _member(name: str, field: FieldInfo) -> Field:
    slim = _slim(field.annotation)
    if field.is_required():
        return (name, slim)
    if field.default_factory is not None:
        return (name, slim, msgspec.field(default_factory=field.default_factory))  # type: ignore[arg-type]
    return (name, slim, field.default)


def _slim(annotation: Any) -> Any:
    arguments = get_args(annotation)
    match get_origin(annotation):
        case None if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return _whole(annotation)
        case None:
            return annotation
        case origin if origin is Annotated:
            return _slim(arguments[0])
        case origin if origin is Literal:
            return annotation
        case origin if origin is Union or origin is types.UnionType:
            return Union[tuple(_slim(each) for each in arguments)]  # noqa: UP007
        case origin if origin is tuple:
            return types.GenericAlias(tuple, (_slim(arguments[0]), ...))
        case origin if origin is dict:
            return types.GenericAlias(dict, (str, _slim(arguments[1])))
        case origin:
            raise TypeError(f"{origin} has no slim form")
