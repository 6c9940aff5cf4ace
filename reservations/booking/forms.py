"""The booking form: which cover, at which frozen price. Times and car are in its token."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, StringField, SubmitField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from portal.billing.payers.on_account import OnAccount
from portal.web.forms import Form, OnceForm
from reservations.booking.models import Waiver

PROMO_MOST = 40  # letters of a code


class CostCentreChoice(Form):
    """A form that books, on the cost centre that is chosen."""

    cost_centre = SelectField(_l("Cost centre"), default="", choices=[SelectChoice("", _l("None"))])

    def offer_cost_centres(self, account: OnAccount | None) -> None:
        """Let one of the business's be chosen; the driver's usual one is chosen until then. `account` is who pays for whoever
        drives; None: they do."""
        if account is None:
            return
        nothing = SelectChoice("", _l("Choose one") if account.demands else _l("None"))
        centres, usual = account.cost_centres, account.terms.cost_centre_id
        self.cost_centre.choices = [nothing, *(SelectChoice(str(one.id), f"{one.code} {one.name}") for one in centres)]
        if not self.is_submitted():
            self.cost_centre.data = str(usual) if usual in [one.id for one in centres] else ""

    @property
    def cost_centre_id(self) -> int | None:
        """The one that was chosen."""
        return int(self.cost_centre.data) if self.cost_centre.data else None


class BookForm(CostCentreChoice, OnceForm):
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
