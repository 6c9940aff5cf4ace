"""How a series is refused."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.refusal import Refusal
from reservations.series.rules import Why


class NothingFree(Refusal):
    """No day of the series can be booked; `says` has why, when it is the same for all."""

    code, status = "nothing_free", 409
    remedy = _l("Nothing was booked. Take another car, or other times.")

    def __init__(self, whys: Collection[Why], **facts: Any) -> None:
        super().__init__(**facts)
        if set(whys) <= {Why.TAKEN}:
            self.says = _l("The car is taken on every one of these days.")
        elif set(whys) <= {Why.NEVER, Why.TWICE}:
            self.says = _l("The clocks change over that time on every one of these days.")
        else:
            self.says = _l("The car cannot be booked for that time on any of these days.")


class NoSeries(Refusal):
    """The days do not make a series; `says` has which rule."""

    code, status = "no_series", 422
    remedy = _l("Choose other days, or another last day.")

    def __init__(self, says: Any) -> None:
        super().__init__()
        self.says = says


def check_count(count: int, most: int) -> None:
    """Raise NoSeries unless there are two bookings or more, and no more than `most`."""
    if count < 2:
        raise NoSeries(_("These days give %(count)d booking. A series has two or more.", count=count))
    if count > most:
        raise NoSeries(_("These days give %(count)d bookings. A series has %(most)d at most.", count=count, most=most))
