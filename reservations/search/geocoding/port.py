"""What the site asks of whoever knows places: words to a place, and a position to words."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["address", "crossing", "street", "station", "neighbourhood", "zip", "landmark", "position"]
MAX_TEXT = 200  # characters of typed text that are looked at


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere we can search around; `confidence` runs from 0 to 1."""

    label: str
    lat: float
    lng: float
    kind: Kind
    confidence: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question.

    `place` is None when we do not know; then `did_you_mean` may still offer near misses. With a place,
    `did_you_mean` holds other places of the same name. `outside` says that the text names a real place beyond
    the service area: `place` is then its rough position, or None. `down` says that nobody could be asked.
    """

    place: Place | None = None
    did_you_mean: tuple[Place, ...] = ()
    outside: bool = False
    down: bool = False


NOTHING = Answer()


class PlaceFinder(Protocol):
    """Finds places inside one city's service area; safe to share between threads."""

    def find(self, text: str) -> Answer:
        """Look the text up; unknown text gives an answer without a place, never an exception of its own.

        Raises `PlaceFinderDown` when an outside service does not answer.
        """

    def name_of(self, lat: float, lng: float) -> Place:
        """Return the nearest address or crossing, for "use my location"; a bare position far from any."""
