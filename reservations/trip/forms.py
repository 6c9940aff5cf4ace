"""Forms at the car: look round it, look inside, return it."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, SubmitField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.web.forms import Form
from reservations.trip.check import NewMark

_NUMBER = _l("Type a whole number, as on the dashboard.")
_MOST_MILES = 9_999_999


def _readable(number: int | None) -> int | None:
    """None for a number that no odometer shows, however many digits it has: the range below says what is wanted."""
    return number if number is not None and abs(number) <= _MOST_MILES else None


class InsteadForm(Form):
    """Which car is to stand in."""

    car = HiddenField(validators=[InputRequired()])


class OutsideForm(Form):
    """The four outside views: as listed, something new, or skipped."""

    view = SelectField(_l("Where"), default="", choices=[
        SelectChoice("", _l("Choose a side")),
        SelectChoice("front", _l("Front")),
        SelectChoice("left", _l("Left side")),
        SelectChoice("right", _l("Right side")),
        SelectChoice("rear", _l("Rear"))])
    what = StringField(_l("What do you see?"), validators=[Optional(), Length(
        min=3, max=200, message=_l("Say it in 3 to 200 characters."))])
    as_listed = SubmitField(_l("As listed: unlock"))
    report = SubmitField(_l("Report this and unlock"))
    skip = SubmitField(_l("Skip the look and unlock"))

    def validate(self, extra_validators: Any = None) -> bool:
        """A report needs words, and words need to be reported."""
        valid: bool = super().validate(extra_validators)
        words = (self.what.data or "").strip()
        if valid and self.report.data and not words:
            self.what.errors = [_l("Say what you see, or choose “As listed”.")]
            return False
        if valid and self.report.data and not self.view.data:
            self.view.errors = [_l("Choose the side where you see it.")]
            return False
        if valid and words and not self.report.data:
            self.what.errors = [_l("Shall we note this? Press “Report this and unlock”, or empty the field.")]
            return False
        return valid

    @property
    def marks(self) -> tuple[NewMark, ...]:
        what = (self.what.data or "").strip()
        return (NewMark(self.view.data, what),) if self.report.data and what else ()


CLEAN_WORDS = {5: _l("Spotless"), 4: _l("Clean"), 3: _l("Fair"), 2: _l("Dirty"), 1: _l("Unusable")}


class InsideForm(Form):
    cleanliness = RadioField(_l("How clean is it inside?"), choices=[
        SelectChoice(str(stars), words) for stars, words in CLEAN_WORDS.items()], validators=[InputRequired(_l("Choose one."))])


class ReturnForm(Form):
    odometer = IntegerField(_l("Odometer, miles"), filters=[_readable], validators=[
        InputRequired(_NUMBER), NumberRange(0, _MOST_MILES, _NUMBER)], render_kw={"inputmode": "numeric"})
    energy = RadioField(_l("Tank or battery"), choices=[
        SelectChoice("100", _l("Full")),
        SelectChoice("75", _l("¾")),
        SelectChoice("50", _l("½")),
        SelectChoice("25", _l("¼")),
        SelectChoice("10", _l("Less"))],
        validators=[InputRequired(_l("Choose what the dashboard shows."))])
    bay_taken = BooleanField(_l("Somebody stands in my bay"))
    lock = SubmitField(_l("Lock and end the trip"))
    wrong_box = SubmitField(_l("The box is wrong: it stands in its bay"))
    anyway = SubmitField(_l("The car does not answer: end the trip"))
