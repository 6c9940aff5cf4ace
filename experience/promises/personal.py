"""What the ledger of promises has of a person. What somebody of us promised in words goes; the rest is counted."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Table, and_, not_, select

from core.database import db
from core.personal import Because, Fate, Held, Holder

MINE, CAUSE = ("member_id",), frozenset({"cause_reservation_id"})


def _by_hand(promises: Table) -> ColumnElement[bool]:
    """Promised by a person, in words. One that the books name is none of those: published remedies are for published kinds."""
    of_books = [promises.c.id.in_(select(db.metadata.tables[name].c.promise_id))
                for name in ("remedies", "taxi_receipts", "promise_corrections")]
    return and_(promises.c.by_user_id.is_not(None), *(not_(named) for named in of_books))


PERSONAL = Holder(
    "promises", _l("What somebody of us promised you in words, and what they said of it"),
    (Held("promises", MINE, only=_by_hand, others=CAUSE),
     Held("promises", MINE, Fate.EMPTIED, Because.FIGURES, {"words_sealed": None},
          only=lambda promises: not_(_by_hand(promises)), others=CAUSE),
     Held("promise_corrections", ("promise_id",), Fate.KEPT, Because.FIGURES)))
