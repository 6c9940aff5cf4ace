"""The page of a week: its numbers, each opening into its rows, and what members said."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _

from core.database import db
from core.refusal import NotFound
from core.time import now
from experience.asks.scale import SCALES
from experience.cases.blueprint import WHY, bp
from experience.cases.digest import bad_answers, bad_notes, digest_of
from experience.cases.week import week_at, week_named
from experience.journey import Ask
from portal.web.page import CX, page
from portal.web.shell import adapters


@bp.get("/digest")
@page(who=CX, exempt=WHY)
def newest_digest() -> Any:
    """On to the last whole week."""
    return redirect(url_for(".digest", week_name=week_at(now()).before.name))


@bp.get("/digest/<week_name>")
@page(who=CX, exempt=WHY)
def digest(week_name: str) -> str:
    """A week in numbers, each opening into its rows, with what members said."""
    week = week_named(week_name)
    if week is None or week.starts > now():
        raise NotFound(week=week_name)
    notes, answers = (db.session.scalars(query(week).limit(20)).all() for query in (bad_notes, bad_answers))
    seal = adapters().seal
    said = sorted([*((one.at, one, seal.read(one.words_sealed), _what(one)) for one in notes),
                   *((one.at, one, seal.read(one.words_sealed), _what(one)) for one in answers)], key=lambda each: each[0])
    return render_template("experience/cases/digest.html", digest=digest_of(week), said=said, week=week,
                           is_over=week.ends <= now())


def _what(said: Any) -> tuple[str, str]:
    """The reference under which a case is opened from it, and its value in words."""
    if hasattr(said, "mood"):
        return f"note:{said.id}", _("a bad mood")
    return f"answer:{said.id}", _("%(value)d of %(high)d", value=said.value, high=SCALES[Ask(said.metric)].high)
