"""The forms of the help desk."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from experience.asks.forms import plain_lines
from portal.help.entries import MOST_WORDS
from portal.help.template import MOST_WORDS as MOST_TEMPLATE
from portal.help.template import open_holes, unknown_holes
from portal.help.words import REMOVED
from portal.web.forms import RELOAD, Form, OnceForm

TOO_LONG = _l("That is longer than %(max)d letters. Shorten it.")


class AnswerForm(OnceForm):
    """An answer; `seen` is the newest entry that stood on the page, `template` is put in when `insert` is pressed.

    `instead_of` is the colleague from whom the conversation is taken over with the same press.
    """

    words = TextAreaField(_l("Your answer"), filters=[plain_lines], render_kw={"rows": 8, "maxlength": MOST_WORDS})
    seen = IntegerField(validators=[InputRequired(RELOAD), NumberRange(0, 2**62)])
    template = SelectField(_l("Template"), choices=[], validate_choice=False)
    instead_of = IntegerField(validators=[MayBeEmpty()])
    insert = SubmitField()
    solve = SubmitField()

    def validate_words(self, field: TextAreaField) -> None:
        if self.insert.data:
            return
        DataRequired(_l("Write what you want to say."))(self, field)
        Length(max=MOST_WORDS, message=TOO_LONG)(self, field)
        if left := open_holes(field.data):
            raise ValidationError(str(_l("Put something in place of %(holes)s first.",
                                         holes=", ".join(f"{{{each}}}" for each in left))))


class NoteForm(Form):
    inside = TextAreaField(_l("Only for us"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST_WORDS},
                           validators=[DataRequired(_l("Write the note.")), Length(max=MOST_WORDS, message=TOO_LONG)])


class TakeForm(Form):
    instead_of = IntegerField(validators=[MayBeEmpty()])


class HandOverForm(Form):
    to = SelectField(_l("To"), coerce=int, choices=[])
    word = TextAreaField(_l("A word for them, only for us"), filters=[plain_lines], render_kw={"rows": 2, "maxlength": 1000},
                         validators=[Length(max=1000, message=TOO_LONG)])


class MergeForm(Form):
    into = SelectField(_l("Into"), choices=[])


class SeenForm(Form):
    """A deed that is done only if nobody wrote since the page was opened."""

    seen = IntegerField(validators=[InputRequired(RELOAD)])


class CallForm(Form):
    reached = HiddenField()


class TemplateForm(Form):
    """An answer to keep."""

    name = StringField(_l("Name"), filters=[lambda typed: " ".join((typed or "").split())], render_kw={"maxlength": 80},
                       validators=[DataRequired(_l("Give it a name.")), Length(3, 80, _l("A name has 3 to 80 letters."))])
    words = TextAreaField(_l("Words"), filters=[plain_lines], render_kw={"rows": 8, "maxlength": MOST_TEMPLATE}, validators=[
        DataRequired(_l("Write the answer.")), Length(max=MOST_TEMPLATE, message=TOO_LONG)])

    def validate_words(self, field: TextAreaField) -> None:
        if unknown := unknown_holes(field.data or ""):
            raise ValidationError(str(_l("Nothing fills %(holes)s. Use one of those below.",
                                         holes=", ".join(f"{{{each}}}" for each in unknown))))


class LetInForm(Form):
    reference = StringField(_l("Number of the conversation"), filters=[lambda typed: (typed or "").strip()], validators=[
        DataRequired(_l("Type the number of the conversation it belongs to.")), Length(max=20)],
        render_kw={"autocomplete": "off", "spellcheck": "false"})


class SuggestionForm(Form):
    """The operator's word on a suggestion; everybody reads it."""

    state = SelectField(_l("What we do"), choices=[
        SelectChoice("planned", _l("Planned")), SelectChoice("done", _l("Done")), SelectChoice("not_now", _l("Not now"))])
    answer = TextAreaField(_l("Why"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": 500}, validators=[
        DataRequired(_l("Say why, in a sentence. Everybody reads it.")), Length(10, 500, _l("Say it in 10 to 500 letters."))])


class RemarkForm(Form):
    """What becomes of a remark, and our reply beside it."""

    why = SelectField(_l("Why it is not shown"), choices=[
        SelectChoice("", _l("Choose why")), *(SelectChoice(str(key), label) for key, label in REMOVED.items())])
    reply = TextAreaField(_l("Our reply"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": 500},
                          validators=[Length(max=500, message=TOO_LONG)])
    deed = HiddenField()

    def validate_why(self, field: Any) -> None:
        if self.deed.data == "hide" and not field.data:
            raise ValidationError(str(_l("Choose why: the member reads it.")))
