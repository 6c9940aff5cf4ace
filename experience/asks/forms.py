"""The form of the quiet note."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import AnyOf, Length

from experience.asks.models import Mood
from experience.asks.say import MOST_WORDS
from experience.journey import Step
from portal.web.forms import Form

MOODS = {Mood.GOOD: _l("Good"), Mood.SO_SO: _l("So-so"), Mood.BAD: _l("Bad")}


def plain_lines(typed: Any) -> Any:
    """A browser counts a line's end as one letter and sends two."""
    return typed.replace("\r\n", "\n").strip() if isinstance(typed, str) else typed


class NoteForm(Form):
    """How a step is going. What is hidden is checked like everything else: the page may have been tampered with."""

    step = HiddenField(validators=[AnyOf(
        [str(step) for step in Step],
        message=_l("We could not tell which page this is about. Go back to it, reload it and tap again."))])
    trip = HiddenField(validators=[Length(max=40)])
    page = HiddenField(validators=[Length(max=2000)])
    mood = RadioField(_l("How is it going?"), validate_choice=False, validators=[
        AnyOf([str(mood) for mood in Mood], message=_l("Choose good, so-so or bad."))], choices=[
        SelectChoice(str(mood), label) for mood, label in MOODS.items()])
    words = TextAreaField(_l("In your words"), filters=[plain_lines], validators=[Length(
        max=MOST_WORDS, message=_l("That is longer than %(max)d letters. Shorten it, or write to us by mail."))])
