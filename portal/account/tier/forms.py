"""The form in which a member asks for the reduced tier, and the one that takes a request back."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectChoice, SelectField
from wtforms.validators import DataRequired

from portal.account.tier.words import BENEFITS
from portal.web.forms import Form

PHOTOS = "image/jpeg,image/png,image/webp"


class TierForm(Form):
    """Which benefit, and one picture that shows it."""

    benefit = SelectField(_l("What you have"), choices=[SelectChoice("", _l("Choose one")), *(
        SelectChoice(str(benefit), name) for benefit, name in BENEFITS.items())], validators=[
            DataRequired(_l("Choose one of the list."))])
    picture = FileField(_l("A picture of the card or letter"), render_kw={"accept": PHOTOS, "capture": "environment"},
                        validators=[FileRequired(_l("Choose a picture that shows it."))])

    @property
    def stream(self) -> Any:
        """What was chosen, to be read."""
        return self.picture.data.stream
