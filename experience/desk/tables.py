"""The desk's tables as rows for a spreadsheet; their heads are part of the file format and stay English."""

from collections.abc import Iterable, Iterator
from typing import Any

from experience.insight.funnel import StageFigures, StepFigures
from experience.journey import STEPS, Phase

JOURNEY_HEAD = ("stage", "step", "label", *(str(phase) for phase in Phase), "ended", "success_share", "success_low_95",
                "success_high_95", "visits_timed", "median_ms", "p90_ms")
NOTES_HEAD = ("id", "at", "step", "mood", "status", "tag", "owner", "answered_at", "from_member", "about_a_trip",
              "lot_id", "lot", "car_id", "car_class", "plan")


def journey_rows(stages: list[StageFigures]) -> Iterator[list[Any]]:
    """One row for each step."""
    for stage in stages:
        for figures in stage.steps:
            yield [str(stage.stage), str(figures.step), str(STEPS[figures.step].label),
                   *(figures.counts.get(phase, 0) for phase in Phase), figures.ended, *_share(figures),
                   figures.timed, figures.median_ms, figures.p90_ms]


def _share(figures: StepFigures) -> list[float | None]:
    success = figures.success
    if success is None:
        return [None, None, None]
    return [round(success.share, 4), round(success.low, 4), round(success.high, 4)]


def note_rows(rows: Iterable[Any], lots: dict[int, str]) -> Iterator[list[Any]]:
    """One row for each note: everything but its words."""
    for note, owner in rows:
        facts = note.facts
        yield [note.id, note.at.isoformat(), note.step, note.mood, note.status, note.tag, owner,
               note.answered_at.isoformat() if note.answered_at else None, "yes" if note.member_id else "no",
               "yes" if note.reservation_id else "no", facts.get("lot_id"), lots.get(facts.get("lot_id")),
               facts.get("car_id"), facts.get("car_class"), facts.get("plan")]
