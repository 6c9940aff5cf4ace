"""The forms of a member's own details."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Regexp

from portal.account.names import name_field
from portal.web.forms import Form


class DetailsForm(Form):
    name = name_field(_l("Your name, as on your licence"))
    hours = RadioField(_l("Times"), validators=[InputRequired(_l("Choose one of the two."))],
                       choices=[SelectChoice("12", _l("2:15 PM")), SelectChoice("24", _l("14:15"))])


class EmailForm(Form):
    email = EmailField(_l("New e-mail address"), filters=[lambda typed: (typed or "").strip()], validators=[
        DataRequired(_l("Type your new e-mail address.")),
        Length(max=254, message=_l("An e-mail address has at most 254 letters.")),
        Email(_l("An e-mail address looks like name@example.com."))], render_kw={"autocomplete": "email"})


class EmailCodeForm(Form):
    code = StringField(_l("Code from the mail"), filters=[lambda typed: (typed or "").replace(" ", "")], validators=[
        DataRequired(_l("Type the six digits.")), Regexp(r"[0-9]{6}\Z", message=_l("The code has six digits."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12})
