"""The sign-in form."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField
from wtforms.validators import DataRequired, Email, Length

from portal.web.forms import Form


class SignInForm(Form):
    email = EmailField(_l("E-mail"), validators=[
        DataRequired(_l("Type your e-mail address.")),
        Length(max=254, message=_l("An e-mail address has at most 254 letters.")),
        Email(_l("An e-mail address looks like name@example.com."))], render_kw={"autocomplete": "username webauthn"})
    password = PasswordField(_l("Password"), validators=[
        DataRequired(_l("Type your password.")),
        Length(max=512, message=_l("A password has at most 512 letters."))], render_kw={"autocomplete": "current-password"})
    remember = BooleanField(_l("Keep me signed in for 30 days on this device"))
