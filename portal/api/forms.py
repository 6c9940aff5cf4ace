"""The form of a member's own token."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from portal.api.models import Scope
from portal.web.forms import Boxes, Form

SCOPES: dict[Scope, tuple[Any, Any]] = {
    Scope.READ: (_l("See my trips and bills"), _l("What you booked and drove, your statement, who you are.")),
    Scope.BOOK: (_l("Book, change and cancel"), _l("In your name and at your cost.")),
    Scope.DRIVE: (_l("Open and lock the car"), _l("Of your own trip, while it is on.")),
}
DAYS = (30, 90, 180, 365)


class TokenForm(Form):
    name = StringField(_l("What it is for"), filters=[lambda typed: (typed or "").strip()], validators=[
        DataRequired(_l("Name the program or the device.")), Length(max=80, message=_l("A name has at most 80 letters."))],
        render_kw={"autocomplete": "off"})
    scopes = Boxes(_l("It may"), choices=[SelectChoice(str(scope), words[0]) for scope, words in SCOPES.items()])
    days = SelectField(_l("It ends after"), coerce=int)

    def validate_scopes(self, field: Any) -> None:
        """One at least. As a validator of the field it would have browsers ask for every box."""
        if not field.data:
            raise ValidationError(_l("Choose what it may do."))

    def within(self, most_days: int) -> "TokenForm":
        """With the ends that the rules allow."""
        offered = [days for days in DAYS if days <= most_days] or [most_days]
        self.days.choices = [SelectChoice(days, _("%(days)d days", days=days)) for days in offered]
        return self

    @property
    def chosen(self) -> frozenset[Scope]:
        return frozenset(Scope(one) for one in self.scopes.data or ())
