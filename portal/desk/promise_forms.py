"""The forms of promises made by hand."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectChoice, SelectField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from core.time import LocalTime, from_local, local_time_kind
from experience.asks.forms import plain_lines
from portal.web.forms import Form, OnceForm
from portal.web.say import CITY_ZONE

WORDS = 1000
_LONG = Length(max=WORDS, message=_l("That is longer than %(max)d letters. Shorten it."))


class PromiseForm(OnceForm):
    """What is promised, by when, who sees to it, and about which trip."""

    words = TextAreaField(_l("What you promise"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": WORDS}, validators=[
        DataRequired(_l("Say what you promise, as you said it to the member.")), _LONG])
    day = DateField(_l("By which day"), validators=[InputRequired(_l("Choose the day by which it is done."))])
    clock = TimeField(_l("By what time"), validators=[InputRequired(_l("Choose the time by which it is done."))])
    owner = SelectField(_l("Who sees to it"), coerce=int)
    trip = SelectField(_l("About which trip"), coerce=int, default=0)

    def __init__(self, owners: list[tuple[int, str]], trips: list[tuple[int, str]], **given: Any) -> None:
        super().__init__(**given)
        self.owner.choices = [SelectChoice(user_id, name) for user_id, name in owners]
        self.trip.choices = [SelectChoice(0, _l("No trip in particular")), *(SelectChoice(*trip) for trip in trips)]

    def validate_clock(self, field: TimeField) -> None:
        """On the night on which the clocks go forward, an hour does not exist."""
        day, clock = self.day.data, field.data
        if day is None or clock is None:
            return  # said already
        if local_time_kind(datetime.combine(day, clock), CITY_ZONE) is LocalTime.NEVER:
            raise ValidationError(_l("That hour does not exist on this day. Choose another time."))

    @property
    def due_at(self) -> datetime:
        """The moment, by the city's clock."""
        return from_local(datetime.combine(self.day.data, self.clock.data), CITY_ZONE)


class SettleForm(Form):
    """What became of it, and what shows it."""

    kept = RadioField(_l("Was it done?"), choices=[
        SelectChoice("yes", _l("Done as promised")), SelectChoice("no", _l("Not done"))],
        validators=[InputRequired(_l("Choose what became of it."))])
    told = TextAreaField(_l("What the member reads about it"), filters=[plain_lines], validators=[_LONG],
                         render_kw={"rows": 3, "maxlength": WORDS})
    evidence = TextAreaField(_l("Note for colleagues: what shows it"), filters=[plain_lines],
                             render_kw={"rows": 3, "maxlength": WORDS}, validators=[
        DataRequired(_l("Say what shows it: a message, a credit, a repair, a date.")), _LONG])


class HandOverForm(Form):
    """Somebody else sees to it."""

    owner = SelectField(_l("Hand over to"), coerce=int)

    def __init__(self, owners: list[tuple[int, str]], **given: Any) -> None:
        super().__init__(**given)
        self.owner.choices = [SelectChoice(user_id, name) for user_id, name in owners]
