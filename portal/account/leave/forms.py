"""The form of leaving: one button, and what somebody may say beside it."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import AnyOf, Length, Optional

from experience.asks.answer import MOST_WORDS
from experience.asks.ask_forms import TOO_LONG
from experience.asks.before import HOPE_QUESTION, HOPES, MEANS
from experience.asks.forms import plain_lines
from experience.asks.models import Stage
from portal.account.leave.models import Reason
from portal.web.forms import RELOAD, Form

REASONS: dict[Reason, Any] = {
    Reason.COST: _l("It costs too much"), Reason.TOO_FAR: _l("The cars are too far away"),
    Reason.NEVER_FREE: _l("No car was free when I needed one"), Reason.CARS: _l("The cars were not as they should be"),
    Reason.TROUBLE: _l("Trouble, and how it was dealt with"), Reason.OWN_CAR: _l("I have a car now"),
    Reason.MOVED: _l("I am moving away"), Reason.NO_NEED: _l("I need no car any more"), Reason.OTHER: _l("Something else"),
}


def _radios(label: Any, words: Any) -> RadioField:
    return RadioField(label, validators=[Optional()], choices=[SelectChoice(str(value), said) for value, said in words.items()])


class LeaveForm(Form):
    """Everything that can be said is optional; only the page's own button ends a membership."""

    end = HiddenField(validators=[AnyOf(["now"], message=RELOAD)])
    reason = _radios(_l("Why are you leaving?"), REASONS)
    words = TextAreaField(_l("In your words"), filters=[plain_lines], validators=[
        Optional(), Length(max=MOST_WORDS, message=TOO_LONG)])
    means = _radios("", MEANS)
    hope = _radios(HOPE_QUESTION[Stage.LEAVING], HOPES)

    def ask(self, question: str | None) -> "LeaveForm":
        """With the question what they go to in its words; without one it is not asked."""
        if question is None:
            del self.means, self.hope
        else:
            self.means.label.text = question
        return self
