"""The forms of the reduced tier's desk."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice
from wtforms.validators import DataRequired

from portal.account.tier.words import REASONS
from portal.desk.reviewing import words_field
from portal.web.forms import Form


class GrantForm(Form):
    words = words_field(_l("A sentence to them"))


class RefuseForm(Form):
    """Why not: what the member reads, word by word."""

    reason = RadioField(_l("Why"), choices=[SelectChoice(code, each.says) for code, each in REASONS.items()],
                        validators=[DataRequired(_l("Choose one of the list."))])
    words = words_field(_l("A sentence to them"), DataRequired(_l("Say it in a sentence: they read it as you write it.")))
