"""The words for what people use, hope for, and where they heard of us."""

from typing import Any

from flask_babel import lazy_gettext as _l

from experience.asks.models import Heard, Hope, Means, Stage

MEANS: dict[Means, Any] = {
    Means.OWN_CAR: _l("My own car"), Means.TRANSIT: _l("Buses and trains"), Means.RIDE: _l("Taxi or ride-hailing"),
    Means.RENTAL: _l("A rental car"), Means.SHARED: _l("Another car-sharing service, or a friend’s car"),
    Means.BIKE: _l("Bike or on foot"), Means.NOTHING: _l("Nothing: I stay where I am"), Means.OTHER: _l("Something else"),
}
HOPES: dict[Hope, Any] = {
    Hope.CHEAPER: _l("That it costs less"), Hope.THERE: _l("That the car is there when I booked it"),
    Hope.SIMPLE: _l("That it is simple"), Hope.CLEAN: _l("A clean, well-kept car"), Hope.NEAR: _l("A car close by"),
    Hope.OTHER: _l("Something else"),
}
HEARD: dict[Heard, Any] = {
    Heard.FRIEND: _l("From somebody I know"), Heard.STREET: _l("I saw a car in the street"),
    Heard.SEARCH: _l("I searched the web"), Heard.SOCIAL: _l("On social media"), Heard.PRESS: _l("In the news"),
    Heard.WORK: _l("At work"), Heard.OTHER: _l("Somewhere else"),
}
HOPE_QUESTION: dict[Stage, Any] = {
    Stage.JOINING: _l("What do you hope for most?"), Stage.FIRST_BOOKING: _l("What do you expect most of this trip?"),
    Stage.LEAVING: _l("What is better there?"),
}
