"""The forms of cases and fixes."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from core.money import Money
from core.time import from_local
from experience.asks.forms import plain_lines
from experience.cases.models import End, FixState, Severity
from experience.cases.words import CAUSES, FIX_STATES, MEASURES, OF_PROMISES, OF_SUMS, OUTCOMES, SEVERITIES, WHYS
from experience.insight.measures import MEASURES as DECLARED
from experience.journey import STEPS, Step
from portal.web.forms import RELOAD, Form, OnceForm
from portal.web.money_field import Between, DollarsField
from portal.web.say import CITY_ZONE

MOST = 4000
TOO_LONG = _l("That is longer than %(max)d letters. Shorten it.")


def _on_one_line(typed: Any) -> Any:
    return " ".join(typed.split()) if isinstance(typed, str) else typed


def _choices(words: dict[Any, Any], first: Any = "") -> list[SelectChoice]:
    return [*([SelectChoice("", first)] if first else []), *(SelectChoice(str(key), said) for key, said in words.items())]


def _steps() -> list[SelectChoice]:
    return _choices({step: declared.label for step, declared in STEPS.items()}, _l("Choose the step"))


def _words(label: Any, missing: Any, **given: Any) -> TextAreaField:
    return TextAreaField(label, filters=[plain_lines], render_kw={"maxlength": MOST, **given},
                         validators=[DataRequired(missing), Length(max=MOST, message=TOO_LONG)])


class TakeForm(Form):
    """Look after it; `instead_of` is the owner that was seen."""

    instead_of = IntegerField(validators=[Optional()])


class HandOverForm(Form):
    to_user = SelectField(_l("Hand it to"), coerce=int, validators=[InputRequired(_l("Choose a colleague."))])


class SeenForm(OnceForm):
    """Acts on a case or a fix as it was seen."""

    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired(RELOAD)])


class NoteForm(OnceForm):
    words = _words(_l("Note for the team"), _l("Write what your colleagues should know."), rows=3)


class ReplyForm(SeenForm):
    seen_entry = IntegerField(widget=HiddenInput(), validators=[Optional()])
    words = _words(_l("Your answer"), _l("Write what you want to say."), rows=7)
    waits = BooleanField(_l("The next word is theirs"), default=True)


class RemedyForm(SeenForm):
    """Credit, or money back from a line of the member's bills; `lines` are those with what is left of each.

    What is more than one gives alone (`credit_alone`, `refund_alone`) is asked about once more: `sure` says for which sum.
    """

    line = SelectField(_l("What"), coerce=int, default=0)
    amount = DollarsField(_l("How much"), validators=[Between()], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    why = SelectField(_l("Why"), choices=_choices(WHYS, _l("Choose why")), validators=[InputRequired(_l("Choose why."))])
    sure = StringField(widget=HiddenInput())

    def __init__(self, lines: list[tuple[int, str, Money]], *, credit_alone: Money, refund_alone: Money, **given: Any) -> None:
        super().__init__(**given)
        self.alone = refund_alone if self.line.data else credit_alone
        self.asks = False
        self.line.choices = [(0, _("Credit for later trips")), *((line_id, said) for line_id, said, _left in lines)]
        self.most = next((left for line_id, _said, left in lines if line_id == self.line.data), None)

    def validate(self, extra_validators: Any = None) -> bool:
        """A large sum is given with the second press: the first one comes back with what it would do."""
        right = bool(super().validate(extra_validators))
        large = right and self.amount.data.cents > self.alone.cents
        sum_of = f"{self.line.data}:{self.amount.data.cents}" if large else ""
        self.asks = large and self.sure.data != sum_of
        self.sure.data, self.sure.raw_data = sum_of, None
        return right and not self.asks

    @property
    def why_words(self) -> Any:
        """The reason in words; ask only after validation."""
        return WHYS[self.why.data]


class PromiseForm(SeenForm):
    words = _words(_l("What you promise"), _l("Say what the member can count on."), rows=3)
    due = DateTimeLocalField(_l("Until"), validators=[InputRequired(_l("Pick the day and the time by which it is done."))])

    def validate_due(self, field: DateTimeLocalField) -> None:
        if field.data is None:
            raise ValidationError(_("We cannot read that. Pick a day and a time."))
        try:
            from_local(field.data, CITY_ZONE)
        except ValueError as never:
            raise ValidationError(_("The clocks go forward over that time: pick another one.")) from never

    @property
    def due_at(self) -> datetime:
        """The moment by the city's clock; ask only after validation."""
        return from_local(self.due.data, CITY_ZONE)


