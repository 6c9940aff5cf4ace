"""What a car says of itself by its columns, as an entity (`models.py`) and as a plain row (`rows.py`)."""

from enum import StrEnum
from typing import Protocol


class Fuel(StrEnum):
    GASOLINE = "gasoline"
    HYBRID = "hybrid"
    ELECTRIC = "electric"


class _Model(Protocol):
    @property
    def body(self) -> str: ...
    @property
    def fuel(self) -> str: ...


class _Columns(Protocol):
    @property
    def features(self) -> str: ...
    @property
    def model(self) -> _Model: ...


class CarShape:
    """Beside the columns of a car and its model."""

    __slots__ = ()

    @property
    def feature_list(self: _Columns) -> list[str]:
        return self.features.split()

    @property
    def body(self: _Columns) -> str:
        return self.model.body

    @property
    def electric(self: _Columns) -> bool:
        return self.model.fuel == Fuel.ELECTRIC
