"""What may stand in a person's name: letters of every script and what joins them. A name goes into letters to others, so it
carries no address, no markup and nothing that steers how it is shown."""

import re
import unicodedata
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, ValidationError
from wtforms.validators import DataRequired, Length

MOST_LETTERS, MOST_DIGITS = 120, 2  # a digit as in “2nd”; none dials with two
JOINS = frozenset(" -‐‑.,()/'’‘ʼʻ`´·・\u200c\u200d")
ADDRESS = re.compile(r"//|\bwww\b|[^\W\d_]{2,}\.[^\W\d_]{2,}|\.[^\W\d_]{2,}/", re.IGNORECASE)


def name_field(label: Any, most: int = MOST_LETTERS) -> StringField:
    """A field for the name of a person, of so many letters at most."""
    return StringField(label, filters=[lambda typed: " ".join((typed or "").split())], render_kw={"autocomplete": "name"},
                       validators=[DataRequired(_l("Type your name.")), _is_a_name,
                                   Length(max=most, message=_l("A name has at most %(max)d letters here."))])


def _is_a_name(_form: Any, field: Any) -> None:
    strange = next((sign for sign in field.data if not _may_stand(sign)), None)
    if strange is not None:
        raise ValidationError(
            _("A name has no “%(sign)s” in it. Type it as on your licence.", sign=strange) if strange.isprintable()
            else _("There is a sign in it that cannot be seen. Type the name anew, as on your licence."))
    if not any(unicodedata.category(sign).startswith("L") for sign in field.data):
        raise ValidationError(_("A name has letters. Type it as on your licence."))
    if ADDRESS.search(field.data) or sum(sign.isdigit() for sign in field.data) > MOST_DIGITS:
        raise ValidationError(_("That looks like a web address or a number. Type your name as on your licence, with a space "
                                "after each dot."))


def _may_stand(sign: str) -> bool:
    return sign in JOINS or sign.isdigit() or unicodedata.category(sign)[0] in "LM"
