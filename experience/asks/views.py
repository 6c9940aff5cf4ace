"""The quiet note on every page."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from experience.asks.forms import MOODS, NoteForm
from experience.asks.models import Mood
from experience.asks.say import TripFacts, say_how_it_goes
from experience.journey import Step
from portal.web.limits import limiter
from portal.web.page import ANYONE, page
from portal.web.shell import adapters

bp = Blueprint("notes", __name__)


@bp.app_template_global()
def moods() -> list[tuple[str, Any, str]]:
    """The moods with their words and icons, best first."""
    icons = {Mood.GOOD: "thumb-up", Mood.SO_SO: "minus", Mood.BAD: "thumb-down"}
    return [(str(mood), label, icons[mood]) for mood, label in MOODS.items()]


@bp.post("/feedback")
@page(Step.HELP_CONTACT, who=ANYONE)
@limiter.limit("10/minute")
def say() -> Any:
    """Keep the note and go back to the page it was about."""
    form = NoteForm()
    if not form.validate_on_submit():
        return render_template("experience/asks/say.html", form=form), 422
    member = current_user.member if current_user.is_authenticated else None
    say_how_it_goes(member=member, step=Step(form.step.data), mood=Mood(form.mood.data), words=form.words.data or "",
                    trip=_trip(member, form.trip.data), facts={"plan": member.plan} if member else {},
                    seal=adapters().seal, now=now())
    if request.headers.get("X-Requested-With") == "steps":
        return "", 204
    flash(_("Thank you. The people who look after this step read every note."), "ok")
    return redirect(our_page(form.page.data))


def _trip(member: Any, reference: str | None) -> TripFacts | None:
    """The trip a note is about; a reference that is not the member's own says nothing."""
    look_up = current_app.extensions.get("trip_facts")
    if not look_up or not member or not reference:
        return None
    found: TripFacts | None = look_up(member.id, reference)
    return found


def our_page(target: str | None) -> str:
    """The page that somebody came from, if it is one of ours."""
    path = (target or "/").replace("\\", "/")
    ours = path.startswith("/") and not path.startswith("//") and all(ord(letter) >= 32 for letter in path)
    return path if ours else "/"
