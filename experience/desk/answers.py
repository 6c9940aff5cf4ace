"""Answers that are no pages: parts that keep themselves true, and tables for a spreadsheet."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, g, request

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def part(html: str, version: str = "") -> Response:
    """A live part of a page; nothing but its ETag when the browser has this version (by default: these very words)."""
    g.fragment = True
    response = Response(html, mimetype="text/html")
    response.set_etag(etag_of(version or html), weak=True)
    return response.make_conditional(request)


def unchanged(version: str) -> Response | None:
    """The answer to a browser that has this version already; asked before the work is done."""
    if not request.if_none_match.contains_weak(etag_of(version)):
        return None
    return part("", version)


def etag_of(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()[:24]


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file; cells that a spreadsheet would take for a formula begin with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return Response(text.getvalue(), mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


def harmless(cell: Any) -> Any:
    """Numbers stay; words that start like a formula are marked as words."""
    if isinstance(cell, int | float):
        return cell
    written = "" if cell is None else str(cell)
    return f"'{written}" if written.startswith(DANGEROUS) else written
