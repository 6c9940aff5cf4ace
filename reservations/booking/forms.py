"""The booking form: which cover, at which frozen price. Times and car are in its token."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Optional, Regexp

from portal.web.forms import Form, OnceForm
from reservations.booking.models import Waiver


class BookForm(OnceForm):
    waiver = RadioField(_l("If the car is damaged, the most you pay is"), default=Waiver.INCLUDED.value,
                        choices=[SelectChoice(waiver.value, waiver.value) for waiver in Waiver],
                        validators=[DataRequired(_l("Choose a cover."))])
    offer = HiddenField(validators=[DataRequired(_l("Reload the page to see today’s price."))])


class CancelForm(Form):
    """The fee that the page showed, in cents; a form without it was shown none."""

    fee_cents = HiddenField(validators=[Optional(), Regexp(r"[0-9]{1,9}\Z")])

    @property
    def shown_cents(self) -> int:
        return int(self.fee_cents.data or 0)
