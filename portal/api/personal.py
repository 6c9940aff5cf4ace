"""What machines that act for a person have left here."""

from flask_babel import lazy_gettext as _l

from core.personal import Held, Holder

PERSONAL = Holder("api", _l("The tokens of your own programs, and what they were answered"),
                  (Held("api_tokens", ("member_id",)), Held("api_answers", ("member_id",))))
