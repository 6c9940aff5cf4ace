"""Somebody says how a step is going: one tap, and words if they like."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.database import db, transaction
from core.sealed import Seal
from experience.asks.models import Mood, Note, NoteStatus
from experience.journey import Step
from experience.record.observe import Someone, observe

MOST_WORDS = 1000


@dataclass(frozen=True, slots=True)
class TripFacts:
    """What a note keeps of the trip it is about. The owner of trips looks it up, for the trip's own member only."""

    id: int
    car_id: int
    car_class: str
    lot_id: int
    plan: str


def say_how_it_goes(*, member: Someone | None, step: Step, mood: Mood, words: str, trip: TripFacts | None,
                    facts: Mapping[str, Any], seal: Seal, now: datetime) -> Note:
    """Keep what was said beside the event that it was said; `facts` are what else is known of the member (the plan).

    The words are sealed; a visitor's note is kept too, and has nobody to answer.
    """
    known = dict(facts)
    if trip is not None:
        known |= {"car_id": trip.car_id, "car_class": trip.car_class, "lot_id": trip.lot_id, "plan": trip.plan}
    with observe(Step.HELP_CONTACT, member=member, trip=trip) as seen, transaction():
        seen.note(about=str(step), mood=str(mood), **known)
        note = Note(
            event_id=seen.event_id, at=now, step=str(step), mood=str(mood), facts=known, status=str(NoteStatus.NEW),
            words_sealed=seal.close_words(words) if words else None, member_id=member.id if member else None,
            reservation_id=trip.id if trip else None,
        )
        db.session.add(note)
        db.session.flush()
        seen.about("note", note.id, "said")
    return note
