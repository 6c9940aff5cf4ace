"""A form for the style guide: one field of each kind, some with something to say."""

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from portal.web.forms import Form


class SampleForm(Form):
    station = StringField(_l("Station"), description=_l("The name on the sign, like Shell, Ashland Ave."),
                          validators=[InputRequired(_l("Type the name on the sign, like Shell, Ashland Ave."))])
    until = DateTimeLocalField(_l("Until"))
    about = SelectField(_l("About"), choices=[SelectChoice("car", _l("Car")), SelectChoice("lot", _l("Lot"))])
    words = TextAreaField(_l("Your answer"), validators=[Length(10, 500, _l("Write 10 to 500 characters."))])
    again = BooleanField(_l("Remember me on this device"))
    cover = RadioField(_l("If the car is damaged, the most you pay is"), default="plus",
                       choices=[SelectChoice("included", "$1,000"), SelectChoice("plus", "$375"),
                                SelectChoice("premium", "$0")])


def sample_form() -> SampleForm:
    """The form as it comes back when two of its fields do not hold."""
    form = SampleForm(MultiDict({"words": "Too short", "about": "lot", "cover": "plus"}), meta={"csrf": False})
    form.validate()
    return form
