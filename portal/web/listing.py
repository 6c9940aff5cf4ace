"""Lists as the desk shows them: found, filtered, sorted and paged by what stands in the address."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select

from core.database import db
from portal.web.say import number

SIZE = 50
Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Asked:
    """A question as it stands in the address. A subclass names what it shows and by what it sorts.

    `sort` begins with a minus to turn the order round; without one, USUAL is the order.
    """

    q: str = ""
    show: str = ""
    sort: str = ""
    page: int = 1

    SHOWS: ClassVar[Mapping[str, Condition]] = {}
    SORTS: ClassVar[Mapping[str, Any]] = {}
    USUAL: ClassVar[str] = ""
    GIVEN: ClassVar[frozenset[str]] = frozenset()  # fields that are not read from the address

    @classmethod
    def read(cls, args: Mapping[str, str], **given: Any) -> Self:
        """Take what makes sense from the address and leave the rest: old bookmarks still open."""
        asked = {field.name: args.get(field.name, "").strip()[:80] for field in fields(cls) if field.name not in cls.GIVEN}
        page = asked.pop("page")
        asked["show"] = asked["show"] if asked["show"] in cls.SHOWS else cls.show
        asked["sort"] = asked["sort"] if asked["sort"].removeprefix("-") in cls.SORTS else ""
        return cls(**asked, **given, page=int(page) if _is_number(page) and 0 < int(page) < 10_000 else 1)

    def rows(self) -> Select[Any]:
        """All there is to ask about, with its joins."""
        raise NotImplementedError

    def wanted(self) -> list[ColumnElement[bool]]:
        """What the address narrows it to."""
        return [self.SHOWS[self.show](self)] if self.show in self.SHOWS else []

    def select(self) -> Select[Any]:
        """The rows that fit, in order."""
        return self.rows().where(*self.wanted()).order_by(*self._order())

    def count(self) -> int:
        """How many rows fit."""
        fitting = self.rows().where(*self.wanted()).order_by(None).subquery()
        return int(db.session.scalar(select(func.count()).select_from(fitting)) or 0)

    def _order(self) -> list[Any]:
        first, *rest = self.SORTS[self.by.removeprefix("-")]
        order = first.desc() if self.by.startswith("-") else first.asc()
        never_null = not getattr(getattr(first, "expression", first), "nullable", True)
        return [order if never_null else order.nulls_last(), *rest]  # an index cannot be walked back with its nulls last

    @property
    def by(self) -> str:
        """By what it is sorted, with a minus when from the end."""
        return self.sort or self.USUAL

    @property
    def address(self) -> dict[str, Any]:
        """For `url_for`; what is as usual is left out."""
        usual = {field.name: field.default for field in fields(self)}
        return {key: value for key, value in asdict(self).items() if key not in self.GIVEN and value != usual[key]}

    def but(self, **changes: Any) -> dict[str, Any]:
        """The address of the same question with something changed, from its first page on."""
        return replace(self, **{"page": 1, **changes}).address

    @property
    def filtered(self) -> bool:
        return bool({key for key in self.address if key not in ("sort", "page")})


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 10


def number_of(typed: str) -> int | None:
    """An id from an address; None when it makes no sense."""
    return int(typed) if _is_number(typed) else None


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head; one that sorts has an address."""

    label: str
    href: str = ""
    direction: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of rows, and what stands round it (templates/ui/table.html)."""

    asked: Asked
    rows: list[Any]
    total: int
    words: str
    previous: str | None
    next: str | None
    heads: list[Head]
    endpoint: str
    ids: dict[str, Any]


Columns = list[tuple[str, str, bool]]  # key in SORTS (or ""), label, whether it is a figure


def listed(asked: Asked, endpoint: str, columns: Columns, **ids: Any) -> Listed:
    """The asked page of a list; `ids` are the other parts of its address."""
    total = asked.count()
    rows = list(db.session.execute(asked.select().limit(SIZE).offset((asked.page - 1) * SIZE)).all())
    first, last = (asked.page - 1) * SIZE + 1, (asked.page - 1) * SIZE + len(rows)
    said = _("%(first)s to %(last)s of %(total)s", first=number(first), last=number(last), total=number(total))
    return Listed(
        asked, rows, total, said if rows else _("Nothing here"),
        url_for(endpoint, **ids, **asked.but(page=asked.page - 1)) if asked.page > 1 else None,
        url_for(endpoint, **ids, **asked.but(page=asked.page + 1)) if last < total and rows else None,
        [_head(asked, endpoint, ids, *column) for column in columns], endpoint, ids)


def _head(asked: Asked, endpoint: str, ids: dict[str, Any], key: str, label: str, numeric: bool) -> Head:
    if key not in asked.SORTS:
        return Head(label, numeric=numeric)
    direction = {key: "ascending", f"-{key}": "descending"}.get(asked.by, "")
    other = f"-{key}" if asked.by == key else key
    return Head(label, url_for(endpoint, **ids, **asked.but(sort=other)), direction, numeric)


def every_row(asked: Asked) -> list[Any]:
    """All rows that fit, in order: for a spreadsheet."""
    return list(db.session.execute(asked.select()).all())
