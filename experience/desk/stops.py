"""A journey's events and notes as the stops of a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from experience.asks.forms import MOODS
from experience.asks.models import Mood, Note
from experience.desk.words import CLASSES, PHASES, how_long
from experience.journey import STEPS, Phase, Step
from experience.record.models import Event
from fleet.cars.models import CarClass
from portal.web.say import moment


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop (templates/ui/timeline.html): filled when the step succeeded, hollow otherwise."""

    at: datetime
    state: str
    time: str
    title: Any
    detail: Any


def stops_of(events: Sequence[Event], notes: Iterable[tuple[Note, str | None]], lots: dict[int, str]) -> list[Stop]:
    """Events and notes in the order in which they happened."""
    stops, before = [], None
    for event in events:
        stops.append(_of_event(event, before, lots))
        before = event.time
    stops += [_of_note(note, words) for note, words in notes]
    return sorted(stops, key=lambda stop: stop.at)


def _of_event(event: Event, before: datetime | None, lots: dict[int, str]) -> Stop:
    declared = STEPS[Step(event.step)] if event.step in set(Step) else None
    title = _("%(step)s: %(phase)s", step=declared.label if declared else event.step, phase=PHASES[Phase(event.phase)])
    said = [_("%(gap)s later", gap=how_long((event.time - before).total_seconds() * 1000))] if before else []
    if event.error_code:
        said.append(_("reason %(code)s", code=event.error_code))
    if event.duration_ms is not None:
        said.append(_("answered in %(ms)d ms", ms=event.duration_ms))
    if event.attempt > 1:
        said.append(_("try %(number)d", number=event.attempt))
    if event.actor != "member":
        said.append(_("by %(actor)s", actor=event.actor))
    if event.actual is not None:
        said.append(_("%(actual)s %(unit)s, promised %(expected)s", actual=f"{event.actual:g}", unit=event.unit or "",
                      expected="–" if event.expected is None else f"{event.expected:g}"))
    said += facts_in_words(event.facts, lots)
    return Stop(event.time, "done" if event.phase == Phase.SUCCEEDED else "", moment(event.time), _bold(title),
                ", ".join(said))


def _bold(title: str) -> Markup:
    return Markup("<b>{}</b>").format(title)


def facts_in_words(facts: dict[str, Any], lots: dict[int, str]) -> list[str]:
    """Facts as "lot Clark/Lake", "class Wagon", "price_cents 3840"."""
    written = []
    for key, value in sorted(facts.items()):
        if key == "lot_id":
            written.append(_("lot %(name)s", name=lots.get(value, value)))
        elif key == "car_class":
            written.append(_("class %(name)s", name=CLASSES[CarClass(value)] if value in set(CarClass) else value))
        else:
            written.append(f"{key} {value}")
    return written


def _of_note(note: Note, words: str | None) -> Stop:
    link = Markup('<a href="{}">{}</a>').format(url_for("cx_desk.note", note_id=note.id), _("Open the note"))
    said = _("“%(words)s”", words=words) if words else ""
    return Stop(note.at, "", moment(note.at), _bold(_("Said: %(mood)s", mood=MOODS[Mood(note.mood)])),
                Markup("{} {}").format(said, link))
