"""The forms of a membership."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField
from wtforms.validators import AnyOf, InputRequired
from wtforms.widgets import HiddenInput

from portal.account.models import Plan
from portal.web.forms import RELOAD, Form


class ChangeForm(Form):
    """The plan that is wanted, and the fee that the page showed of it, in cents."""

    plan = HiddenField(validators=[AnyOf([str(plan) for plan in Plan], message=RELOAD)])
    fee = IntegerField(widget=HiddenInput(), validators=[InputRequired(message=RELOAD)])


class PauseForm(Form):
    """Until which day."""

    until = DateField(_l("Until which day?"), validators=[InputRequired(_l("Choose the day on which you drive again."))])
