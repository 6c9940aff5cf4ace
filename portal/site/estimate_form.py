"""What the estimator asks, by its address: three kinds of trips, the car, who drives, and what a car of one's own costs."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import DecimalField, IntegerField, SelectField, ValidationError
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from core.money import Money
from fleet.cars.words import CLASSES
from fleet.tariffs.quote import Policies
from portal.site.estimate import Owning, Trips
from portal.web.forms import Form
from portal.web.say import duration

PARTS = ("weekday", "weekend", "night")
# What the page counts with until somebody says otherwise: an example, and the page says so.
EXAMPLE = {"weekday": "4", "weekday_hours": "2", "weekday_miles": "12", "weekend": "1", "weekend_hours": "5",
           "weekend_miles": "40", "night": "0", "night_hours": "3", "night_miles": "10", "car_class": "economy",
           "waiver": "included"}
MOST_TRIPS, MOST_MILES, MOST_DOLLARS = 60, 5000, 10_000


def _finite(number: Decimal | None) -> Decimal | None:
    """None for what is written like a number and is none."""
    return number if number is not None and number.is_finite() else None


def _count() -> IntegerField:
    words = _l("Type a whole number from 0 to %(most)d.", most=MOST_TRIPS)
    return IntegerField(_l("Trips a month"), validators=[InputRequired(words), NumberRange(0, MOST_TRIPS, words)],
                        render_kw={"inputmode": "numeric", "min": 0, "max": MOST_TRIPS})


def _hours() -> DecimalField:
    return DecimalField(_l("Hours each"), places=None, filters=[_finite], validators=[
        InputRequired(_l("Type the hours of one trip, like 2 or 2.5."))], render_kw={"inputmode": "decimal", "step": "0.25"})


def _miles() -> IntegerField:
    words = _l("Type the miles of one trip, from 0 to %(most)d.", most=MOST_MILES)
    return IntegerField(_l("Miles each"), validators=[InputRequired(words), NumberRange(0, MOST_MILES, words)],
                        render_kw={"inputmode": "numeric", "min": 0, "max": MOST_MILES})


def _dollars(label: Any) -> DecimalField:
    words = _l("Type an amount in dollars from 0 to %(most)d.", most=MOST_DOLLARS)
    return DecimalField(label, places=2, filters=[_finite], validators=[Optional(), NumberRange(0, MOST_DOLLARS, words)],
                        render_kw={"inputmode": "decimal"})


class EstimateForm(Form):
    """The address of an estimate, field by field; what it leaves out is as in the example."""

    class Meta(Form.Meta):
        csrf = False  # it changes nothing

    weekday, weekday_hours, weekday_miles = _count(), _hours(), _miles()
    weekend, weekend_hours, weekend_miles = _count(), _hours(), _miles()
    night, night_hours, night_miles = _count(), _hours(), _miles()
    car_class = SelectField(_l("Class of car"), choices=[SelectChoice(code, name) for code, name in CLASSES.items()])
    waiver = SelectField(_l("Damage: at most"))
    age = IntegerField(_l("Your age"), validators=[Optional(), NumberRange(16, 99, _l("Type your age in years, like 23."))],
                       render_kw={"inputmode": "numeric", "min": 16, "max": 99})
    own_month = _dollars(_l("A month of it standing there, $"))
    own_mile = _dollars(_l("Each mile, $"))

    def __init__(self, typed: MultiDict[str, str], policies: Policies, waivers: list[tuple[str, str]]) -> None:
        self.policies = policies
        super().__init__(MultiDict(EXAMPLE | {name: text for name, text in typed.items() if name in self._fields_of()}))
        self.waiver.choices = [SelectChoice(code, words) for code, words in waivers]

    @classmethod
    def _fields_of(cls) -> set[str]:
        return {*EXAMPLE, "age", "own_month", "own_mile"}

    def validate_weekday_hours(self, field: DecimalField) -> None:
        self._validate_hours(field)

    def validate_weekend_hours(self, field: DecimalField) -> None:
        self._validate_hours(field)

    def validate_night_hours(self, field: DecimalField) -> None:
        self._validate_hours(field)

    def _validate_hours(self, field: DecimalField) -> None:
        least, most = self.policies["booking_least"].value, self.policies["booking_most"].value
        if field.data is None or not least <= field.data * 60 <= most:
            raise ValidationError(_("A trip lasts %(least)s to %(most)s.", least=duration(least), most=duration(most)))

    def rows(self) -> list[list[Any]]:
        """The fields of each kind of trip, in the order of `PARTS`."""
        return [[self[part], self[f"{part}_hours"], self[f"{part}_miles"]] for part in PARTS]

    def trips(self) -> list[Trips]:
        """What was typed, in started quarter-hours."""
        return [Trips(part, self[part].data, int((self[f"{part}_hours"].data * 4).to_integral_value(ROUND_CEILING)) * 15,
                      self[f"{part}_miles"].data) for part in PARTS]

    def owning(self, miles: int) -> Owning:
        """A car of one's own for these miles a month: by their own figures, or else by ours."""
        return Owning(_cents(self.own_month.data, self.policies["owning_month"].value),
                      _cents(self.own_mile.data, self.policies["owning_mile"].value), miles)


def _cents(typed: Decimal | None, ours: int) -> Money:
    return Money(ours if typed is None else round(typed * 100))
