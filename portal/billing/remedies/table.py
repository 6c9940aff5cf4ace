"""The published table: what each broken promise gives, and from when on. Pure; the numbers are the operator's policies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from core.money import Money
from fleet.tariffs.quote import Policies

Evidence = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Due:
    """What a broken promise gives: an amount with its arithmetic, by a rule in its version."""

    amount: Money
    rule: str
    version: int
    facts: dict[str, int]


def due_for(remedy: str, actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    """What the table gives for a break like this one; None when it is a break without remedy."""
    return TABLE[remedy](actual, evidence, policies)


def _car_there(actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    """Later than the grace that we ask of members too, given up because it was not there, or further away than one may
    leave it. Who takes another car at the same price within the grace has that for a remedy."""
    late = (actual or 0) > policies["late_grace"].value or bool(evidence.get("still") and not evidence.get("took"))
    far = evidence.get("metres", 0) > policies["return_within"].value and not evidence.get("took")
    if not late and not far:
        return None
    return _fixed("remedy_car_there", policies)


def _unlock(actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    """The meter stands still while the car does not open: the minutes that were paid for and lost, and a fixed amount."""
    return _with_time("remedy_unlock", evidence.get("lost_minutes", 0) if evidence.get("opened") else 0, evidence, policies)


def _energy(actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    return _with_time("remedy_energy", policies["remedy_energy_time"].value, evidence, policies)


def _clean(actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    """3 of 5 breaks the promise without a remedy."""
    if actual is None or actual > policies["remedy_clean_stars"].value:
        return None
    return _fixed("remedy_clean", policies)


def _answer(actual: float | None, evidence: Evidence, policies: Policies) -> Due | None:
    return _fixed("remedy_answer", policies)


def _fixed(rule: str, policies: Policies) -> Due:
    policy = policies[rule]
    return Due(Money(policy.value), rule, policy.version, {"fixed_cents": policy.value})


def _with_time(rule: str, minutes: int, evidence: Evidence, policies: Policies) -> Due:
    """The fixed amount and the minutes at the trip's own hourly price."""
    fixed, hour_cents = _fixed(rule, policies), int(evidence.get("hour_cents", 0))
    time = Money(hour_cents).times(Fraction(max(0, minutes), 60))
    return Due(fixed.amount + time, rule, fixed.version, fixed.facts | {"minutes": minutes, "hour_cents": hour_cents})


TABLE: dict[str, Callable[[float | None, Evidence, Policies], Due | None]] = {
    "car_there": _car_there, "unlock": _unlock, "energy": _energy, "clean": _clean, "answer": _answer,
}
