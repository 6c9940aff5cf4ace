"""The form of needs."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, TextAreaField, ValidationError
from wtforms.validators import Length

from experience.asks.forms import plain_lines
from portal.account.needs.kinds import NEEDS, Need
from portal.web.forms import Boxes, Form

MOST_WORDS = 500


class NeedsForm(Form):
    needs = Boxes(_l("I need"), choices=[SelectChoice(str(need), said.name) for need, said in NEEDS.items()])
    words = TextAreaField(_l("In your words"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST_WORDS},
                          validators=[Length(max=MOST_WORDS, message=_l("That is longer than %(max)d letters. Shorten it."))])
    agreed = BooleanField(_l("I agree that Roundtrip keeps this, and uses it as it says here, until I withdraw that."))

    def validate_agreed(self, field: Any) -> None:
        """Nothing about somebody's health is kept without it."""
        if not field.data:
            raise ValidationError(_l("We keep this only if you agree. Tick the box, or leave the page."))

    def validate_needs(self, field: Any) -> None:
        """Nothing chosen and nothing said is nothing to keep."""
        if not field.data and not self.words.data:
            raise ValidationError(_l("Choose what you need, or say it in your words."))

    @property
    def chosen(self) -> frozenset[Need]:
        return frozenset(Need(one) for one in self.needs.data or ())
