"""Two colleagues over one case in four server processes: exactly one wins, the rest are told, on both databases.

`SOAK=1` runs more rounds.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.database import db
from core.outbox import OutboxRow
from experience.cases.models import Act, Case, CaseEntry
from portal.account.models import Role
from portal.app import create_app
from portal.help.models import Entry
from tests.conftest import DATABASES, SOAK, fresh_database, settings_for
from tests.experience.cases.given import a_case
from tests.factories import People

pytestmark = pytest.mark.long
ROUNDS = 60 if SOAK else 10
PROCESSES = 4


@dataclass
class Track:
    """A database, two colleagues, and the server processes that race over its cases."""

    two: list[int]
    people: People
    racers: "subprocess.Popen[str]"

    def race(self, wishes: list[list[object]]) -> list[list[str]]:
        """Let all wishes start at the same moment, one in each process; each deed with what became of it."""
        assert self.racers.stdin is not None
        assert self.racers.stdout is not None
        self.racers.stdin.write(json.dumps(wishes) + "\n")
        self.racers.stdin.flush()
        answers: list[list[str]] = json.loads(self.racers.stdout.readline())
        db.session.rollback()
        assert len(answers) == len(wishes)
        return answers


@pytest.fixture(scope="module", params=DATABASES)
def track(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    home = tmp_path_factory.mktemp("cases")
    with fresh_database(request, request.param, home) as url:
        app = create_app(settings_for(home, url))
        environ = os.environ | {"APP_ENV": "testing", "PORTAL_HOME": str(home), "DATABASE_URL": url}
        with app.app_context(), subprocess.Popen(
                [sys.executable, "-m", "tests.experience.cases.racer", str(PROCESSES)], env=environ, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as racers:
            assert racers.stdin is not None
            assert racers.stdout is not None
            people = People()
            two = [people.staff(Role.CX, name).id for name in ("Mara Lind", "Ines Vogt")]
            assert racers.stdout.readline() == "ready\n"
            yield Track(two, people, racers)
            racers.stdin.close()
            db.session.remove()
            db.engine.dispose()


def won(answers: list[list[str]], *told: str) -> str:
    """The deed of the one who won; everybody else was told in one of these ways."""
    (deed,) = [deed for deed, what in answers if what == "done"]
    assert {what for _deed, what in answers} <= {"done", *told}, answers
    return deed


def test_of_two_who_take_a_case_at_once_one_has_it(track: Track) -> None:
    for number in range(ROUNDS):
        case = a_case(track.people.member(f"Taken {number}").id)
        answers = track.race([["take", case.id.hex, user, 0, ""] for user in track.two])
        won(answers, "case_in_other_hands")
        assert _entries(case, Act.TAKEN) == 1


def test_of_two_who_answer_and_close_a_case_at_once_one_deed_is_done(track: Track) -> None:
    keys = count()
    for number in range(ROUNDS):
        case = a_case(track.people.member(f"Closed {number}").id)
        answers = track.race([[deed, case.id.hex, user, case.version, f"race-form-{next(keys)}"]
                              for user in track.two for deed in ("reply", "close")])
        deed = won(answers, "case_in_other_hands", "case_changed")
        assert (_entries(case, Act.REPLY), _entries(case, Act.CLOSED)) == ((1, 0) if deed == "reply" else (0, 1))
        written = db.session.scalar(select(func.count()).select_from(Entry).where(
            Entry.conversation_id == _again(case).conversation_id))
        letters = db.session.scalar(select(func.count()).select_from(OutboxRow).where(
            OutboxRow.member_id == case.member_id, OutboxRow.kind == "case_closed"))
        assert (written, letters) == ((1, 0) if deed == "reply" else (0, 1))


def _again(case: Case) -> Case:
    return db.session.get_one(Case, case.id, populate_existing=True)


def _entries(case: Case, act: Act) -> int:
    return db.session.scalar(select(func.count()).select_from(CaseEntry).where(
        CaseEntry.case_id == case.id, CaseEntry.act == act)) or 0
