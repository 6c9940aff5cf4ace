"""What leaves as a table is data for a spreadsheet, never a program."""

import csv
import io
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
