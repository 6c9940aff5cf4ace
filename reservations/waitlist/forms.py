"""The form of the waitlist: taking what is offered."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from reservations.booking.forms import CostCentreChoice
from reservations.booking.models import Waiver


class AcceptForm(CostCentreChoice):
    waiver = RadioField(_l("If the car is damaged, the most you pay is"), default=Waiver.INCLUDED.value,
                        choices=[SelectChoice(waiver.value, waiver.value) for waiver in Waiver],
                        validators=[DataRequired(_l("Choose a cover."))])
