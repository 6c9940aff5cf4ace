"""The forms of help: asking, writing on, urgent help."""

from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectChoice, SelectField, TelField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from core.time import from_local
from experience.asks.forms import plain_lines
from portal.help.call import Call
from portal.help.entries import MOST_WORDS
from portal.help.models import Kind
from portal.help.words import KINDS
from portal.web import say
from portal.web.forms import Form, OnceForm

ASKED = (Kind.QUESTION, Kind.COMPLAINT, Kind.COMPLIMENT, Kind.CALLBACK, Kind.URGENT)
CONTEXT = ("page", "step", "trip", "car", "lot", "code")  # as the shell of a page fills them in (portal/web/help_here.py)
CALL_HOURS = ((9, 12), (12, 15), (15, 18), (18, 21))  # of the city's day
CALL_DAYS = 3
REGION = "US"


class Telephone:
    """A number that exists as a pattern; the field's data becomes +13125550123."""

    def __call__(self, form: Any, field: Any) -> None:
        try:
            number = phonenumbers.parse(field.data, REGION)
        except phonenumbers.NumberParseException as error:
            raise ValidationError(str(_l("Type a phone number, like (312) 555-0123."))) from error
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(str(_l("A digit is missing or too many. Type it like (312) 555-0123.")))
        field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def call_windows(now: datetime) -> list[tuple[str, str]]:
    """From when until when we can call, for the next days; the first is at once."""
    local = now.astimezone(say.CITY_ZONE)
    found = [("now", str(_l("As soon as you can")))]
    for day in range(CALL_DAYS):
        midnight = datetime(local.year, local.month, local.day) + timedelta(days=day)  # noqa: DTZ001 - the wall's
        for first, last in CALL_HOURS:
            starts, ends = (from_local(midnight + timedelta(hours=hour), say.CITY_ZONE) for hour in (first, last))
            if ends > now + timedelta(minutes=30):
                found.append((f"{starts:%Y%m%d%H%M}", str(_l("%(day)s, %(start)s to %(end)s", day=say.day(starts),
                                                            start=say.clock(starts), end=say.clock(ends)))))
    return found


def _window(value: str) -> tuple[datetime, datetime] | None:
    if value == "now":
        return None
    starts = datetime.strptime(f"{value}+0000", "%Y%m%d%H%M%z")
    return starts, starts + timedelta(hours=3)


def call_of(phone: str, when: str) -> Call:
    """The call of a number and a chosen time."""
    window = _window(when)
    return Call(phone, *window) if window else Call(phone)


class CallForm(Form):
    """Asking for a call in a conversation that is there already."""

    phone = TelField(_l("Your phone number"), render_kw={"autocomplete": "tel"}, filters=[lambda typed: (typed or "").strip()],
                     validators=[DataRequired(_l("Type the number that we are to call.")), Telephone()])
    when = SelectField(_l("When may we call?"), default="now", choices=[])

    def __init__(self, now: datetime, **given: Any) -> None:
        super().__init__(**given)
        self.when.choices = [SelectChoice(value, words) for value, words in call_windows(now)]

    @property
    def call(self) -> Call:
        return call_of(self.phone.data, self.when.data)


class ContactForm(OnceForm):
    """What somebody asks, and what goes along. Everything that is filled in can be taken out again."""

    kind = RadioField(_l("What is it?"), default=str(Kind.QUESTION),
                      choices=[SelectChoice(str(one), KINDS[one]) for one in ASKED])
    words = TextAreaField(_l("In your words"), filters=[plain_lines], render_kw={"rows": 5, "maxlength": MOST_WORDS},
                          validators=[Length(max=MOST_WORDS, message=_l(
                              "That is longer than %(max)d letters. Shorten it, or send it in two parts."))])
    mail = EmailField(_l("Your e-mail"), render_kw={"autocomplete": "email"}, filters=[lambda typed: (typed or "").strip()])
    phone = TelField(_l("Your phone number"), render_kw={"autocomplete": "tel"}, filters=[lambda typed: (typed or "").strip()],
                     validators=[MayBeEmpty(), Telephone()])
    when = SelectField(_l("When may we call?"), default="now", choices=[])
    with_page = BooleanField(default=True)
    with_trip = BooleanField(default=True)
    with_place = BooleanField(default=True)
    with_events = BooleanField(default=True)
    page, step, trip = HiddenField(), HiddenField(), HiddenField()
    car, lot, code = HiddenField(), HiddenField(), HiddenField()
    until = HiddenField()  # what happened up to this moment was shown, so that, and nothing later, goes along

    def __init__(self, now: datetime, member: Any, **given: Any) -> None:
        super().__init__(**given)
        self._member = member
        self.when.choices = [SelectChoice(value, words) for value, words in call_windows(now)]

    def validate_words(self, field: TextAreaField) -> None:
        if not field.data and self.kind.data != Kind.CALLBACK:
            raise ValidationError(str(_l("Write a sentence: what do you need?")))

    def validate_mail(self, field: EmailField) -> None:
        if self._member is None:
            DataRequired(_l("Type your e-mail address, so that we can answer."))(self, field)
            Length(max=254, message=_l("An e-mail address has at most 254 letters."))(self, field)
            Email(_l("An e-mail address looks like name@example.com."))(self, field)

    def validate_kind(self, field: RadioField) -> None:
        if field.data == Kind.CALLBACK and not self.phone.data:
            self.phone.errors = [str(_l("Type the number that we are to call."))]
            raise ValidationError(str(_l("For a call we need your number: type it below.")))

    @property
    def call(self) -> Call | None:
        """The call that is asked for."""
        if not self.phone.data:
            return None
        return call_of(self.phone.data, self.when.data)


class WriteForm(OnceForm):
    """The next word in a conversation."""

    words = TextAreaField(
        _l("Your message"), filters=[plain_lines], render_kw={"rows": 4, "maxlength": MOST_WORDS}, validators=[
            DataRequired(_l("Write a sentence.")),
            Length(max=MOST_WORDS, message=_l("That is longer than %(max)d letters. Shorten it, or send it in two parts."))])


class NowForm(Form):
    """One tap: help now, in writing or by phone."""

    trip = HiddenField(validators=[Length(max=20)])
    way = HiddenField()
    phone = TelField(_l("Your phone number"), filters=[lambda typed: (typed or "").strip()],
                     validators=[MayBeEmpty(), Telephone()])
