"""What the ledger of promises has of a person. What somebody of us promised in words goes; the rest is counted."""

from flask_babel import lazy_gettext as _l

from core.personal import Because, Fate, Held, Holder

MINE, CAUSE = ("member_id",), frozenset({"cause_reservation_id"})
PERSONAL = Holder(
    "promises", _l("What somebody of us promised you in words, and what they said of it"),
    (Held("promises", MINE, only=lambda promises: promises.c.by_user_id.is_not(None), others=CAUSE),
     Held("promises", MINE, Fate.EMPTIED, Because.FIGURES, {"words_sealed": None},
          only=lambda promises: promises.c.by_user_id.is_(None), others=CAUSE),
     Held("promise_corrections", ("promise_id",), Fate.KEPT, Because.FIGURES)))
