"""The form that confirms a change: the car, the times and the difference that its page showed."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import DataRequired, Regexp

from core.time import Span
from portal.web import say
from portal.web.forms import RELOAD, OnceForm

_A_TIME = _l("Reload the page and pick the times again.")


class ChangeForm(OnceForm):
    """Everything was chosen on the page before; nothing is typed here."""

    car = HiddenField(validators=[DataRequired(RELOAD)])
    start = HiddenField(validators=[DataRequired(_A_TIME)])
    end = HiddenField(validators=[DataRequired(_A_TIME)])
    difference_cents = HiddenField(validators=[Regexp(r"-?[0-9]{1,9}\Z", message=RELOAD)])

    @property
    def span(self) -> Span | None:
        """The times of the page; None when they are none, or of no year in which anybody drives."""
        start, end = _moment(self.start.data), _moment(self.end.data)
        return Span(start, end) if start and end and start < end else None


def _moment(written: str | None) -> datetime | None:
    at = say.parsed(written)
    return at if at is not None and 1970 < at.year < 9000 else None
