"""Whoever owes an overdue promise hears of it once; where nobody owns it, everybody at its desk does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db, transaction
from experience.promises.kinds import PromiseKind as K
from experience.promises.mint import Promised, mint
from experience.promises.models import Promise
from portal.account.models import Role
from portal.worker import do_due
from tests.factories import NOON
from tests.portal.help.made import Desk

pytestmark = pytest.mark.one_database
NOBODYS, YOURS = "A promise that nobody has taken is overdue", "A promise of yours is overdue"


@pytest.fixture
def desk(app, clock, people) -> Desk:
    return Desk(app, clock, people.staff(Role.SUPPORT, "Ana Reyes"), people.staff(Role.SUPPORT, "Ben Cole"))


def alarms(desk: Desk) -> list[tuple[str, str]]:
    do_due(desk.site)
    do_due(desk.site)
    return sorted((letter["To"], letter["Subject"]) for letter in desk.letters() if letter["Subject"] in (NOBODYS, YOURS))


def past_its_date(desk: Desk) -> None:
    db.session.rollback()
    desk.clock.at = db.session.scalars(select(Promise.due_at).where(Promise.kind == K.ANSWER)).one() + timedelta(minutes=1)


def test_an_answer_that_nobody_took_alarms_everybody_at_the_help_desk_once_and_nobody_else(desk, people):
    people.staff(Role.FINANCE)
    desk.asked(people.member())
    assert alarms(desk) == []
    past_its_date(desk)
    assert alarms(desk) == sorted((user.email, NOBODYS) for user in (desk.ana, desk.ben))
    desk.clock.forward(days=1)
    assert len(alarms(desk)) == 2
    link = next(letter for letter in desk.letters() if letter["Subject"] == NOBODYS).get_content()
    assert "/office/help/" in link


def test_an_answer_in_a_conversation_that_somebody_took_alarms_them(desk, people):
    conversation = desk.asked(people.member())
    with transaction():
        desk.again(conversation).owner_id = desk.ben.id
    past_its_date(desk)
    assert alarms(desk) == [(desk.ben.email, YOURS)]


def test_an_answer_that_was_given_in_time_alarms_nobody(desk, people):
    conversation = desk.asked(people.member())
    desk.answered(conversation)
    past_its_date(desk)
    assert alarms(desk) == []


def test_where_nobody_sits_at_the_desk_whoever_runs_the_service_is_alarmed(app, clock, people):
    root = people.staff(Role.ADMIN)
    with transaction():
        mint(member_id=people.member().id, promised=[Promised(K.DISPUTE, NOON)], subject="dispute:1", at=NOON)
    clock.forward(minutes=1)
    assert alarms(Desk(app, clock, root, root)) == [(root.email, NOBODYS)]
