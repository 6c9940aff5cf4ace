"""The forms of signing in and of the security page."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length

from portal.web.forms import RELOAD, Form

CODE = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
ANY_LENGTH = Length(max=512, message=_l("A password has at most 512 letters."))


class CodeForm(Form):
    code = StringField(_l("Code from your app, or a recovery code"), validators=[
        InputRequired(_l("Type the code.")), Length(max=40, message=_l("A code has at most 11 letters."))], render_kw=CODE)


class PasswordAgainForm(Form):
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Type your password.")), ANY_LENGTH],
                             render_kw={"autocomplete": "current-password"})
    held = HiddenField(validators=[Length(max=400_000, message=RELOAD)])


class BothAgainForm(PasswordAgainForm):
    """For whoever has a second factor."""

    code = CodeForm.code


class SetUpForm(Form):
    sealed = HiddenField(validators=[InputRequired(RELOAD), Length(max=1000, message=RELOAD)])
    code = StringField(_l("The six digits that the app shows now"), validators=[
        InputRequired(_l("Type the six digits.")), Length(max=20, message=_l("A code has six digits."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"})


class NewPasswordForm(Form):
    password = PasswordField(_l("New password"), validators=[InputRequired(_l("Type a new password.")), ANY_LENGTH],
                             render_kw={"autocomplete": "new-password"})


class ForgotForm(Form):
    email = EmailField(_l("E-mail"), validators=[
        DataRequired(_l("Type your e-mail address.")),
        Length(max=254, message=_l("An e-mail address has at most 254 letters.")),
        Email(_l("An e-mail address looks like name@example.com."))], render_kw={"autocomplete": "username"})


class PasskeyForm(Form):
    """What the browser said of a passkey, as JSON."""

    answer = HiddenField(validators=[InputRequired(RELOAD), Length(max=20_000, message=RELOAD)])
    held = HiddenField(validators=[Length(max=400_000, message=RELOAD)])


class AddPasskeyForm(PasskeyForm):
    name = StringField(_l("Name it, for example by the device"), validators=[
        Length(max=60, message=_l("A name has at most 60 letters."))], render_kw={"autocomplete": "off"})
