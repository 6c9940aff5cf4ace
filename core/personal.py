"""What is about a person, said by the room that keeps it: what it hands out, what erasing does to it, and what stays and why.

Each room with personal data has a `personal.py` with one `Holder`; `portal/privacy/register.py` names them all, and a test
walks every table of the house, so that none is forgotten.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Table

from core.files import Files
from core.sealed import Seal


class Fate(StrEnum):
    """What erasing does to a row."""

    GONE = "gone"
    EMPTIED = "emptied"  # of the columns that say something of the person; the rest stays under a number
    KEPT = "kept"  # it says nothing of the person but a number


class Because(StrEnum):
    """Why something stays. The words and the law are in `portal/privacy/words.py`."""

    BOOKS = "books"  # amounts, and what they rest upon
    TRIPS = "trips"  # which car was where and when
    FIGURES = "figures"  # what is counted, and leads to nobody
    TRAIL = "trail"  # what our staff did and saw


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is. `member_id` is NO_MEMBER for who has an account and no membership; `visitor_mark` finds what they asked
    before they had an account."""

    user_id: int
    member_id: int
    email: str
    name: str
    visitor_mark: str


NO_MEMBER = 0
"""No member has this number. Not None: that would find what is nobody's, a business's account say."""

Own = Callable[[Person], ColumnElement[bool]]
NOTHING = object()
"""In place of sealed words that may not be missing: the sealed empty text."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a table has of a person.

    `by`: the columns that lead to them, each a key of members, of users, or of another table in the register; or the condition
    itself. Rows are handed out by the first one, and erased by all. `only` narrows it down. `shown`: whether it is handed out,
    or which rows of it. `secret` columns are never handed out, `sealed` ones are opened (as are all called `…_sealed`), and
    `others` point at what is somebody else's. `empties`: what is written into which column.
    """

    table: str
    by: tuple[str, ...] | Own
    fate: Fate = Fate.GONE
    because: Because | None = None
    empties: Mapping[str, Any] = field(default_factory=dict)
    only: Callable[[Table], ColumnElement[bool]] | None = None
    shown: bool | Callable[[Table], ColumnElement[bool]] = True
    secret: frozenset[str] = frozenset()
    sealed: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Holder:
    """One room's share. `says`: what it is, in words for the person.

    `files`: what lies in the file store, by a name that says what it is; None for what is damaged. `before` erases what is
    outside of the database, and `within` what no condition finds, in the transaction that erases the rows; both bear being
    called again.
    """

    name: str
    says: Any
    tables: tuple[Held, ...]
    files: Callable[[Person, Files, Seal], Iterable[tuple[str, bytes | None]]] | None = None
    before: Callable[[Person, Any], None] | None = None
    within: Callable[[Person, Seal], None] | None = None
