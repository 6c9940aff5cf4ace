"""The fuel stop as typed at the pump."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from core.money import Money
from portal.web.forms import OnceForm
from reservations.fuel.log_stop import Fill
from reservations.fuel.models import PaidBy


def _finite(number: Decimal | None) -> Decimal | None:
    """None for what is written like a number and is none (NaN and its kin): the range below says what is wanted."""
    return number if number is not None and number.is_finite() else None


class FuelForm(OnceForm):
    paid_by = RadioField(_l("Who paid?"), default=PaidBy.CARD.value, choices=[
        SelectChoice(PaidBy.CARD.value, _l("The card in the car")),
        SelectChoice(PaidBy.MEMBER.value, _l("I did, and I have the receipt"))],
        validators=[InputRequired(_l("Choose who paid."))])
    amount = DecimalField(_l("Amount, $"), places=2, filters=[_finite], validators=[
        InputRequired(_l("Type the amount on the pump, like 31.40.")),
        NumberRange(Decimal("0.01"), Decimal("500"), _l("The amount lies between $0.01 and $500."))],
        render_kw={"inputmode": "decimal"})
    volume = DecimalField(_l("Gallons"), places=3, filters=[_finite], validators=[
        InputRequired(_l("Type the gallons on the pump, like 9.214.")),
        NumberRange(Decimal("0.01"), Decimal("200"), _l("The volume lies between 0.01 and 200."))],
        render_kw={"inputmode": "decimal"})
    station = StringField(_l("Station"), filters=[lambda name: (name or "").strip()], validators=[
        InputRequired(_l("Type the name on the sign, like Shell, Ashland Ave.")),
        Length(2, 80, _l("The station’s name has 2 to 80 characters."))])

    @property
    def fill(self) -> Fill:
        return Fill(self.station.data, Money(round(self.amount.data * 100)),
                    round(self.volume.data * 1000), PaidBy(self.paid_by.data))


class ChargeForm(FuelForm):
    """The same at a charger, which counts kilowatt-hours."""

    amount = DecimalField(_l("Amount, $"), places=2, filters=[_finite], validators=[
        InputRequired(_l("Type the amount on the charger, like 14.20.")),
        NumberRange(Decimal("0.01"), Decimal("500"), _l("The amount lies between $0.01 and $500."))],
        render_kw={"inputmode": "decimal"})
    volume = DecimalField(_l("kWh"), places=3, filters=[_finite], validators=[
        InputRequired(_l("Type the kilowatt-hours on the charger, like 31.5.")),
        NumberRange(Decimal("0.01"), Decimal("200"), _l("The charge lies between 0.01 and 200 kWh."))],
        render_kw={"inputmode": "decimal"})
