"""What cases have of the person they are about."""

from flask_babel import lazy_gettext as _l

from core.personal import Because, Fate, Held, Holder
from experience.cases.models import Act

PERSONAL = Holder(
    "cases", _l("Every word that was written while we looked into what went wrong for you"),
    (Held("cases", ("member_id",), Fate.EMPTIED, Because.FIGURES, {"conversation_id": None}),
     Held("case_entries", ("case_id",), Fate.EMPTIED, Because.FIGURES, {"words_sealed": None},
          shown=lambda entries: entries.c.act != str(Act.NOTE)),  # notes among ourselves
     Held("case_reasons", ("case_id",), Fate.KEPT, Because.FIGURES)))
