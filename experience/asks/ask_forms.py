"""The forms of a question: one tap with a reason if one likes, and what somebody used and hoped for before us."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import Length, Optional, Regexp

from experience.asks.answer import MOST_WORDS
from experience.asks.before import HEARD, HOPES, MEANS
from experience.asks.forms import plain_lines
from portal.web.forms import Form

LATER, WHY = "later", "why"
TOO_LONG = _l("That is longer than %(max)d letters. Shorten it.")


class AnswerForm(Form):
    """A value of the scale, or "not now", or why the answer that stands was given."""

    answer = StringField(_l("Your answer"), validators=[
        Regexp(rf"^({LATER}|{WHY}|\d{{1,2}})$", message=_l("Choose one of the answers."))])
    words = TextAreaField(_l("Why?"), filters=[plain_lines], validators=[
        Optional(), Length(max=MOST_WORDS, message=TOO_LONG)])
    page = HiddenField(validators=[Length(max=2000)])

    @property
    def later(self) -> bool:
        return bool(self.answer.data == LATER)

    @property
    def says_why(self) -> bool:
        return bool(self.answer.data == WHY)


def _radios(label: Any, words: Any) -> RadioField:
    return RadioField(label, validators=[Optional()], choices=[SelectChoice(str(value), said) for value, said in words.items()])


class BeforeForm(Form):
    """Everything in it is optional; sending it empty is "not now"."""

    means = _radios("", MEANS)
    hope = _radios("", HOPES)
    heard = _radios(_l("Where did you hear of us?"), HEARD)
    words = TextAreaField(_l("In your words"), filters=[plain_lines], validators=[
        Optional(), Length(max=MOST_WORDS, message=TOO_LONG)])
    page = HiddenField(validators=[Length(max=2000)])
    answer = HiddenField(validators=[Length(max=10)])

    @property
    def later(self) -> bool:
        return bool(self.answer.data == LATER)
