"""The forms of joining."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, Regexp, StopValidation

from core.time import months_later, now
from experience.asks.forms import plain_lines
from portal.account.contact.number import NoNumber, read_number
from portal.account.models import Plan
from portal.account.names import name_field
from portal.account.passwords import WeakPassword, check_password
from portal.billing.referrals.code import owner_of, plain_code
from portal.signup.eligibility import Answers, LicenceFrom
from portal.web.forms import Form
from portal.web.say import CITY_ZONE

OLDEST = date(1900, 1, 1)
YOUNGEST_DRIVER = 14  # nowhere in the United States or Canada is anybody younger given a licence
FROM = {LicenceFrom.US: _l("The United States"), LicenceFrom.CANADA: _l("Canada"), LicenceFrom.ELSEWHERE: _l("Another country")}
MOST_WORDS = 1000


def _plausible(_form: Any, field: Any) -> None:
    if field.data is None:
        raise StopValidation(_l("Type a day, such as 05/04/1990."))
    if field.data > now().astimezone(CITY_ZONE).date():
        raise ValidationError(_l("That day is still to come."))
    if field.data < OLDEST:
        raise ValidationError(_l("Look at the year again."))


class CheckForm(Form):
    """What the rules ask; nothing of it is kept for somebody who may not join."""

    born_on = DateField(_l("Your date of birth"), validators=[InputRequired(_l("Choose the day you were born.")), _plausible],
                        render_kw={"autocomplete": "bday"})
    held_since = DateField(_l("You have had your driver’s licence since"),
                           validators=[InputRequired(_l("Choose the day it was first issued.")), _plausible])
    licence_from = RadioField(_l("It was issued in"), validators=[InputRequired(_l("Choose where it was issued."))],
                              choices=[SelectChoice(str(key), said) for key, said in FROM.items()])
    violated = RadioField(_l("A major violation?"), validators=[InputRequired(_l("Choose yes or no."))],
                          choices=[SelectChoice("no", _l("No")), SelectChoice("yes", _l("Yes"))])
    violation_on = DateField(_l("If yes, when was the latest?"), validators=[Optional(), _plausible])

    def validate_held_since(self, field: Any) -> None:
        born = self.born_on.data
        if born and field.data and field.data <= born:
            raise ValidationError(_l("That is before you were born."))
        if born and field.data and field.data < months_later(born, YOUNGEST_DRIVER * 12):
            raise ValidationError(_("You would have been younger than %(age)d then. Compare the day with your licence, and "
                                    "your date of birth above.", age=YOUNGEST_DRIVER))

    def validate_violated(self, field: Any) -> None:
        if field.data == "yes" and not any(self.violation_on.raw_data or ()):
            raise ValidationError(_l("Say below on which day it was."))

    def validate_violation_on(self, field: Any) -> None:
        if self.violated.data == "no":
            raise ValidationError(_l("You chose “No” above. Choose “Yes” there, or leave this day out."))
        if field.data and self.born_on.data and field.data <= self.born_on.data:
            raise ValidationError(_l("That is before you were born."))

    @property
    def answers(self) -> Answers:
        return Answers(self.born_on.data, self.held_since.data, LicenceFrom(self.licence_from.data),
                       self.violation_on.data if self.violated.data == "yes" else None)


def check_form(answers: Answers | None, violation_months: int) -> CheckForm:
    """The form, filled in with what was answered before; a violation counts for so many months."""
    form = CheckForm() if answers is None else CheckForm(data={
        "born_on": answers.born_on, "held_since": answers.held_since, "licence_from": str(answers.licence_from),
        "violated": "yes" if answers.violation_on else "no", "violation_on": answers.violation_on})
    form.violated.label.text = _("A major violation in the last %(months)d months?", months=violation_months)
    return form


class DetailsForm(Form):
    name = name_field(_l("Your name, as on your licence"))
    email = EmailField(_l("E-mail"), validators=[
        DataRequired(_l("Type your e-mail address.")),
        Length(max=254, message=_l("An e-mail address has at most 254 letters.")),
        Email(_l("An e-mail address looks like name@example.com."))], render_kw={"autocomplete": "email"})
    phone = TelField(_l("Mobile number"), validators=[DataRequired(_l("Type your number.")), Length(max=40)],
                     render_kw={"autocomplete": "tel", "inputmode": "tel"})
    password = PasswordField(_l("Choose a password"), validators=[
        DataRequired(_l("Choose a password.")), Length(max=512, message=_l("A password has at most 512 letters."))],
                             render_kw={"autocomplete": "new-password"})
    friend_code = StringField(_l("A friend’s code"), filters=[lambda typed: plain_code(typed or "")], validators=[
        Optional(), Length(max=40, message=_l("That is too long."))],
                              render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})

    def validate_friend_code(self, typed: Any) -> None:
        """Whether somebody who drives with us has it; who that is, is not said."""
        if typed.data and owner_of(typed.data) is None:
            raise ValidationError(_l("We do not know this code. Compare it with what your friend sent, or leave it out."))

    def validate_phone(self, typed: Any) -> None:
        """Leave the number in `e164`."""
        try:
            self.e164 = read_number(typed.data)
        except NoNumber:
            raise ValidationError(_l("Type a mobile number of the United States or Canada, such as (312) 555-0123.")) from None

    def validate_password(self, typed: Any) -> None:
        """Whether nobody would guess it, knowing what stands in the other fields."""
        try:
            check_password(typed.data, email=self.email.data or "", name=self.name.data or "")
        except WeakPassword as weak:
            raise ValidationError(f"{weak.says} {weak.remedy}") from None


class MailCodeForm(Form):
    code = StringField(_l("Code from the mail"), filters=[lambda typed: (typed or "").replace(" ", "")], validators=[
        DataRequired(_l("Type the six digits.")), Regexp(r"[0-9]{6}\Z", message=_l("The code has six digits."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12})


class NameForm(Form):
    name = name_field(_l("Your name, as on your licence"))


class PlanForm(Form):
    plan = RadioField(_l("Your plan"), validators=[InputRequired(_l("Choose a plan."))], choices=[
        SelectChoice(str(Plan.PAY_AS_YOU_GO), _l("Pay-as-you-go")), SelectChoice(str(Plan.REGULAR), _l("Regular"))])


class SubmitForm(Form):
    agreed = BooleanField(_l("I agree to the rules, and everything above is true."), validators=[
        DataRequired(_l("Tick this to send your application."))])


class AppealForm(Form):
    words = TextAreaField(_l("What should we look at again?"), filters=[plain_lines], validators=[
        DataRequired(_l("Say in a sentence or two what we got wrong.")),
        Length(max=MOST_WORDS, message=_l("That is longer than %(max)d letters. Shorten it."))])
