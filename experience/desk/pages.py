"""One page of a question's rows, and the ways to the pages beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select

from core.database import db
from portal.web.say import number

SIZE = 50


class Question(Protocol):
    """A read that can be counted."""

    def select(self) -> Select[Any]: ...
    def count(self) -> Select[Any]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and what the pager shows (templates/ui/table.html)."""

    number: int
    rows: list[Any]
    total: int
    words: str
    previous: str | None
    next: str | None


def page_of(question: Question, page: int, *, endpoint: str = ".step", **address: Any) -> Page:
    """The given page, 50 rows long; `address` names this list in `url_for`."""
    total = db.session.scalar(question.count()) or 0
    rows = db.session.execute(question.select().limit(SIZE).offset((page - 1) * SIZE)).all()
    return page_of_rows(rows, total, page, endpoint=endpoint, **address)


def page_of_rows(rows: Sequence[Any], total: int, page: int, *, endpoint: str, **address: Any) -> Page:
    """The same of rows that were read already."""
    first, last = (page - 1) * SIZE + 1, (page - 1) * SIZE + len(rows)
    said = _("%(first)s to %(last)s of %(total)s", first=number(first), last=number(last), total=number(total))
    return Page(
        page, list(rows), total, said if rows else _("Nothing here"),
        url_for(endpoint, page=page - 1, **address) if page > 1 else None,
        url_for(endpoint, page=page + 1, **address) if last < total else None)
