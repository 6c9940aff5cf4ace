"""What the CX team takes elsewhere: events, promises, answers and notes, row by row, with random ids and without words."""

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from core.database import db
from core.refusal import Refusal
from experience.asks.models import Answer, Note
from experience.insight.window import Window
from experience.promises.models import Promise
from experience.record.models import Event, Identity
from portal.web.spreadsheet import harmless

AT_ONCE = 5000  # rows fetched at a time
MEMORY = "256MB"  # for the writer of Parquet


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class NoParquet(Refusal):
    """The library that writes Parquet is not installed."""

    code, status = "parquet_not_installed", 501
    says = _l("This server cannot write Parquet: DuckDB is not installed.")
    remedy = _l("Take CSV, or have the extra “parquet” installed: pip install roundtrip[parquet].")


@dataclass(frozen=True, slots=True)
class Table:
    """A table to take along: its columns with their types in DuckDB's words, and the question that fills them."""

    columns: tuple[tuple[str, str], ...]
    rows: Callable[[Window], Select[Any]]

    @property
    def head(self) -> list[str]:
        return [name for name, _type in self.columns]


def _columns(written: str) -> tuple[tuple[str, str], ...]:
    types = {"text": "VARCHAR", "id": "UUID", "time": "TIMESTAMPTZ", "whole": "BIGINT", "real": "DOUBLE", "yes": "BOOLEAN"}
    return tuple((name, types[kind]) for name, kind in (column.split(":") for column in written.split()))


_member, _trip, _cause = aliased(Identity), aliased(Identity), aliased(Identity)


def _known(query: Select[Any], member_id: Any, trip_id: Any) -> Select[Any]:
    return (query.outerjoin(_member, (_member.kind == "member") & (_member.ref == member_id))
            .outerjoin(_trip, (_trip.kind == "trip") & (_trip.ref == trip_id)))


def _events(window: Window) -> Select[Any]:
    return (select(Event.id, Event.time, Event.recorded_at, Event.type, Event.member_pid, Event.session_id, Event.journey_id,
                   Event.step, Event.phase, Event.attempt, Event.channel, Event.actor, Event.error_code, Event.duration_ms,
                   Event.expected, Event.actual, Event.unit, Event.promise_id, Event.facts, Event.objects, Event.dataschema,
                   Event.app_version, Event.is_demo)
            .where(*window.spans(Event.time)).order_by(Event.time, Event.id))


def _promises(window: Window) -> Select[Any]:
    query = (select(Promise.id, Promise.kind, Promise.step, _member.pid, _trip.pid, Promise.minted_at, Promise.due_at,
                    Promise.state, Promise.settled_at, Promise.expected, Promise.actual, Promise.unit, Promise.cause,
                    _cause.pid)
             .select_from(Promise).where(*window.spans(Promise.minted_at)).order_by(Promise.minted_at, Promise.id))
    return _known(query, Promise.member_id, Promise.reservation_id).outerjoin(
        _cause, (_cause.kind == "trip") & (_cause.ref == Promise.cause_reservation_id))


def _answers(window: Window) -> Select[Any]:
    query = (select(Answer.id, Answer.at, Answer.step, Answer.solicitation, Answer.metric, Answer.value, _member.pid, _trip.pid,
                    Answer.words_sealed.is_not(None)).select_from(Answer).where(*window.spans(Answer.at))
             .order_by(Answer.at, Answer.id))
    return _known(query, Answer.member_id, Answer.reservation_id)


def _notes(window: Window) -> Select[Any]:
    query = (select(Note.event_id, Note.at, Note.step, Note.mood, Note.tag, Note.status, Note.answered_at, _member.pid,
                    _trip.pid, Note.facts, Note.words_sealed.is_not(None)).select_from(Note).where(*window.spans(Note.at))
             .order_by(Note.at, Note.id))
    return _known(query, Note.member_id, Note.reservation_id)


