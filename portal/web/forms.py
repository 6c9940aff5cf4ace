"""The base of all forms: protected against forgery, and honest about which fields stopped someone."""

import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectMultipleField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.web.page import stopped_by_fields

MOST_NUMBER = 10**12  # what somebody typed for a count or an id is less
RELOAD = _l("Reload the page and send the form again.")


class OurWords:
    """What the library says by itself, in our words."""

    def gettext(self, words: str) -> str:
        if "choice" in words.lower():
            return str(_l("Choose one from the list."))
        return str(_l("That is too long or too short.")) if words.startswith("Field ") else str(_l("We cannot read that."))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one)


class Boxes(SelectMultipleField):  # type: ignore[misc]  # WTForms has no types
    """Several of a list, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form turns typing into domain values. It checks shape; the business is checked by the use case."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        def get_translations(self, form: Any) -> OurWords:
            return OurWords()

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Whether it holds. A whole number beyond all reason is none: the library's own checks would break over it."""
        for field in self:
            if isinstance(field, IntegerField) and field.data is not None and abs(field.data) > MOST_NUMBER:
                field.data, field.process_errors = None, [OurWords().gettext("")]
        valid: bool = super().validate(*args, **kwargs)
        self._say_it_once()
        return valid

    def validate_on_submit(self, *args: Any, **kwargs: Any) -> bool:
        """Whether this is a submission that holds; one that does not is recorded with the fields at fault."""
        if not self.is_submitted():
            return False
        valid: bool = self.validate(*args, **kwargs)
        if not valid:
            stopped_by_fields(sorted(key or "form" for key in self.errors))
        return valid

    def _say_it_once(self) -> None:
        """Where we have words of our own for a field, the library's about what it could not read are left out."""
        for field in self:
            ours = [error for error in field.errors if error not in field.process_errors]
            if ours:
                field.errors = ours

    @property
    def page_status(self) -> int:
        """The status of the page that shows this form: 422 when it came back with words beside its fields."""
        return 422 if self.errors else 200


class PressForm(Form):
    """A button: nothing is typed, and the form only proves that the press came from our page."""


class OnceForm(Form):
    """A form that acts once however often it is posted: its hidden key names the act."""

    once = HiddenField(default=lambda: secrets.token_urlsafe(16),
                       validators=[DataRequired(RELOAD), Length(8, 64, RELOAD)])
