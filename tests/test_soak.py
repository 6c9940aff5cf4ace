"""What has a long form is in `make soak`: a long test that nobody runs proves nothing."""

import re

import pytest

from config import ROOT

TESTS = ROOT / "tests"
LINE = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "SOAK=1" in line)
SOAKED = [ROOT / name for name in re.findall(r"tests/\S+", LINE)]
LONG = [path for path in sorted(TESTS.rglob("test_*.py")) if re.search(r"^from \S+ import .*\bSOAK\b", path.read_text(), re.M)]


def test_the_search_for_long_tests_finds_them() -> None:
    assert len(LONG) > 10


@pytest.mark.parametrize("path", LONG, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_file_with_a_long_form_is_soaked(path):
    assert {path, *path.parents} & set(SOAKED), f"{path.relative_to(ROOT)} reads SOAK: add it to `make soak`"


@pytest.mark.parametrize("path", SOAKED, ids=lambda path: str(path.relative_to(TESTS)))
def test_what_is_soaked_is_there(path):
    assert path.exists()
