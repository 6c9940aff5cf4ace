"""The forms of the CX desk."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from experience.asks.forms import plain_lines
from experience.asks.models import NoteStatus
from experience.desk.words import STATUSES, TAGS
from portal.web.forms import Form


class TakeForm(Form):
    instead_of = IntegerField(validators=[Optional()])


class TagForm(Form):
    tag = SelectField(_l("About"), choices=[
        SelectChoice("", _l("Not tagged")), *(SelectChoice(str(tag), label) for tag, label in TAGS.items())])


class StatusForm(Form):
    status = SelectField(_l("Status"), choices=[
        SelectChoice(str(status), label) for status, label in STATUSES.items() if status is not NoteStatus.NEW])


class ReplyForm(Form):
    words = TextAreaField(_l("Your answer"), filters=[plain_lines], validators=[
        InputRequired(_l("Write what you want to say.")),
        Length(max=4000, message=_l("That is longer than %(max)d letters. Shorten it."))])
