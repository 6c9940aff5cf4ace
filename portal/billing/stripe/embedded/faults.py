"""How the way to Stripe fails, for tests: timeouts before and after the work, errors, limits, silence."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What goes wrong with a request."""

    TIME_OUT_BEFORE = "time_out_before"  # it never arrives
    TIME_OUT_AFTER = "time_out_after"  # it is done, and the answer never arrives
    ERROR = "error"  # 500, and nothing is done
    RATE_LIMIT = "rate_limit"  # 429, and nothing is done
    HANG = "hang"  # the answer takes `seconds`; with the client's timeout or more, it is done and the client gives up


@dataclass(frozen=True, slots=True)
class Fault:
    """One request's trouble; `seconds` is how long it hangs."""

    trouble: Trouble
    seconds: float = 0.0


Faults = Callable[[str, str], Fault | None]
"""Says what goes wrong with a request of this method ("post") and path ("/v1/payment_intents"), if anything does."""
