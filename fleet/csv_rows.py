"""A CSV file becomes rows of a table: every error with its line, all or nothing."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from core.database import db, transaction
from fleet.csv_cells import Row

Errors = list[tuple[int, str]]  # a line and what is wrong with it
Made = tuple[int, dict[str, Any]]  # a line and the values that it makes


class BadCsv(ValueError):
    """The file `name` does not hold: `errors` has one sentence a line, each beginning with its line number."""

    def __init__(self, path: Path, errors: list[str]) -> None:
        super().__init__(f"{path.name}: " + "; ".join(errors[:20]))
        self.name, self.errors = path.name, errors


def add_or_change(path: Path, table: Any, by: tuple[str, ...], values: Callable[[Row], dict[str, Any]], *,
                  new: dict[str, Any] | None = None, unique: Mapping[str, str] = MappingProxyType({}),
                  never_without: tuple[str, ...] = ()) -> int:
    """Add or change rows of the table; `unique` names the other columns in which no two rows agree, each with its word, and
    `never_without` those for which one row has to be in force for ever."""
    with transaction():
        made, errors = _made(path, by, values)
        known = {tuple(getattr(row, key) for key in by): row for row in db.session.scalars(select(table))}
        errors += _clashes(made, by, known, unique)
        errors += _holes(made, by, known, never_without) if never_without else []
        if errors:
            raise BadCsv(path, [f"line {line}: {error}" for line, error in sorted(errors)])
        changed, added = [], []
        for line, row in made:
            existing = known.get(tuple(row[key] for key in by))
            if existing is None:
                added.append(table(**{**(new or {}), **row}))
            else:
                changed.append((line, existing, row))
        _change(path, changed, unique)
        db.session.add_all(added)
        db.session.flush()
    return len(made)


def _made(path: Path, by: tuple[str, ...], values: Callable[[Row], dict[str, Any]]) -> tuple[list[Made], Errors]:
    """What each line of the file makes, and what is wrong with the others."""
    made: list[Made] = []
    errors: Errors = []
    lines: dict[tuple[Any, ...], int] = {}
    for line, columns, cells in read_rows(path):
        try:
            new = values(cells_by_column(columns, cells))
        except KeyError as error:
            errors.append((line, f"there is no column {error}"))
            continue
        except ValueError as error:
            errors.append((line, str(error)))
            continue
        first = lines.setdefault(tuple(new[key] for key in by), line)
        if first == line:
            made.append((line, new))
        else:
            errors.append((line, f"the same {', '.join(by)} as line {first}"))
    return made, errors


def _clashes(made: list[Made], by: tuple[str, ...], known: Mapping[Any, Any], unique: Mapping[str, str]) -> Errors:
    """Where a line would give something that a line before it, or a row that the file does not name, has already."""
    named = {tuple(row[key] for key in by) for _, row in made}
    errors: Errors = []
    for column, word in unique.items():
        has = {getattr(row, column): repr(key[0]) for key, row in known.items() if key not in named}
        for line, row in made:
            other = has.setdefault(row[column], f"line {line}")
            if other != f"line {line}":
                left = "" if other.startswith("line ") else ", which is not in this file"
                errors.append((line, f"the same {word} as {other}{left}"))
    return errors


def _holes(made: list[Made], by: tuple[str, ...], known: Mapping[Any, Any], of: tuple[str, ...]) -> Errors:
    """Where something ends and nothing counts after it: told on the last line about it. A city's own may end: then what
    counts everywhere counts there too."""
    columns = {*by, *of, "effective_from", "effective_until"}
    rows = {key: {column: getattr(row, column) for column in columns} for key, row in known.items()}
    rows |= {tuple(row[key] for key in by): row for _, row in made}
    spans: dict[tuple[Any, ...], list[tuple[datetime, datetime | None]]] = {}
    for row in rows.values():
        if not row.get("city"):
            spans.setdefault(tuple(row[key] for key in of), []).append((row["effective_from"], row["effective_until"]))
    last = {tuple(row[key] for key in of): line for line, row in made}
    return [(line, f"nothing would count for {' '.join(what)} from some day on: one has to go on without a last day")
            for what, line in last.items()
            if any(end is not None and not any(begins <= end and (not until or end < until) for begins, until in spans[what])
                   for _start, end in spans.get(what, []))]


def _change(path: Path, changed: list[tuple[int, Any, dict[str, Any]]], unique: Mapping[str, str]) -> None:
    """Change rows in an order in which nobody takes what another still has. Raises BadCsv where there is none."""
    waiting = changed
    while waiting:
        has = {(column, getattr(row, column)): line for line, row, _ in waiting for column in unique}
        held_by = [[has.get((column, new[column]), line) for column in unique] for line, _, new in waiting]
        ready = {each[0]: each for each, others in zip(waiting, held_by, strict=True) if set(others) <= {each[0]}}
        if not ready:
            raise BadCsv(path, [
                f"line {line}: takes over the {word} that line {other} has, and that one waits for another: import one of them "
                f"with a free {word} first"
                for (line, _, _), others in zip(waiting, held_by, strict=True)
                for word, other in zip(unique.values(), others, strict=True) if other != line])
        for _, row, new in ready.values():
            for key, value in new.items():
                setattr(row, key, value)
        db.session.flush()
        waiting = [each for each in waiting if each[0] not in ready]


def read_rows(path: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Each line with its number, the columns and its cells. Excel begins its UTF-8 with a mark, which belongs to no column."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, data[:error.start]) from error
    if "\0" in text:
        raise _not_utf8(path, data[:data.index(b"\0")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    first = 1
    try:
        for cells in reader:
            if cells and columns:
                yield reader.line_num, columns, cells
            columns, first = columns or cells, reader.line_num + 1
    except csv.Error as error:
        raise BadCsv(path, [f"line {first}: the cells cannot be told apart from here on, as if a quote were open: "
                            f"{error}"]) from error


def _not_utf8(path: Path, before: bytes) -> BadCsv:
    line = before.count(b"\n") + 1
    return BadCsv(path, [f"line {line}: this is not UTF-8: save the file as “CSV UTF-8”"])


def cells_by_column(columns: list[str], cells: list[str]) -> Row:
    """The cells by column. A spreadsheet may end its lines with commas, but nothing stands beyond the columns."""
    row = {column: cell.strip() for column, cell in zip_longest(columns, cells[:len(columns)], fillvalue="")}
    surplus = [cell.strip() for cell in (*cells[len(columns):], row.pop("", "")) if cell.strip()]
    if surplus:
        raise ValueError(f"there are more cells than columns: {', '.join(surplus)}")
    return row
