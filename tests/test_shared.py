"""What the processes of a test run share is made once, and made anew after a failure."""

from pathlib import Path

import pytest

from tests.shared import made_once


def test_what_one_process_failed_to_make_the_next_one_makes_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        made_once(tmp_path, "city", fail)
    made = made_once(tmp_path, "city", lambda folder: (folder / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert made_once(tmp_path, "city", fail) == made
