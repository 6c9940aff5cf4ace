"""The form in which a licence is shown: what is printed on it, and three pictures. Joining uses it too."""

import re
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import Length, Optional

from portal.licence.models import Side
from portal.licence.numbers import plain_number
from portal.licence.places import PLACES
from portal.licence.submit import Details
from portal.web.forms import Form

PHOTOS = "image/jpeg,image/png,image/webp"
SEND = "send"
EARLIEST = date(1920, 1, 1)
LATEST = date(2100, 1, 1)


class Later(Optional):
    """What may be empty while it is only kept; it is no choice, so no label calls it optional."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags: dict[str, Any] = {}  # the library's own sets it for each


class LicenceForm(Form):
    """`do`, the pressed button, is `send` when all of it is to be sent; else what is there is kept, the rest may come later."""

    place = SelectField(_l("Issued in"), choices=[SelectChoice(value, label) for value, label in PLACES.items()])
    number = StringField(_l("Number"), validators=[Length(max=40)],
                         render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
    name = StringField(_l("Name, as it is printed"), validators=[Length(max=120)], render_kw={"autocomplete": "name"})
    held_since = DateField(_l("Held since"), validators=[Later()],
                           description=_l("The day of your first full licence. The back of many has it."))
    expires_on = DateField(_l("Expires on"), validators=[Later()])
    front = FileField(_l("Front"), render_kw={"accept": PHOTOS, "capture": "environment"})
    back = FileField(_l("Back"), render_kw={"accept": PHOTOS, "capture": "environment"})
    selfie = FileField(_l("You"), render_kw={"accept": PHOTOS, "capture": "user"})
    do = StringField()

    def __init__(self, details: Details, **given: Any) -> None:
        super().__init__(data={"place": details.place if details.place in PLACES else "US-IL", "number": details.number,
                               "name": details.name, "held_since": details.held_since, "expires_on": details.expires_on},
                         **given)

    @property
    def sends(self) -> bool:
        """Whether the button was the one that sends it."""
        return bool(self.do.data == SEND)

    @property
    def details(self) -> Details:
        """What was typed."""
        return Details(self.place.data, self.number.data or "", self.name.data or "", self.held_since.data,
                       self.expires_on.data)

    def file(self, side: Side) -> Any:
        """What was chosen for this side, or None."""
        return self[side].data

    def validate_number(self, typed: Any) -> None:
        number = plain_number(typed.data or "")
        if number and not re.fullmatch(r"[A-Z0-9]{3,25}", number):
            raise ValidationError(_("Type letters and digits, as they are printed: 3 to 25 of them."))
        self._demand(bool(number), _("Type the number that is printed on it."))

    def validate_name(self, typed: Any) -> None:
        self._demand(bool((typed.data or "").strip()), _("Type the name that is printed on it."))

    def validate_held_since(self, typed: Any) -> None:
        if typed.data and typed.data < EARLIEST:
            raise ValidationError(_("That is too long ago. Type the year with four digits."))
        if typed.data and self.expires_on.data and typed.data >= self.expires_on.data:
            raise ValidationError(_("A licence expires after it was first held. Compare the two dates with the card."))

    def validate_expires_on(self, typed: Any) -> None:
        if typed.data and not EARLIEST <= typed.data < LATEST:
            raise ValidationError(_("Type the year with four digits, as it is printed."))

    def missing(self) -> dict[str, str]:
        """What still has to be there before it can be sent, by field."""
        return {name: words for name, words in (
            ("held_since", _("Type since when you have a licence.")),
            ("expires_on", _("Type the day on which it expires.")),
        ) if self[name].data is None and not self[name].errors}

    def _demand(self, is_there: bool, words: str) -> None:
        if self.sends and not is_there:
            raise ValidationError(words)
