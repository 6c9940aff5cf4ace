"""The booking form: which cover, at which frozen price. Times and car are in its token."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField, SubmitField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from portal.web.forms import Form, OnceForm
from reservations.booking.models import Waiver

PROMO_MOST = 40  # letters of a code


class BookForm(OnceForm):
    waiver = RadioField(_l("If the car is damaged, the most you pay is"), default=Waiver.INCLUDED.value,
                        choices=[SelectChoice(waiver.value, waiver.value) for waiver in Waiver],
                        validators=[DataRequired(_l("Choose a cover."))])
    offer = HiddenField(validators=[DataRequired(_l("Reload the page to see today’s price."))])
    promo = StringField(_l("Promo code"), validators=[
        Length(max=PROMO_MOST, message=_l("We do not know this code: ours have at most %(max)d letters."))],
                        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
    reprice = SubmitField()  # shows the price with the code, and books nothing

    @property
    def code(self) -> str:
        """The code as it is kept: in capitals; nothing when none was typed."""
        return (self.promo.data or "").strip().upper()

    def asks_for_price(self, code_in_price: str) -> bool:
        """Whether the price with the code is to be shown first. Nothing is booked at a price that nobody has seen: a code that
        was typed since is taken into it before."""
        return bool(self.reprice.data) or self.code != code_in_price


class CancelForm(Form):
    """The fee that the page showed, in cents; a form without it was shown none."""

    fee_cents = HiddenField(validators=[Optional(), Regexp(r"[0-9]{1,9}\Z")])

    @property
    def shown_cents(self) -> int:
        return int(self.fee_cents.data or 0)
