"""One step by lot and class of car: where it ends well and where it does not."""

from dataclasses import dataclass

from experience.insight.days import phases_by_place
from experience.insight.funnel import Counted
from experience.insight.window import Window
from experience.journey import Phase, Step


@dataclass(frozen=True, slots=True)
class PlaceFigures(Counted):
    """One lot and class in numbers."""

    lot_id: int | None
    car_class: str | None
    counts: dict[Phase, int]


def place_figures(step: Step, window: Window) -> list[PlaceFigures]:
    """Lots and classes of one step, those with the most ends first; what names no lot is left out."""
    places = [PlaceFigures(int(lot) if lot.isdecimal() else None, car_class, {Phase(phase): n for phase, n in counts.items()})
              for (lot, car_class), counts in phases_by_place(step, window).items() if lot is not None]
    return sorted(places, key=lambda place: (-place.ended, place.lot_id or 0, place.car_class or ""))
