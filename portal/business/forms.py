"""The forms of accounts on which others drive."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Email, Length
from wtforms.widgets import CheckboxInput, ListWidget

from core.money import Money
from fleet.cars.words import CLASSES
from portal.account.names import name_field
from portal.billing.payers.models import CostCentre
from portal.billing.payers.terms import Terms
from portal.web import say
from portal.web.forms import Form
from portal.web.money_field import MOST, DollarsField
from reservations.booking.models import Waiver

COVERS = {Waiver.INCLUDED: _l("The included cover"), Waiver.PLUS: _l("Plus"), Waiver.PREMIUM: _l("Premium")}
NAME_MOST, CODE_MOST = 80, 20


class InviteForm(Form):
    email = EmailField(_l("Their e-mail address"), validators=[
        DataRequired(_l("Type the address of whoever you invite.")),
        Length(max=254, message=_l("An e-mail address has at most 254 letters.")),
        Email(_l("An e-mail address looks like name@example.com."))], render_kw={"autocomplete": "off"})


class TermsForm(Form):
    """The cover and the limits of one driver. What is left empty is not limited."""

    cover = RadioField(_l("Damage cover"), default="", choices=[
        SelectChoice("", _l("As they choose")), *(SelectChoice(str(cover), said) for cover, said in COVERS.items())])
    monthly = DollarsField(_l("Dollars a month"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    classes = SelectMultipleField(_l("Only these classes"), widget=ListWidget(prefix_label=False),
                                  option_widget=CheckboxInput(),
                                  choices=[SelectChoice(key, said) for key, said in CLASSES.items()])
    from_hour = SelectField(_l("From"))
    until_hour = SelectField(_l("Until"))
    cost_centre = SelectField(_l("Usual cost centre"), default="")

    def __init__(self, terms: Terms, centres: Sequence[CostCentre] = (), **given: Any) -> None:
        first, last = terms.hours or ("", "")
        super().__init__(data={
            "cover": terms.cover or "", "monthly": terms.monthly, "classes": list(terms.classes or ()), "from_hour": str(first),
            "until_hour": str(last), "cost_centre": str(terms.cost_centre_id or "")}, **given)
        any_hour, hour = SelectChoice("", _l("Any hour")), say.hour
        self.from_hour.choices = [any_hour, *(SelectChoice(str(each), hour(each)) for each in range(24))]
        self.until_hour.choices = [any_hour, *(SelectChoice(str(each), hour(each)) for each in range(1, 25))]
        self.cost_centre.choices = [SelectChoice("", _l("None")),
                                    *(SelectChoice(str(one.id), f"{one.code} {one.name}") for one in centres)]

    def validate_monthly(self, field: Any) -> None:
        if field.data is not None and field.data.cents > MOST.cents:
            raise ValidationError(_l("That is more than anybody drives in a month."))

    def validate_until_hour(self, field: Any) -> None:
        if bool(self.from_hour.data) != bool(field.data):
            raise ValidationError(_l("Choose both hours, or neither."))
        if field.data and int(field.data) <= int(self.from_hour.data):
            raise ValidationError(_l("Choose an hour after the first. A night counts as two days."))

    @property
    def terms(self) -> Terms:
        """What was chosen."""
        hours = (int(self.from_hour.data), int(self.until_hour.data)) if self.from_hour.data else None
        monthly: Money | None = self.monthly.data
        return Terms(self.cover.data or None, monthly, tuple(self.classes.data) or None, hours,
                     int(self.cost_centre.data) if self.cost_centre.data else None)


class NewAdminForm(Form):
    """An account for somebody who runs a business's and need not drive."""

    name = name_field(_l("Your name"), NAME_MOST)
    password = PasswordField(_l("A password"), validators=[
        DataRequired(_l("Choose a password.")), Length(max=512, message=_l("A password has at most 512 letters."))],
                             render_kw={"autocomplete": "new-password"})


class CostCentreForm(Form):
    name = StringField(_l("Name"), validators=[
        DataRequired(_l("Type what it is called.")), Length(max=NAME_MOST, message=_l("A name has at most 80 letters here."))])
    code = StringField(_l("Code"), validators=[
        DataRequired(_l("Type its code in your books.")), Length(max=CODE_MOST, message=_l("A code has at most 20 letters."))],
                       render_kw={"autocomplete": "off", "spellcheck": "false"})
    active = BooleanField(_l("Trips can be booked on it"), default=True)


class DemandForm(Form):
    demand = BooleanField(_l("Each booking has to name a cost centre"))
