"""Whether an answer has the fields and the JSON types that the SDK's classes document."""

import types
import typing
from collections.abc import Iterator
from typing import Any

import stripe
from stripe import ListObject, StripeObject, checkout

NAMED = {"DisputeResource": stripe.Dispute, "checkout.session": checkout.Session}


def complaints(obj: Any, cls: Any, path: str) -> Iterator[str]:
    """What is missing from the object, of another type, or unknown to the class."""
    fields = {name: hint for name, hint in cls.__annotations__.items()
              if not name.startswith("_") and typing.get_origin(hint) is not typing.ClassVar}
    yield from (f"{path}.{name}: invented" for name in obj.keys() - fields.keys())
    for name, hint in fields.items():
        if name in obj:
            yield from _misfit(obj[name], hint, f"{path}.{name}")
        elif not _optional(hint):
            yield f"{path}.{name}: missing"


def _optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _misfit(value: Any, hint: Any, path: str) -> Iterator[str]:
    """Nothing, if the value is of the type or of one of the types."""
    choices = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    found = [list(_misfit_one(value, choice, path)) for choice in choices]
    if all(found):
        yield from min(found, key=len)


def _misfit_one(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin = typing.get_origin(hint)
    hint = _class_named(hint.__forward_arg__) if isinstance(hint, typing.ForwardRef) else hint
    if hint is Any:
        return
    if origin is typing.Literal:
        if value not in typing.get_args(hint):
            yield f"{path}: {value!r} is none of {typing.get_args(hint)}"
    elif origin is list:
        yield from _misfit_list(value, typing.get_args(hint)[0], path)
    elif origin is ListObject or (origin and issubclass(origin, StripeObject)):
        if not isinstance(value, dict):
            yield f"{path}: no object"
    elif isinstance(hint, type) and issubclass(hint, StripeObject):
        yield from complaints(value, hint, path) if isinstance(value, dict) else [f"{path}: no object"]
    elif type(value) is not (hint or type(None)):
        yield f"{path}: {value!r} is no {hint}"


def _misfit_list(value: Any, hint: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: no list"
        return
    for item in value:
        yield from _misfit(item, hint, f"{path}[]")


def _class_named(name: str) -> Any:
    return NAMED.get(name) or getattr(stripe, name, None) or StripeObject
