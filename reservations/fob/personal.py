"""What we have of a person's fobs: which they had, and where each was held to a car."""

from flask_babel import lazy_gettext as _l

from core.personal import Held, Holder

PERSONAL = Holder("fobs", _l("Your fobs, and each time one was held to a car"), (
    Held("fobs", ("member_id",), secret=frozenset({"number_mark"}), others=frozenset({"issued_by_id", "blocked_by_id"})),
    Held("fob_taps", ("fob_id",))))
