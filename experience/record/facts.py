"""What kind of thing each fact is: ids, numbers and codes from closed lists. Nothing else enters an event."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from experience.journey import Step


@dataclass(frozen=True, slots=True)
class Fact:
    """A kind of fact: how it is described to others (JSON Schema), and whether a value is one."""

    schema: dict[str, Any]
    holds: Callable[[Any], bool]


def _whole(least: int | None = None, most: int | None = None) -> Fact:
    schema: dict[str, Any] = {"type": "integer"}
    if least is not None:
        schema["minimum"] = least
    if most is not None:
        schema["maximum"] = most

    def holds(value: Any) -> bool:
        return (isinstance(value, int) and not isinstance(value, bool)
                and (least is None or value >= least) and (most is None or value <= most))
    return Fact(schema, holds)


def _number(value: Any) -> bool:
    return isinstance(value, int | float)  # a yes and a no are numbers too


def _like(pattern: str) -> Fact:
    compiled = re.compile(pattern)
    return Fact({"type": "string", "pattern": f"^{pattern}$"},
                lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None)


def one_of(*values: str) -> Fact:
    """A code from a closed list."""
    known = frozenset(values)
    return Fact({"type": "string", "enum": sorted(known)}, lambda value: isinstance(value, str) and str(value) in known)


ID = _whole(1)
COUNT = _whole(0)
WHOLE = _whole()
PERCENT = _whole(0, 100)
NUMBER = Fact({"type": ["number", "boolean"]}, _number)
FLAG = Fact({"enum": [True, False, 0, 1]}, lambda value: value in (0, 1) and isinstance(value, int))
FIELDS = _like(r"[a-z0-9_-]{1,80}(,[a-z0-9_-]{1,80}){0,79},?")  # names of fields in our forms, never what was typed
STEP = one_of(*Step)
PLAIN = _like(r"[a-z0-9][a-z0-9._-]{0,39}")  # the name of a campaign or a domain, as experience/asks/arrival.py lets it pass

# What a car or its service may say when it does nothing; what an operator's own gateway says beyond these is `other`.
CAR_REASONS = ("battery_low", "busy", "door_open", "engine_on", "key_missing", "locked", "moving", "not_electric", "offline",
               "once_reused", "plugged_in", "silent", "timeout", "unknown", "unknown_unit", "unreachable",
               # ours, asked again just before the car is
               "check_first", "licence_over", "membership_over", "out_of_service", "payment_first", "still_out", "time_over",
               "too_early", "trip_over", "other")

FACTS: dict[str, Fact] = {
    "car_id": ID, "lot_id": ID,
    "car_class": one_of("economy", "compact", "wagon", "suv", "van", "premium", "ev", "accessible"),
    "plan": one_of("payg", "regular"),
    "fields": FIELDS, "status": COUNT,
    "found": COUNT, "free": COUNT, "almost": COUNT, "taken": COUNT, "radius_m": COUNT, "confidence": NUMBER, "outside": FLAG,
    "view": one_of("list", "map", "times"),
    "price_cents": COUNT, "fee_cents": COUNT, "amount_cents": COUNT, "quoted_cents": WHOLE, "billed_cents": WHOLE,
    "difference_cents": WHOLE, "change": one_of("extend", "shorten", "move", "swap", "decline"),
    "minutes": COUNT, "lead_minutes": WHOLE, "late_minutes": COUNT,
    "waiver": one_of("included", "plus", "premium"),
    "distance_m": COUNT, "miles": COUNT, "energy_percent": PERCENT, "cleanliness": _whole(1, 5), "marks": COUNT,
    "volume_milligallons": COUNT, "paid_by": one_of("card", "member"),
    "action": one_of("flash", "horn", "unlock", "lock"), "reason": one_of(*CAR_REASONS),
    "cost": one_of("toll", "ticket", "cleaning"), "held": FLAG, "remembered": FLAG, "about": STEP,
    "mood": one_of("good", "so_so", "bad"),
    "kind": one_of("question", "complaint", "compliment", "suggestion", "callback", "urgent", "we_wrote", "remark"),
    "contacts": COUNT, "reopened": COUNT,
    "metric": one_of("ease", "satisfaction", "expectation", "recommend", "verify"), "score": _whole(0, 10), "changed": FLAG,
    "means": one_of("own_car", "transit", "ride", "rental", "shared", "bike", "nothing", "other"),
    "hope": one_of("cheaper", "there", "simple", "clean", "near", "other"),
    "heard": one_of("friend", "street", "search", "social", "press", "work", "other"),
    "source": PLAIN, "medium": PLAIN, "campaign": PLAIN,
    "trips_band": one_of("none", "1_3", "4_8", "9_more"), "sharing_cheaper": FLAG,
    "dollars_band": one_of("under_50", "50_150", "150_400", "400_more"),
}


def fact_of(name: str) -> Fact:
    """What kind a fact is. One that nobody registered is taken for a number: words never pass unregistered."""
    found = FACTS.get(name)
    return found if found is not None else NUMBER


def unregistered(names: Iterable[str]) -> set[str]:
    """Names that stand in no list."""
    return {name for name in names if name not in FACTS}


def car_reason(reason: str) -> str:
    """A car's reason as a fact: `other` for what no list of ours has."""
    return reason if reason in CAR_REASONS else "other"
