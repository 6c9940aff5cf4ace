"""Everything about a person as one ZIP file: each table as JSON and as CSV, the pictures, and a page that says what is what."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.database import hold_nothing_open, reading
from core.files import Files
from core.personal import Person
from core.sealed import Seal
from portal.privacy.hand_out import Row, handed_out
from portal.privacy.register import HOLDERS
from portal.web.spreadsheet import harmless

READ_ME = """Everything that Roundtrip has about you, as of {at}.

data.json      all of it, for programs
csv/           the same, a table in each file, for spreadsheets
pictures/      the pictures that you sent us and that are still kept

Times are UTC, amounts are whole cents. Where others had a part in it, they are "another member" or "one of our staff".
Left out are: what would open your account (passwords and keys, of which we only have marks), notes that our staff wrote for
each other, and the prices of trips as far as somebody else paid for them. The file is for you alone: whoever has it knows all
this.
"""


def packed(person: Person, *, files: Files, seal: Seal, at: datetime, part_done: Callable[[], None]) -> bytes:
    """The whole file. Calls `part_done` after each holder. What is read belongs to one moment for each table, not for all."""
    out = io.BytesIO()
    told: dict[str, Any] = {"made_at": at.isoformat(), "about": "all that Roundtrip has of you", "tables": {}}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        damaged: list[str] = []
        for holder in HOLDERS:
            with reading():
                for held in holder.tables:
                    told["tables"].setdefault(held.table, []).extend(handed_out(held, person, seal))
            for name, data in holder.files(person, files, seal) if holder.files is not None else ():
                if data is None:
                    damaged.append(name)
                else:
                    archive.writestr(f"pictures/{name}", data)
            hold_nothing_open()
            part_done()
        archive.writestr("README.txt", READ_ME.format(at=at.isoformat(timespec="minutes")) + "".join(
            f"\npictures/{name} could not be read: its file is damaged.\n" for name in damaged))
        told["tables"] = {name: rows for name, rows in told["tables"].items() if rows}
        archive.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        for name, rows in told["tables"].items():
            archive.writestr(f"csv/{name}.csv", _sheet(rows))
    return out.getvalue()


def _sheet(rows: list[Row]) -> str:
    """RFC 4180, and no formulas; what is a list or has parts is JSON in its cell."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(rows[0])
    sheet.writerows([harmless(json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell)
                     for cell in row.values()] for row in rows)
    return text.getvalue()
