"""The gate's numbers: what each is called, counts and may be, and which are in force at a moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from experience.asks.solicitations import SOLICITATIONS


@dataclass(frozen=True, slots=True)
class Rule:
    """One number: what it is at first, what it counts, and between what it may be set."""

    value: int
    unit: str
    label: Any
    least: int = 0
    most: int = 730


GATE: dict[str, Rule] = {
    "gap": Rule(7, "days", _l("Between two asks of a member, at least"), 1),
    "window": Rule(30, "days", _l("Count asks over"), 1),
    "most": Rule(2, "asks", _l("In that time, at most"), 1, 50),
    "clock_ease": Rule(30, "days", _l("Between two questions about ease, at least")),
    "clock_satisfaction": Rule(30, "days", _l("Between two questions about satisfaction, at least")),
    "clock_recommend": Rule(180, "days", _l("Between two questions about recommending us"), 1),
    "first_recommend": Rule(45, "days", _l("From joining to the first question about recommending us"), 1),
    "slack_recommend": Rule(14, "days", _l("… give or take")),
    "dismissals": Rule(2, "times", _l("Silence after so many “Not now”"), 1, 20),
    "dismissed_within": Rule(365, "days", _l("… within"), 1),
    "silence": Rule(90, "days", _l("Length of that silence")),
    "audit": Rule(50, "per_mille", _l("Trips whose sensors are checked by asking"), 0, 1000),
}
# Every solicitation can be paused and drawn for fewer members.
OF_EACH: dict[str, Rule] = {
    f"{name}_{key}": rule for key, each in SOLICITATIONS.items() for name, rule in (
        ("active", Rule(int(each.active), "yes_no", each.label, 0, 1)),
        ("share", Rule(each.share, "per_mille", each.label, 0, 1000)))}
RULES: dict[str, Rule] = GATE | OF_EACH
FIRST_VERSION = 1  # the numbers above, before anybody changed one


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers in force together, and the version of the last change among them."""

    values: Mapping[str, int]
    version: int = FIRST_VERSION

    def __getitem__(self, key: str) -> int:
        return self.values[key]

    def days(self, key: str) -> timedelta:
        return timedelta(days=self.values[key])

    def changed(self, changes: Mapping[str, int], version: int | None = None) -> "Rules":
        """The same with some numbers changed; for trying them the version stays."""
        return Rules({**self.values, **changes}, self.version if version is None else version)


DELIVERED = Rules({key: rule.value for key, rule in RULES.items()})


def rules_of(rows: Iterable[tuple[datetime, str, int, int]], moment: datetime) -> Rules:
    """The rules at a moment from rows of (effective_from, key, value, version) in the order in which they take effect."""
    rules = DELIVERED
    for effective_from, key, value, version in rows:
        if effective_from <= moment and key in RULES:
            rules = rules.changed({key: value}, max(rules.version, version))
    return rules
