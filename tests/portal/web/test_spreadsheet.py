"""What leaves as a table is data for a spreadsheet, never a program."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from portal.web.spreadsheet import harmless, table


@pytest.mark.parametrize(("cell", "written"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "'\ra"), ("\na", "'\na"),
    ("a=b", "a=b"), (-3, -3), (None, ""), (0.5, 0.5)])
@pytest.mark.check("csv")
def test_no_cell_is_a_formula(cell: Any, written: Any) -> None:
    assert harmless(cell) == written


@pytest.mark.check("csv")
def test_a_table_reads_back_as_it_was() -> None:
    answer = table("cars.csv", ("name", "says"), [("Acorn", 'a "quoted", line\nand another'), ("=Basil", 3)])
    assert list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline=""))) == [
        ["name", "says"], ["Acorn", 'a "quoted", line\nand another'], ["'=Basil", "3"]]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cars.csv"'


def test_nobody_writes_a_table_without_it() -> None:
    root, rooms = Path(__file__).parents[3], ("core", "experience", "fleet", "portal", "reservations")
    texts = {str(path.relative_to(root)): path.read_text() for room in rooms for path in (root / room).rglob("*.py")}
    writers = {name: text for name, text in texts.items() if "csv.writer(" in text or "DictWriter(" in text}
    # The second writer of the export writes for DuckDB, which reads text as text.
    assert set(writers) == {"portal/web/spreadsheet.py", "portal/privacy/pack.py", "experience/insight/export.py"}
    assert all("harmless(" in text for text in writers.values())
