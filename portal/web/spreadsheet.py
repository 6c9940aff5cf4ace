"""Tables as CSV files (RFC 4180) that no spreadsheet mistakes for a program."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file to keep under this name."""
    text = io.StringIO()
    writer = csv.writer(text)  # the csv module's usual dialect is RFC 4180: commas, doubled quotes, CRLF
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return Response(text.getvalue(), mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})


def harmless(cell: Any) -> Any:
    """Numbers stay; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(cell, int | float):
        return cell
    written = "" if cell is None else str(cell)
    return f"'{written}" if written.startswith(DANGEROUS) else written
