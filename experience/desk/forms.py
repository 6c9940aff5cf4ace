"""The forms of the CX desk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from experience.asks.forms import plain_lines
from experience.asks.models import NoteStatus
from experience.desk.words import LOOKUP_REASONS, STATUSES, TAGS
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
    """An answer; `instead_of` is the colleague from whom the note is taken over with the same press."""

    instead_of = IntegerField(validators=[Optional()])
    words = TextAreaField(_l("Your answer"), filters=[plain_lines], validators=[
        InputRequired(_l("Write what you want to say.")),
        Length(max=4000, message=_l("That is longer than %(max)d letters. Shorten it."))])


class OwnerForm(Form):
    """Who looks after a step."""

    owner = SelectField(_l("Looked after by"), coerce=int)

    def __init__(self, team: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(**more)
        self.owner.choices = [SelectChoice(0, _l("Nobody yet")), *(SelectChoice(user_id, name) for user_id, name in team)]


class ViewForm(Form):
    """A page of the desk under a name."""

    name = StringField(_l("Name"), filters=[lambda typed: " ".join((typed or "").split())], validators=[
        InputRequired(_l("Give it a name.")), Length(max=80, message=_l("That is longer than %(max)d letters. Shorten it."))])
    address = HiddenField(validators=[InputRequired(_l("Open the page you want to save, and save it there."))])


class LookupForm(Form):
    """Why somebody must know who is behind a random id."""

    reason = SelectField(_l("Why"), choices=[SelectChoice("", _l("Choose why")), *(
        SelectChoice(str(reason), label) for reason, label in LOOKUP_REASONS.items())],
        validators=[InputRequired(_l("Choose why."))])
    words = TextAreaField(_l("What for"), filters=[plain_lines], validators=[
        InputRequired(_l("Say what you need to know it for.")),
        Length(min=10, max=500, message=_l("Say it in 10 to 500 characters."))])
