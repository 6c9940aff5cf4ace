"""How flat records (readings, acks, setups, faults) travel as JSON."""

from dataclasses import MISSING, fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def pack(record: "DataclassInstance") -> dict[str, Any]:
    """The record as a JSON object; moments in UTC."""
    return {field.name: _packed(getattr(record, field.name)) for field in fields(record)}


def unpack(kind: type[Record], document: object) -> Record:
    """The record that a JSON object spells out. Raises ValueError, naming the field that is wrong."""
    if not isinstance(document, dict):
        raise ValueError(f"{kind.__name__} is a JSON object")
    hints = _hints(kind)
    required = {field.name for field in fields(kind) if field.default is MISSING}
    if unknown := document.keys() - hints.keys():
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(map(str, unknown)))}")
    if missing := required - document.keys():
        raise ValueError(f"{kind.__name__} lacks {', '.join(sorted(missing))}")
    return kind(**{name: _unpacked(name, hints[name], value) for name, value in document.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _packed(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _unpacked(name: str, wanted: Any, value: object) -> Any:
    kinds = get_args(wanted) or (wanted,)
    if float in kinds and type(value) in (int, float):
        return _finite(name, value)
    if type(value) in kinds:
        return value
    if isinstance(value, str) and issubclass(kinds[0], StrEnum):
        return kinds[0](value)
    if isinstance(value, str) and datetime in kinds:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"{name} needs an offset from UTC")
        return moment
    raise ValueError(f"{name} is not what it should be")


def _finite(name: str, value: Any) -> float:
    if not -1e15 < value < 1e15:  # NaN and infinity are refused here, and whole numbers too large for a float
        raise ValueError(f"{name} is out of all bounds")
    return float(value)
