"""Voices: what members say, wherever they say it."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db
from core.time import now
from experience.desk.blueprint import WHY, bp
from experience.desk.filters import page_number
from experience.desk.notes import lot_names
from experience.desk.pages import SIZE, Page
from experience.desk.tables import VOICE_HEAD, voice_cells
from experience.desk.voices import VoiceFilters, Voices, heard
from experience.insight.felt import LETTERS
from fleet.cars.models import Car
from portal.web.page import CX, page
from portal.web.say import number
from portal.web.shell import adapters
from portal.web.spreadsheet import table

SOURCES: dict[str, Any] = {"note": _l("Notes"), "answer": _l("Answers"), "conversation": _l("Conversations"),
                           "compliment": _l("Compliments")}
SCORES: dict[str, Any] = {"low": _l("Low"), "middle": _l("Middle"), "high": _l("High")}


@bp.get("/voices")
@page(who=CX, exempt=WHY)
def voices() -> str:
    """Everything that was said, the newest first; found by step, lot, car, tag, mood, score, time and words."""
    filters, at = VoiceFilters.of(request.args), page_number(request.args)
    said = heard(filters, at, adapters().seal, now())
    first = (at - 1) * SIZE + 1
    words = _("%(first)s to %(last)s of %(total)s", first=number(first), last=number(first + len(said.voices) - 1),
              total=number(said.total if said.opened is None else said.hits)) if said.voices else _("Nothing here")
    found = Page(at, said.voices, said.total, words,
                 url_for(".voices", page=at - 1, **filters.address) if at > 1 else None,
                 url_for(".voices", page=at + 1, **filters.address) if said.more else None)
    return render_template("experience/desk/voices.html", filters=filters, found=found, said=said, lots=lot_names(),
                           cars=car_names(), SOURCES=SOURCES, SCORES=SCORES, LETTERS=LETTERS)


@bp.get("/voices.csv")
@page(who=CX, exempt=WHY)
def voices_csv() -> Any:
    """Voices for a spreadsheet: where and how, with random ids, without the words."""
    rows = db.session.execute(Voices(VoiceFilters.of(request.args), now()).select())
    return table("voices.csv", VOICE_HEAD, voice_cells(rows))


def car_names() -> dict[int, str]:
    """Every car's name, in the order of the names."""
    return {car_id: name for car_id, name in db.session.execute(select(Car.id, Car.name).order_by(Car.name))}
