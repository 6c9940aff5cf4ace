"""What both queues of the reviewers share: the form that takes a matter, the field for words, and what a press answers."""

from collections.abc import Callable
from typing import Any

from flask import flash, request
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, TextAreaField
from wtforms.validators import Length
from wtforms.validators import Optional as MayBeEmpty

from core.database import db
from core.refusal import NotFound, Refusal
from experience.asks.forms import plain_lines
from portal.web.forms import Form

MOST_WORDS = 1000


class TakeForm(Form):
    """`instead_of` is the colleague who had it when the page was opened."""

    instead_of = IntegerField(validators=[MayBeEmpty()])


def words_field(label: Any, *needed: Any) -> TextAreaField:
    """A field for what the other side reads, with the validators that it needs besides its length."""
    return TextAreaField(label, filters=[plain_lines], render_kw={"rows": 3, "maxlength": MOST_WORDS}, validators=[
        *needed, Length(max=MOST_WORDS, message=_l("That is longer than %(max)d letters. Shorten it."))])


def instead_of() -> int | None:
    """From whom it is taken with the same press."""
    return request.form.get("instead_of", type=int)


def press(deed: Callable[[], None], said: str, *, back: Callable[[], Any]) -> Any:
    """A press without words: when somebody was faster, the page says so as it stands now. Raises NotFound."""
    try:
        deed()
    except NotFound:
        raise
    except Refusal as refusal:
        flash(f"{refusal.says} {refusal.remedy}", "warn")
    else:
        flash(said, "ok")
    return back()


def conclude(form: Any, deed: Callable[[], None], said: str, *, shown: Callable[[], str], back: Callable[[], Any]) -> Any:
    """A deed with words: whoever is stopped keeps what they typed on the page that is `shown` again. Raises NotFound."""
    if not form.validate_on_submit():
        return shown(), form.page_status
    try:
        deed()
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        form.words.errors = [f"{refusal.says} {refusal.remedy}"]
        return shown(), refusal.status
    flash(said, "ok")
    return back()
