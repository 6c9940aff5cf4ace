"""The desk's tables as rows for a spreadsheet; their heads are part of the file format and stay English."""

from collections.abc import Iterable, Iterator
from typing import Any

from experience.insight.compare import Comparison
from experience.insight.funnel import StageFigures, StepFigures
from experience.insight.promises import PromiseRow
from experience.journey import STEPS, Phase

JOURNEY_HEAD = ("stage", "step", "label", *(str(phase) for phase in Phase), "ended", "success_share", "success_low_95",
                "success_high_95", "visits_timed", "median_ms", "p90_ms")
NOTES_HEAD = ("id", "at", "step", "mood", "status", "tag", "owner", "answered_at", "from_member", "about_a_trip",
              "lot_id", "lot", "car_id", "car_class", "plan")


def journey_rows(stages: list[StageFigures]) -> Iterator[list[Any]]:
    """One row for each step; counts under ten are not told, nor what could be reckoned from them."""
    for stage in stages:
        for figures in stage.steps:
            yield [str(stage.stage), str(figures.step), str(STEPS[figures.step].label),
                   *(few(figures.counts.get(phase, 0)) for phase in Phase), few(figures.ended), *_share(figures),
                   few(figures.timed), *_times(figures)]


def _share(figures: StepFigures) -> list[float | None]:
    success = figures.success
    if success is None or figures.ended < FEWEST:
        return [None, None, None]
    return [round(success.share, 4), round(success.low, 4), round(success.high, 4)]


def _times(figures: StepFigures) -> list[int | None]:
    return [figures.median_ms, figures.p90_ms] if figures.timed >= FEWEST else [None, None]


def note_rows(rows: Iterable[Any], lots: dict[int, str]) -> Iterator[list[Any]]:
    """One row for each note: everything but its words."""
    for note, owner in rows:
        facts = note.facts
        yield [note.id, note.at.isoformat(), note.step, note.mood, note.status, note.tag, owner,
               note.answered_at.isoformat() if note.answered_at else None, "yes" if note.member_id else "no",
               "yes" if note.reservation_id else "no", facts.get("lot_id"), lots.get(facts.get("lot_id")),
               facts.get("car_id"), facts.get("car_class"), facts.get("plan")]


PROMISE_HEAD = ("promise", "kind", "step", "member", "trip", "minted_at", "due_at", "state", "settled_at", "expected", "actual",
                "unit", "cause", "trip_of_the_cause")


def promise_cells(rows: Iterable[PromiseRow]) -> Iterator[list[Any]]:
    """One row for each promise: random ids, no words and no names."""
    for row in rows:
        each = row.promise
        yield [each.id, each.kind, each.step, row.member_pid, row.trip_pid, each.minted_at.isoformat(),
               each.due_at.isoformat() if each.due_at else None, each.state,
               each.settled_at.isoformat() if each.settled_at else None, each.expected, each.actual, each.unit, each.cause,
               row.cause_pid]


VOICE_HEAD = ("source", "at", "step", "member", "lot_id", "car_id", "mood", "tag", "metric", "value", "kind", "has_words")


def voice_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """One row for each voice: everything but its words."""
    for row in rows:
        yield [row.source, row.at.isoformat(), row.step, row.pid, row.lot, row.car, row.mood, row.tag, row.metric, row.value,
               row.kind, "yes" if row.sealed else "no"]


COMPARE_HEAD = ("fact", "value", "measure", "step", "n", "members", "figure", "low_95", "high_95", "difference",
                "difference_low_95", "difference_high_95", "p_adjusted", "stands")


def compare_cells(found: Comparison) -> Iterator[list[Any]]:
    """One row for each value; of fewer than ten values nothing but the value."""
    for row in found.rows:
        head = [found.fact.key, row.words, found.measure.key, found.step or "all"]
        if row.estimate.n < FEWEST:
            yield [*head, *few_cells(len(COMPARE_HEAD) - 4)]
            continue
        against = row.contrast
        yield [*head, row.estimate.n, row.estimate.clusters, *(round(each, 4) for each in (
            row.estimate.value, row.estimate.low, row.estimate.high)),
            *((round(against.difference, 4), round(against.low, 4), round(against.high, 4)) if against else (None,) * 3),
            round(row.p_adjusted, 4) if row.p_adjusted is not None else None, "yes" if row.stands else "no"]


FEWEST = 10  # a count under this could be somebody: it leaves the house as "<10"


def few_cells(more: int) -> list[str | None]:
    """The cells of a row whose count is suppressed: the count as "<10", the others empty."""
    return [f"<{FEWEST}", *([None] * (more - 1))]


def few(count: int) -> int | str:
    """A count as it may leave the house: none, ten or more, or only that it is fewer."""
    return count if count == 0 or count >= FEWEST else f"<{FEWEST}"