class CloseForm(SeenForm):
    seen_entry = IntegerField(widget=HiddenInput(), validators=[Optional()])
    outcome = SelectField(_l("Outcome"), choices=_choices(OUTCOMES, _l("Choose how it ended")),
                          validators=[InputRequired(_l("Choose how it ended. The member reads it."))])
    cause = SelectField(_l("Where it went wrong"), choices=_choices(CAUSES, _l("Choose one")),
                        validators=[InputRequired(_l("Choose where it went wrong."))])
    words = _words(_l("Last words to the member"), _l("Say what came of it, in a sentence or two."), rows=4)
    open_ones: ClassVar[tuple[UUID, ...]] = ()

    @classmethod
    def over(cls, promises: list[tuple[UUID, str]], sums: list[tuple[UUID, str]]) -> "type[CloseForm]":
        """The form with a question for each promise and each sum that is open: what becomes of it."""
        asked = {f"end_{one.hex}": SelectField(said, choices=_choices(OF_PROMISES if promised else OF_SUMS, _l("Choose one")),
                                               validators=[InputRequired(_l("Say what becomes of it."))])
                 for promised, ones in ((True, promises), (False, sums)) for one, said in ones}
        return type("ClosingForm", (cls,), {**asked, "open_ones": tuple(one for one, _said in (*promises, *sums))})

    @property
    def end_fields(self) -> list[Any]:
        """The questions about what is open."""
        return [self[f"end_{one.hex}"] for one in self.open_ones]

    @property
    def ends(self) -> dict[UUID, End]:
        """What was said of each; ask only after validation."""
        return {one: End(self[f"end_{one.hex}"].data) for one in self.open_ones}


class SettleForm(Form):
    """What became of a promise that one of us made."""

    which = SelectField(_l("Which promise"))
    kept = RadioField(_l("Was it done?"), choices=[
        SelectChoice("yes", _l("Done as promised")), SelectChoice("no", _l("Not done"))],
        validators=[InputRequired(_l("Choose what became of it."))])
    told = TextAreaField(_l("What the member reads about it"), filters=[plain_lines], render_kw={"rows": 2, "maxlength": MOST},
                         validators=[Length(max=MOST, message=TOO_LONG)])
    evidence = _words(_l("Note for colleagues: what shows it"), _l("Say what shows it: a message, a credit, a repair, a date."),
                      rows=2)


class LinkForm(Form):
    fix = SelectField(_l("Fix"))


class OpenForm(Form):
    """Open a case from what one has read."""

    step = SelectField(_l("Step"), choices=_steps(), validators=[InputRequired(_l("Choose the step at which it went wrong."))])
    severity = SelectField(_l("How bad"), choices=_choices(SEVERITIES), default=str(Severity.SERIOUS))
    words = TextAreaField(_l("Note for the team"), filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST},
                          validators=[Length(max=MOST, message=TOO_LONG)])


class FixForm(Form):
    """A fix: what is wrong where, what we think helps, and by which share we will see it."""

    seen = IntegerField(widget=HiddenInput(), validators=[Optional()])
    title = StringField(_l("What is mended"), filters=[_on_one_line], render_kw={"maxlength": 120},
                        validators=[DataRequired(_l("Say in a few words what is mended.")),
                                    Length(3, 120, _l("Say it in 3 to 120 letters."))])
    step = SelectField(_l("Step"), choices=_steps(), validators=[InputRequired(_l("Choose the step that gets better."))])
    hypothesis = _words(_l("What we think helps, and why"), _l("Say what you think helps, and why."), rows=4)
    measure = SelectField(_l("Judged by"), choices=_choices(MEASURES))
    owner = SelectField(_l("Looked after by"), coerce=int)
    state = SelectField(_l("Where it stands"), choices=_choices(FIX_STATES), default=str(FixState.IDEA))

    def validate_measure(self, field: SelectField) -> None:
        step = self.step.data
        if step in set(Step) and field.data in DECLARED and Step(step) not in DECLARED[field.data].steps:
            raise ValidationError(_("Nothing is measured against a promise at this step. Choose another share."))


class PublishForm(Form):
    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired(RELOAD)])
    said = StringField(_l("You said"), filters=[_on_one_line], render_kw={"maxlength": 300}, validators=[
        DataRequired(_l("Say in a sentence what members told us.")), Length(10, 300, _l("Say it in 10 to 300 letters."))])
    did = StringField(_l("We did"), filters=[_on_one_line], render_kw={"maxlength": 300}, validators=[
        DataRequired(_l("Say in a sentence what is different now.")), Length(10, 300, _l("Say it in 10 to 300 letters."))])


class SeenForm(Form):
    """A button that acts on a fix as it was seen."""

    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired(RELOAD)])
