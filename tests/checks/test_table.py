"""docs/checks.md is true: every check is there, its tests bear its word, and it is seen to fail in the way that is said."""

import re

from config import ROOT
from tests.checks.test_defences import OFF

ROW = re.compile(r"^\| (\d+) \| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", re.M)
# Words of the checks of booking, money and operations, which have no table yet.
LATER = {"race", "stateful", "replay", "price", "webhook", "order", "dst", "migrate", "move", "backup", "gdpr", "retention",
         "gbfs", "limits", "secrets"}
ROWS = ROW.findall((ROOT / "docs" / "checks.md").read_text())


def test_every_check_stands_in_the_table_once():
    assert [int(number) for number, *_rest in ROWS] == list(range(1, 44))


def test_the_tests_of_a_check_are_where_the_table_says_and_bear_its_word():
    for _number, word, _what, tests, _how in ROWS:
        for path in re.findall(r"`(\S+)`", tests):
            assert re.search(rf'mark\.check\([^)]*"{word}"', (ROOT / path).read_text()), (word, path)


def test_no_test_bears_a_word_that_the_table_does_not_know():
    known = {word for _number, word, *_rest in ROWS} | LATER
    for path in (ROOT / "tests").rglob("test_*.py"):
        for words in re.findall(r"@pytest\.mark\.check\(([^)]*)\)", path.read_text()):
            assert set(re.findall(r'"(\w+)"', words)) <= known, path


def test_what_is_seen_to_fail_with_a_line_taken_away_has_that_line():
    assert {word for _number, word, _what, _tests, how in ROWS if how == "off"} == {off.word for off in OFF}
