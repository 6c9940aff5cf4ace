"""The needs we can do something about, what each brings, and which equipment of a car answers it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

CONSENT_VERSION = 1  # of the words beside the box on the page; whoever changes what they mean counts one on


class Need(StrEnum):
    """A closed list: whatever else there is to say is said in words."""

    WHEELCHAIR = "wheelchair"
    HAND_CONTROLS = "hand_controls"
    LEFT_FOOT = "left_foot"
    MORE_TIME = "more_time"
    NO_CALLS = "no_calls"


@dataclass(frozen=True, slots=True)
class Said:
    """A need in words: its name, and what it brings."""

    name: Any
    brings: Any


SEARCH = _l("Search shows cars with it; you can look at all cars any time.")
NEEDS = {
    Need.WHEELCHAIR: Said(_l("A place for a wheelchair, with a ramp"), SEARCH),
    Need.HAND_CONTROLS: Said(_l("Hand controls"), SEARCH),
    Need.LEFT_FOOT: Said(_l("A left-foot accelerator"), SEARCH),
    Need.MORE_TIME: Said(_l("More time at pick-up"),
                         _l("A car that you booked waits longer for you before others may have it.")),
    Need.NO_CALLS: Said(_l("No phone calls"), _l("Whoever helps you sees it, and writes.")),
}
EQUIPMENT = {Need.WHEELCHAIR: "ramp", Need.HAND_CONTROLS: "hand-controls", Need.LEFT_FOOT: "left-foot"}  # of a car
