"""The desk's forms: out of service until when and why, and back in service."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, StringField, SubmitField, TextAreaField
from wtforms.fields import DateTimeLocalField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from core.time import LocalTime, from_local, local_time_kind
from portal.web import say
from portal.web.forms import Form

LONGEST = timedelta(days=366)
TYPED = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class OutOfServiceForm(Form):
    """What is wrong with the car, and until when by the lot's clock. `digest` is what the preview showed."""

    state = RadioField(_l("What is it for?"), choices=[
        SelectChoice("cleaning", _l("Cleaning")), SelectChoice("maintenance", _l("Maintenance")),
        SelectChoice("damaged", _l("Damaged")), SelectChoice("transport", _l("Transport"))],
        validators=[InputRequired(_l("Choose what it is for."))])
    why = TextAreaField(_l("Why"), render_kw={"rows": 3, "maxlength": 200}, filters=[lambda said: (said or "").strip()],
                        validators=[InputRequired(_l("Say why, in a few words.")),
                                    Length(3, 200, _l("Say it in 3 to 200 characters."))])
    until = DateTimeLocalField(_l("Until"), format=TYPED, validators=[
        InputRequired(_l("Pick the day and time when it is back, like 2026-11-28T14:15."))])
    which = RadioField(_l("Which of the two?"), validate_choice=False, validators=[Optional()], choices=[
        SelectChoice("0", _l("The first, before the clocks go back")),
        SelectChoice("1", _l("The second, after they went back"))])
    digest = HiddenField()
    show = SubmitField(_l("Show what it touches"))
    confirm = SubmitField(_l("Take it out of service"))

    def __init__(self, zone: ZoneInfo, now: datetime, **given: Any) -> None:
        super().__init__(**given)
        self._zone, self._now = zone, now

    @property
    def happens_twice(self) -> bool:
        """Whether the typed time is in the hour that happens twice, so that the form asks which one is meant."""
        typed = self.until.data
        return typed is not None and local_time_kind(typed, self._zone) is LocalTime.TWICE

    @property
    def until_at(self) -> datetime:
        """The instant that was typed; ask only after validation."""
        typed: datetime = self.until.data
        return from_local(typed, self._zone, fold=1 if self.happens_twice and self.which.data == "1" else 0)

    def validate_until(self, field: DateTimeLocalField) -> None:
        if field.data is None:
            field.errors = []  # instead of the library's own words for what cannot be read
            raise ValidationError(_("We could not read that time. Type it like 2026-11-28T14:15."))
        if not 1970 < field.data.year < 9000:
            raise ValidationError(_("Pick a time within a year from now."))
        if local_time_kind(field.data, self._zone) is LocalTime.NEVER:
            raise ValidationError(_("%(time)s does not exist on that day: the clocks go forward over it. "
                                    "Pick an hour later.", time=field.data.strftime("%H:%M")))
        if self.happens_twice and self.which.data not in ("0", "1"):
            raise ValidationError(_("%(time)s happens twice on that day: the clocks go back. Say which one you mean.",
                                    time=field.data.strftime("%H:%M")))
        if self.until_at <= self._now:
            raise ValidationError(_("%(time)s has passed. Pick a later time.",
                                    time=say.moment(self.until_at, self._zone)))
        if self.until_at > self._now + LONGEST:
            raise ValidationError(_("Pick a time within a year from now."))


class BackInServiceForm(Form):
    """What was done to the car."""

    why = StringField(_l("What was done"), filters=[lambda said: (said or "").strip()], render_kw={"maxlength": 200},
                      validators=[InputRequired(_l("Say what was done, in a few words.")),
                                  Length(3, 200, _l("Say it in 3 to 200 characters."))])