TABLES: dict[str, Table] = {
    "events": Table(_columns(
        "id:id time:time recorded_at:time type:text member_pid:id session_id:text journey_id:text step:text phase:text "
        "attempt:whole channel:text actor:text error_code:text duration_ms:whole expected:real actual:real unit:text "
        "promise_id:id facts:text objects:text dataschema:text app_version:text is_demo:yes"), _events),
    "promises": Table(_columns(
        "id:id kind:text step:text member_pid:id trip_pid:id minted_at:time due_at:time state:text settled_at:time "
        "expected:real actual:real unit:text cause:text cause_trip_pid:id"), _promises),
    "answers": Table(_columns(
        "id:id at:time step:text solicitation:text metric:text value:whole member_pid:id trip_pid:id has_words:yes"), _answers),
    "notes": Table(_columns(
        "event_id:id at:time step:text mood:text tag:text status:text answered_at:time member_pid:id trip_pid:id facts:text "
        "has_words:yes"), _notes),
}


def csv_lines(table: Table, window: Window) -> Iterator[str]:
    """The table as the lines of a CSV file, one part after the other: never more than a few thousand rows in memory."""
    file = _Lines()
    writer = csv.writer(file)
    writer.writerow(table.head)
    for row in _rows(table, window):
        writer.writerow([harmless(cell) for cell in row])
        if file.size > 65_536:
            yield file.taken()
    yield file.taken()


class _Lines:
    """What a csv writer writes into, to be taken out in parts."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.size = 0

    def write(self, text: str) -> None:
        self._parts.append(text)
        self.size += len(text)

    def taken(self) -> str:
        text, self._parts, self.size = "".join(self._parts), [], 0
        return text


def _rows(table: Table, window: Window) -> Iterator[list[Any]]:
    for row in db.session.execute(table.rows(window), execution_options={"yield_per": AT_ONCE}):
        yield [_plain(cell) for cell in row]


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    if isinstance(cell, dict | list):
        return _json(cell)
    return int(cell) if isinstance(cell, bool) else cell


def _json(cell: Any) -> str:
    from json import dumps
    return dumps(cell, sort_keys=True, separators=(",", ":"))


def write_csv(table: Table, window: Window, path: Path) -> int:
    """Write the table to a file; it is there whole or not at all. Returns how many rows."""
    count = -1
    with _whole(path) as file:
        for part in csv_lines(table, window):
            file.write(part)
            count += part.count("\r\n")
    return count


def write_parquet(table: Table, window: Window, path: Path) -> int:
    """Write the table as Parquet; it is there whole or not at all. Returns how many rows. Raises NoParquet."""
    try:
        import duckdb
    except ImportError as error:
        raise NoParquet() from error
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        raw, made = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        with raw.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerows(_rows(table, window))
        with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1, "autoinstall_known_extensions": False}) as writer_of:
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind in table.columns)
            counted = writer_of.execute(
                "COPY (SELECT * FROM read_csv(?, header = false, auto_detect = false, delim = ',', quote = '\"', "  # noqa: S608 - words of ours
                f"escape = '\"', columns = {{{columns}}})) "  # our own names of columns
                f"TO '{_quoted(made)}' (FORMAT parquet, COMPRESSION zstd)", [str(raw)]).fetchone()
        os.replace(made, path)
    return int(counted[0]) if counted else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


class _whole:
    """A file that takes its name only when it was written to the end."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.part")

    def __enter__(self) -> TextIO:
        self._file = self._part.open("w", newline="")
        return self._file

    def __exit__(self, failed: Any, *_rest: Any) -> None:
        self._file.close()
        if failed is None:
            os.replace(self._part, self._path)
        else:
            self._part.unlink(missing_ok=True)


WRITERS: dict[Format, Callable[[Table, Window, Path], int]] = {Format.CSV: write_csv, Format.PARQUET: write_parquet}


def export(path: Path, form: Format, window: Window, names: Iterable[str] = tuple(TABLES)) -> list[tuple[Path, int]]:
    """Write all tables into a folder, or the events into one file when the path ends like one; each with its rows."""
    if path.suffix == f".{form}":
        return [(path, WRITERS[form](TABLES["events"], window, path))]
    path.mkdir(parents=True, exist_ok=True)
    return [(path / f"{name}.{form}", WRITERS[form](TABLES[name], window, path / f"{name}.{form}")) for name in names]
