"""What people told us when they were asked, and in the quiet notes."""

from flask_babel import lazy_gettext as _l

from core.personal import Because, Fate, Held, Holder

MINE = ("member_id",)
PERSONAL = Holder(
    "asks", _l("Every word of your answers and notes, what we wrote back, what you hoped for, and when you were asked"),
    (Held("answers", MINE, Fate.EMPTIED, Because.FIGURES, {"words_sealed": None}),
     Held("asks", MINE, Fate.KEPT, Because.FIGURES),
     Held("ask_log", MINE), Held("asked_members", MINE), Held("expectations", MINE), Held("notes", MINE),
     Held("note_replies", ("note_id",))))
