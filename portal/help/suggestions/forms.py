"""The forms of suggestions."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from experience.asks.forms import plain_lines
from fleet.cars.models import CarClass
from fleet.cars.words import class_name
from portal.web.forms import Form


class SuggestForm(Form):
    """A lot near a place, or a car of a class at a lot."""

    wanted = RadioField(_l("What would help you?"), default="lot", choices=[
        SelectChoice("lot", _l("A lot, where there is none")),
        SelectChoice("car", _l("Another car, at a lot you have"))])
    near = StringField(_l("Near which place?"), render_kw={"maxlength": 200, "autocomplete": "off"},
                       filters=[lambda typed: " ".join((typed or "").split())], validators=[Length(max=200)])
    lot = SelectField(_l("At which lot?"), choices=[], validate_choice=False)
    car_class = SelectField(_l("Which class?"), choices=[], validate_choice=False)
    words = TextAreaField(_l("What for?"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": 1000},
                          validators=[Length(max=1000, message=_l("That is longer than %(max)d letters. Shorten it."))])

    def __init__(self, lots: dict[int, str], **given: object) -> None:
        super().__init__(**given)
        self.lot.choices = [SelectChoice("", str(_l("Choose a lot"))), *(
            SelectChoice(str(lot_id), name) for lot_id, name in lots.items())]
        self.car_class.choices = [
            SelectChoice("", str(_l("Choose a class"))), *(SelectChoice(str(one), class_name(one)) for one in CarClass)]

    def validate_near(self, field: StringField) -> None:
        if self.wanted.data == "lot" and not field.data:
            raise ValidationError(str(_l("Type a street, a crossing or a station.")))

    def validate_lot(self, field: SelectField) -> None:
        if self.wanted.data == "car" and field.data not in {choice.value for choice in field.choices if choice.value}:
            raise ValidationError(str(_l("Choose the lot.")))

    def validate_car_class(self, field: SelectField) -> None:
        if self.wanted.data == "car" and field.data not in set(CarClass):
            raise ValidationError(str(_l("Choose the class.")))


class VoteForm(Form):
    wants = HiddenField()
