"""The queue as rows for a spreadsheet; the heads are part of the file format and stay English. Times are in UTC."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

MATTERS = ("id", "kind", "who", "since", "due_at", "on_the_desk_of", "why", "state", "reasons", "decided_by", "decided_at")


def matter_cells(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """One row each, reasons by their codes."""
    for row in rows:
        yield [row.id, row.kind, row.who, _at(row.since), _at(row.due_at), row.holder, " ".join(row.why), row.state,
               " ".join(row.reasons), row.decider, _at(row.decided_at)]


def _at(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
