"""The forms of the reduced tier's desk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import DataRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from experience.asks.forms import plain_lines
from portal.account.tier.words import REASONS
from portal.web.forms import Form

MOST_WORDS = 1000


class TakeForm(Form):
    """`instead_of` is the colleague who had it when the page was opened."""

    instead_of = IntegerField(validators=[MayBeEmpty()])


def _words(*needed: Any) -> TextAreaField:
    return TextAreaField(_l("A sentence to them"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST_WORDS},
                         validators=[*needed, Length(max=MOST_WORDS, message=_l(
                             "That is longer than %(max)d letters. Shorten it."))])


class GrantForm(Form):
    words = _words()


class RefuseForm(Form):
    """Why not: what the member reads, word by word."""

    reason = RadioField(_l("Why"), choices=[SelectChoice(code, each.says) for code, each in REASONS.items()],
                        validators=[DataRequired(_l("Choose one of the list."))])
    words = _words(DataRequired(_l("Say it in a sentence: they read it as you write it.")))
