"""The forms of news: an audience, first to be counted, then to be written to."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice, SelectField
from wtforms.validators import NumberRange, Optional

from experience.desk.ask_audience import Audience
from portal.account.models import Plan
from portal.web.forms import OnceForm


def _whole(label: Any, least: int, most: int) -> IntegerField:
    between = _l("Between %(least)d and %(most)d.", least=least, most=most)
    return IntegerField(label, validators=[Optional(), NumberRange(least, most, between)], render_kw={"inputmode": "numeric"})


class NewsForm(OnceForm):
    """Whom they are for, and in which version of their words."""

    version = IntegerField(_l("Words"), validators=[NumberRange(1, None, _l("Choose a version of the words."))])
    plan = SelectField(_l("Plan"), choices=[
        SelectChoice("", _l("Every plan")), SelectChoice(str(Plan.PAY_AS_YOU_GO), _l("Pay-as-you-go")),
        SelectChoice(str(Plan.REGULAR), _l("Regular"))],
        validators=[Optional()])
    months_from = _whole(_l("Months since joining, at least"), 0, 600)
    months_to = _whole(_l("Months since joining, less than"), 1, 600)
    idle_days = _whole(_l("Days without a trip, at least"), 1, 3650)

    @property
    def audience(self) -> Audience:
        return Audience.of({"plan": self.plan.data, "months_from": self.months_from.data, "months_to": self.months_to.data,
                            "idle_days": self.idle_days.data})
