"""How a star is refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class TooManyStars(Refusal):
    code, status = "too_many_stars", 409
    says = _l("You have starred as many as fit on one page.")
    remedy = _l("Take a star away on the page of your favorites first.")
