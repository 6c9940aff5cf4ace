"""The forms of the contact page."""

from collections.abc import Collection
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField, TelField, TimeField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from portal.account.contact.devices import Subscription
from portal.account.contact.number import NoNumber, read_number
from portal.account.contact.rules import OPEN_WAYS, Channel, Choices, Purpose, Way
from portal.web.forms import Form

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
ZONES = sorted(zone for zone in available_timezones() if zone.split("/")[0] in AREAS)
CHANNELS = {Channel.MAIL: _l("Mail"), Channel.PUSH: _l("Notification"), Channel.SMS: _l("Text message")}


class ChoicesForm(Form):
    """A box for each way that is open to choice, the quiet hours and the zone they are read in."""

    quiet_from = TimeField(_l("Quiet from"), validators=[InputRequired(_l("Say when the quiet begins, as 21:00."))])
    quiet_until = TimeField(_l("until"), validators=[InputRequired(_l("Say when the quiet ends, as 08:00."))])
    zone = SelectField(_l("Time zone"), choices=[SelectChoice(zone, zone.replace("_", " ")) for zone in ZONES])

    def __init__(self, choices: Choices, offered: Collection[Channel], **given: Any) -> None:
        boxes = {_name(way): way in choices.ways for way in OPEN_WAYS}
        super().__init__(data={**boxes, "quiet_from": _time(choices.quiet_from), "quiet_until": _time(choices.quiet_until),
                               "zone": choices.zone.key}, **given)
        self._before, self._offered = choices, frozenset(offered)

    def boxes(self, purpose: Purpose) -> list[Any]:
        """The boxes of a purpose that this member can tick."""
        return [self[_name(way)] for way in OPEN_WAYS if way[0] is purpose and way[1] in self._offered]

    @property
    def ways(self) -> frozenset[Way]:
        """What is ticked; of what the page did not offer, what was chosen before."""
        return frozenset(way for way in OPEN_WAYS if (
            self[_name(way)].data if way[1] in self._offered else way in self._before.ways))

    @property
    def quiet(self) -> tuple[int, int]:
        """Minutes after midnight, from and until."""
        return _minutes(self.quiet_from.data), _minutes(self.quiet_until.data)

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone.data)


def _name(way: Way) -> str:
    return f"{way[0]}_{way[1]}"


for _way in OPEN_WAYS:
    setattr(ChoicesForm, _name(_way), BooleanField(CHANNELS[_way[1]]))


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


class NumberForm(Form):
    number = TelField(_l("Mobile number"), validators=[DataRequired(_l("Type your number.")), Length(max=40)],
                      render_kw={"autocomplete": "tel", "inputmode": "tel"})

    def validate_number(self, typed: Any) -> None:
        """Leave the number in `e164`."""
        try:
            self.e164 = read_number(typed.data)
        except NoNumber:
            raise ValidationError(_l("Type a mobile number of the United States or Canada, such as (312) 555-0123.")) from None


class CodeForm(Form):
    code = StringField(_l("Code from the text message"), filters=[lambda typed: (typed or "").replace(" ", "")], validators=[
        DataRequired(_l("Type the six digits.")), Regexp(r"[0-9]{6}\Z", message=_l("The code has six digits."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12})


class DeviceForm(Form):
    """What the browser says of itself; all three empty where notifications are embedded."""

    endpoint = HiddenField()
    p256dh = HiddenField()
    auth = HiddenField()

    def validate(self, **given: Any) -> bool:
        """Also whether it is a subscription at all; leaves it in `subscription`."""
        valid: bool = super().validate(**given)
        self.subscription: Subscription | None = None
        if valid and self.endpoint.data:
            try:
                self.subscription = Subscription(self.endpoint.data, self.p256dh.data or "", self.auth.data or "")
            except ValueError:
                self.form_errors.append(_l("This browser’s push service is none that we can reach."))
                return False
        return valid
