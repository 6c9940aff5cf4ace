"""Answers of online geocoders, kept in the database so that all processes ask each thing once a month."""

from dataclasses import asdict
from datetime import timedelta

from core.database import db, transaction
from core.time import wall_now
from reservations.search.geocoding.port import Answer, Place
from reservations.search.models import PlaceAnswer

KEPT = timedelta(days=30)


class DatabaseCache:
    """Remembers answers for a month, whichever process asked."""

    def get(self, text: str) -> Answer | None:
        """Return what was answered to this text within the month, or None."""
        row = db.session.get(PlaceAnswer, text)
        if row is None or row.at < wall_now() - KEPT:
            return None
        kept = row.answer
        return Answer(Place(**kept["place"]) if kept["place"] else None,
                      tuple(Place(**place) for place in kept["did_you_mean"]), kept["outside"])

    def put(self, text: str, answer: Answer) -> None:
        """Remember the answer, in place of an older one."""
        with transaction():
            db.session.merge(PlaceAnswer(text=text, answer=asdict(answer), at=wall_now()))
