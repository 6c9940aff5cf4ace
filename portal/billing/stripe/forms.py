"""The forms of the demo city's card page."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.validators import DataRequired, Optional, Regexp

from portal.web.forms import Form


class CardChoiceForm(Form):
    token = RadioField(_l("Test card"), validators=[DataRequired(_l("Choose a card."))])


class BankForm(Form):
    """The bank's question whether it is really you."""

    answer = HiddenField(validators=[Optional(), Regexp("yes|no")])
