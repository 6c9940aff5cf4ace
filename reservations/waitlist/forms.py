"""The forms of the waitlist: joining once, and answering an offer."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from portal.web.forms import Form, OnceForm
from reservations.booking.forms import CostCentreChoice
from reservations.booking.models import Waiver


class JoinForm(OnceForm):
    """What is wished for stands in the address."""


class AnswerForm(Form):
    """Nothing but the button: declining, or leaving."""


class AcceptForm(CostCentreChoice):
    waiver = RadioField(_l("If the car is damaged, the most you pay is"), default=Waiver.INCLUDED.value,
                        choices=[SelectChoice(waiver.value, waiver.value) for waiver in Waiver],
                        validators=[DataRequired(_l("Choose a cover."))])
