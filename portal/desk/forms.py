"""The forms of the finance desk."""

from datetime import datetime, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, InputRequired, Length, ValidationError

from core.money import Money
from core.time import from_local
from experience.asks.forms import plain_lines
from portal.billing.notices.models import NoticeKind
from portal.desk.evidence import LONGEST
from portal.desk.words import NOTICE_KINDS, WHYS
from portal.web.forms import Form, OnceForm
from portal.web.money_field import Between, DollarsField
from portal.web.say import CITY_ZONE

WORDS = 2000


def _stripped(typed: Any) -> Any:
    return " ".join(typed.split()) if isinstance(typed, str) else typed


def _whys(*but: str) -> list[SelectChoice]:
    return [SelectChoice("", _l("Choose why")), *(SelectChoice(code, words) for code, words in WHYS.items() if code not in but)]


class GiveBackForm(OnceForm):
    """How much of a line is given back, and why. `most` is what is left of the line."""

    amount = DollarsField(_l("Give back"), validators=[Between()], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    why = SelectField(_l("Why"), choices=_whys(), validators=[InputRequired(_l("Choose why."))])

    def __init__(self, most: Money, **given: Any) -> None:
        super().__init__(**given)
        self.most = most


class GoodwillForm(OnceForm):
    """Credit for later trips."""

    amount = DollarsField(_l("Credit"), validators=[Between()], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    why = SelectField(_l("Why"), choices=_whys("dispute"), validators=[InputRequired(_l("Choose why."))])


class DecideForm(Form):
    """What a dispute comes to: how much goes back (0.00: it stands), and the reply. `most` is what is left of the line."""

    back = DollarsField(_l("Give back"), validators=[Between(zero=True)],
                        render_kw={"inputmode": "decimal", "autocomplete": "off"})
    reply = TextAreaField(_l("Your reply"), filters=[plain_lines], render_kw={"rows": 6, "maxlength": WORDS}, validators=[
        DataRequired(_l("Say why, in a few sentences. The member reads it.")),
        Length(max=WORDS, message=_l("That is longer than %(max)d letters. Shorten it."))])

    def __init__(self, most: Money, **given: Any) -> None:
        super().__init__(**given)
        self.most = most


class TakeForm(Form):
    """Take a dispute on; `instead_of` is the owner that was seen."""

    instead_of = HiddenField()


class SecondForm(Form):
    """What a second person says."""

    agree = HiddenField()


class NoticeForm(OnceForm):
    """A cost that is passed on, with what the authority or the workshop wrote."""

    reference = StringField(_l("Trip"), filters=[lambda typed: (typed or "").strip().lower()], validators=[
        DataRequired(_l("Write the reference of the trip, like abc123def4.")), Length(max=20)],
        render_kw={"list": "their-trips", "autocomplete": "off", "spellcheck": "false"})
    kind = RadioField(_l("What is it?"), choices=[SelectChoice(str(kind), NOTICE_KINDS[kind]) for kind in NoticeKind],
                      validators=[InputRequired(_l("Choose what it is."))])
    amount = DollarsField(_l("What it cost us"), validators=[Between()],
                          render_kw={"inputmode": "decimal", "autocomplete": "off"})
    what = StringField(_l("What happened"), filters=[_stripped], render_kw={"maxlength": 120}, validators=[
        DataRequired(_l("Say what happened, like “Parked on a hydrant”.")), Length(3, 120, _l("Say it in 3 to 120 letters."))])
    place = StringField(_l("Where"), filters=[_stripped], render_kw={"maxlength": 120}, validators=[
        DataRequired(_l("Say where, like “1200 N State St”.")), Length(3, 120, _l("Say it in 3 to 120 letters."))])
    when = StringField(_l("When"), filters=[_stripped], render_kw={"maxlength": 60}, validators=[
        DataRequired(_l("Say when, like “Nov 24, 2:15 PM”.")), Length(3, 60, _l("Say it in 3 to 60 letters."))])
    number = StringField(_l("Its number"), filters=[_stripped], render_kw={"maxlength": 60, "autocomplete": "off"}, validators=[
        DataRequired(_l("Write the number on the bill or the ticket.")), Length(1, 60, _l("Write at most 60 letters."))])

    @property
    def facts(self) -> dict[str, str]:
        """What the notice says."""
        return {name: self[name].data for name in ("what", "place", "when", "number")}


class NoticeDecisionForm(Form):
    """Whether a contested cost is charged after all."""

    charged = HiddenField()


class EvidenceForm(Form):
    """The covering note that goes in front of the evidence."""

    note = TextAreaField(_l("Covering note"), filters=[plain_lines], render_kw={"rows": 8, "maxlength": 5000}, validators=[
        DataRequired(_l("Say in a few sentences why the payment is right.")),
        Length(max=min(5000, LONGEST), message=_l("That is longer than %(max)d letters. Shorten it."))])


class PaidForm(Form):
    """The day on which a transfer came to our bank."""

    paid_on = DateField(_l("Came to our bank on"), validators=[InputRequired(_l("Pick the day, like 2026-11-28."))])

    def __init__(self, now: datetime, issued_at: datetime, **given: Any) -> None:
        super().__init__(**given)
        self._today, self._issued = (at.astimezone(CITY_ZONE).date() for at in (now, issued_at))

    def validate_paid_on(self, field: DateField) -> None:
        if field.data is None:
            field.errors = []
            raise ValidationError(_("We could not read that day. Type it like 2026-11-28."))
        if not self._issued <= field.data <= self._today:
            raise ValidationError(_("Pick a day from the invoice’s own to today."))

    @property
    def paid_at(self) -> datetime:
        """That day at noon by the city's clock; ask only after validation."""
        return from_local(datetime.combine(self.paid_on.data, time(12)), CITY_ZONE)


class BusinessForm(Form):
    """A business that pays for its drivers."""

    name = StringField(_l("Name"), filters=[_stripped], render_kw={"maxlength": 120, "autocomplete": "off"}, validators=[
        DataRequired(_l("Write the business’s name.")), Length(2, 120, _l("Write 2 to 120 letters."))])
    email = EmailField(_l("E-mail for invoices"), filters=[lambda typed: (typed or "").strip().lower()],
                        render_kw={"autocomplete": "off"}, validators=[
        DataRequired(_l("Write the address that invoices go to.")), Length(max=254),
        Email(_l("That does not look like an e-mail address, as in name@example.com."))])


class AdminForm(Form):
    """Somebody who is to run a business's account, member or not."""

    admin = EmailField(_l("Their e-mail"), filters=[lambda typed: (typed or "").strip().lower()],
                       render_kw={"autocomplete": "off"}, validators=[
        DataRequired(_l("Write the address of whoever is to run the account.")), Length(max=254),
        Email(_l("An e-mail address looks like name@example.com."))])


class DriverForm(Form):
    """A member whose trips a business pays from now on."""

    email = EmailField(_l("Member’s e-mail"), filters=[lambda typed: (typed or "").strip().lower()],
                        render_kw={"autocomplete": "off"}, validators=[
        DataRequired(_l("Write the address that the member signs in with.")), Length(max=254)])
