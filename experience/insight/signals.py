"""What stands out: the look over all declared pairs of measure and step, kept with how much was compared."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from core.database import db, transaction
from experience.insight.compare import Cell, Grid, scan
from experience.insight.measured import MEASURED
from experience.insight.measures import LOOK_BACK, MEASURES, Material, Measure
from experience.insight.models import Scan
from experience.journey import STEPS, Ask, Step

EVERY = timedelta(hours=1)
KEPT = timedelta(days=90)

# Steps that a place, a car or an hour can spoil; what members do on our pages alone has its own alarms.
PLACED = (Step.BOOK_CONFIRM, Step.PICKUP_ARRIVE, Step.PICKUP_IDENTIFY, Step.PICKUP_UNLOCK, Step.PICKUP_CHECK,
          Step.PICKUP_ENERGY, Step.DRIVE_LOCK, Step.DRIVE_REFUEL, Step.RETURN_BAY, Step.RETURN_CHECKLIST, Step.RETURN_LOCK,
          Step.RETURN_RECEIPT)


def pairs() -> list[tuple[Measure, Step]]:
    """Every measure at every step that Today looks over."""
    asked = {Ask.EASE: "ease", Ask.SATISFACTION: "satisfaction", Ask.EXPECTATION: "expectation", Ask.VERIFY: "verify"}
    found = [(MEASURES["stopped"], step) for step in PLACED]
    found += [(MEASURES["missed"], step) for step in MEASURED]
    found += [(MEASURES["typical"], step) for step in (Step.PICKUP_IDENTIFY, Step.PICKUP_UNLOCK, Step.DRIVE_LOCK,
                                                       Step.RETURN_LOCK)]
    found += [(MEASURES["kept"], step) for step in STEPS]
    found += [(MEASURES[asked[declared.ask]], step) for step, declared in STEPS.items() if declared.ask in asked]
    found += [(MEASURES["recommend"], Step.STAY_PULSE), (MEASURES["contacts"], Step.HELP_CONTACT)]
    return found


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that stands out, with every measure that says so; the first is the strongest."""

    step: Step
    fact: str
    value: str
    words: str
    said: list[dict[str, Any]]
    echoes: list[str]


def look(until: datetime, *, since: datetime | None = None) -> tuple[Grid, list[Signal]]:
    """Look over the time up to a moment, four weeks unless said otherwise."""
    material = Material(since or until - LOOK_BACK, until)
    grid = scan(pairs(), material)
    return grid, _together(grid.cells)


def _together(cells: list[Cell]) -> list[Signal]:
    """One signal for each value of a fact at a step: what was measured twice is said once."""
    found: dict[tuple[Step, str, str], Signal] = {}
    for cell in cells:
        key = (cell.step, cell.fact.key, cell.value)
        signal = found.setdefault(key, Signal(cell.step, cell.fact.key, cell.value, cell.words, [], []))
        signal.said.append({
            "measure": cell.measure.key, "n": cell.figure.n, "members": cell.figure.clusters, "value": cell.figure.value,
            "low": cell.figure.low, "high": cell.figure.high, "others": cell.others.value, "p": cell.p_adjusted})
        signal.echoes.extend(echo for echo in cell.echoes if echo not in signal.echoes)
    return list(found.values())


def scan_now(now: datetime) -> Scan:
    """Look over the last four weeks and keep what was found; scans of old are thrown away."""
    grid, signals = look(now)
    with transaction():
        db.session.execute(delete(Scan).where(Scan.at < now - KEPT))
        kept = Scan(at=now, since=now - LOOK_BACK, until=now, compared=grid.compared, signals=[
            {"step": str(signal.step), "fact": signal.fact, "value": signal.value, "words": signal.words,
             "said": signal.said, "echoes": signal.echoes} for signal in signals])
        db.session.add(kept)
    return kept


def scan_when_due(now: datetime) -> Scan | None:
    """`scan_now`, once an hour."""
    newest = db.session.scalar(select(Scan.at).order_by(Scan.at.desc()).limit(1))
    return scan_now(now) if newest is None or newest <= now - EVERY else None


def newest_scan() -> Scan | None:
    """The last look over everything."""
    return db.session.scalar(select(Scan).order_by(Scan.at.desc(), Scan.id.desc()).limit(1))
