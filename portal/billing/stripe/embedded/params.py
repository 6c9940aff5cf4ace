"""Reading what a request says: Stripe's form encoding, and its parameters as the types they stand for."""

import re
from typing import Any
from urllib.parse import unquote_plus

from portal.billing.stripe.embedded.refusals import wrong

Params = dict[str, Any]

BRACKETS = re.compile(r"\[([^\]]*)\]")
LONGEST_KEY, LONGEST_VALUE, MOST_KEYS = 40, 500, 50  # of metadata


def parse_form(text: str) -> Params:
    """`a[b]=1&c[0]=x` as {"a": {"b": "1"}, "c": ["x"]}; every value stays the word it came as."""
    found: Params = {}
    nested = False
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        name, value = _plain(name), _plain(value)
        if "[" not in name:
            found[name] = value
            continue
        nested = True
        head, _, _ = name.partition("[")
        _put(found, [head, *BRACKETS.findall(name)], value)
    return {name: _with_lists(value) for name, value in found.items()} if nested else found


def _plain(text: str) -> str:
    """Most of what is said is plain already, and looking is quicker than decoding."""
    return unquote_plus(text) if "%" in text or "+" in text else text


def _put(into: Params, path: list[str], value: str) -> None:
    for step in path[:-1]:
        below = into.setdefault(step, {})
        if not isinstance(below, dict):
            raise wrong(f"Invalid object: {step}", step)
        into = below
    into[path[-1] or str(len(into))] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(below) for name, below in value.items()}


def check_known(params: Params, known: frozenset[str]) -> None:
    """Refuse what this Stripe would pass over in silence."""
    for name in params:
        if name not in known and name != "expand":
            raise wrong(f"Received unknown parameter: {name}", name, "parameter_unknown")


def word(params: Params, name: str) -> str | None:
    """A text; an empty one is none."""
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong(f"Invalid string: {name}", name)
    return value or None


def needed(params: Params, name: str) -> str:
    value = word(params, name)
    if value is None:
        raise wrong(f"Missing required param: {name}.", name, "parameter_missing")
    return value


def choice(params: Params, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = word(params, name) or default
    if value not in allowed:
        raise wrong(f"Invalid {name}: must be one of {', '.join(allowed)}", name)
    return value


def flag(params: Params, name: str) -> bool:
    value = params.get(name, "false")
    if value not in ("true", "false"):
        raise wrong(f"Invalid boolean: {value}", name)
    return bool(value == "true")


def whole(params: Params, name: str) -> int | None:
    """A whole number, or None when it is not said."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,12}", value):
        raise wrong(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    return int(value)


def below(params: Params, name: str) -> Params:
    """A nested object, empty when it is not said."""
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise wrong(f"Invalid object: {name}", name)
    return value


def metadata(params: Params, known: dict[str, str] | None = None) -> dict[str, str]:
    """The metadata after this request: new keys are added, empty ones taken away."""
    said = params.get("metadata")
    if said is None:
        return known or {}
    if said == "":
        return {}
    if not isinstance(said, dict):
        raise wrong("Invalid object: metadata", "metadata")
    for name, value in said.items():
        if len(name) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            raise wrong(f"Metadata keys have up to 40 characters and values up to 500: {name}", f"metadata[{name}]")
    merged = {name: value for name, value in ((known or {}) | said).items() if value != ""}
    if len(merged) > MOST_KEYS:
        raise wrong("You can specify up to 50 metadata keys.", "metadata")
    return merged
