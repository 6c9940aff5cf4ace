"""Coming onto accounts, leaving, pausing and being erased, all at once: nobody is left where nobody should be."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db
from portal.account.models import Member, MemberStatus, User
from portal.billing.payers.invite import invite
from portal.billing.payers.models import AccountAdmin, InvitedAs, PayerDriver
from portal.billing.payers.payer_of import add_business, own_payer
from portal.privacy.ask_to_erase import ask_to_erase
from reservations.booking.models import Reservation
from tests.factories import NOON, People
from tests.portal.business.made import a_business, an_admin
from tests.races.account_deeds import BEGUN, WAITS
from tests.races.track import ROUNDS, SOAK, Track, on

pytestmark = pytest.mark.long
TIMES = ROUNDS if SOAK else 2 * ROUNDS
UNTIL = "2027-01-04"


def _invited(owner: Member, user: User) -> str:
    """An invitation onto the owner's account."""
    return str(invite(payer_id=own_payer(owner.id).id, email=user.email, invited_as=InvitedAs.DRIVER, by=owner.user,
                      now=NOON).id)


def _erasure(user: User) -> str:
    return str(ask_to_erase(user=user, now=NOON).id)


def _drives_on(owner_id: int) -> list[int]:
    return list(db.session.scalars(select(PayerDriver.member_id).where(PayerDriver.payer_id == own_payer(owner_id).id)))


def _status(member_id: int) -> str:
    db.session.expire_all()
    return db.session.get_one(Member, member_id).status


@pytest.mark.parametrize("goes", ["leave", "erase"])
def test_nobody_comes_onto_the_account_of_somebody_who_goes(track: Track, goes: str) -> None:
    people = People()
    for _ in range(TIMES):
        owner, driver = people.member("Owner", card=None), people.member("Driver", card=None)
        wishes = [[driver.user_id, "take up", _invited(owner, driver.user)]]
        wishes.append([owner.id, "leave"] if goes == "leave" else [owner.user_id, "erase", _erasure(owner.user)])
        answers = track.race(wishes)
        gone = _status(owner.id) == MemberStatus.CLOSED
        assert answers.of("take up") == ({"invitation_is_over": 1} if gone else {"done": 1}), answers
        assert _drives_on(owner.id) == ([] if gone else [driver.id])
        (went,) = [answer for answer in answers if answer.deed == goes]
        assert (went.outcome, went.id) in ({("done", owner.id), ("not_yet", None)} if goes == "leave" else
                                           {("done", BEGUN), ("done", WAITS)})


def test_of_two_invitations_accepted_at_once_one_account_pays_and_each_is_accepted_once(track: Track) -> None:
    people = People()
    for _ in range(TIMES):
        one, other, driver = (people.member(name, card=None) for name in ("One", "Other", "Driver"))
        both = [_invited(owner, driver.user) for owner in (one, other)]
        answers = track.race([[driver.user_id, "take up", each] for each in (*both, *both)])
        assert answers.outcomes["done"] == 1, answers
        assert set(answers.outcomes) <= {"done", "invitation_is_over", "drives_for_another"}, answers
        db.session.expire_all()
        assert len(_drives_on(one.id)) + len(_drives_on(other.id)) == 1


def test_two_who_invite_each_other_and_accept_at_once_do_not_wait_for_each_other(track: Track) -> None:
    people = People()
    for _ in range(TIMES):
        one, other = people.member("One", card=None), people.member("Other", card=None)
        answers = track.race([[one.user_id, "take up", _invited(other, one.user)],
                              [other.user_id, "take up", _invited(one, other.user)]])
        assert answers.outcomes == {"done": 2}, answers


def test_nobody_who_pauses_has_a_trip_booked_and_nobody_who_booked_is_paused(track: Track) -> None:
    people, day = People(), timedelta(days=150)  # where no other test books
    for number in range(TIMES):
        member = people.member("Pausing")
        answers = track.race([track.books(member.id, track.cars[0], on(day + timedelta(days=number), 0, 2)),
                              [member.id, "pause", UNTIL]])
        assert answers.outcomes["done"] == 1, answers
        booked = db.session.scalar(select(func.count(Reservation.id)).where(Reservation.member_id == member.id))
        assert (booked, _status(member.id)) in ((1, MemberStatus.ACTIVE), (0, MemberStatus.PAUSED))


def test_an_owner_who_pauses_and_an_invitation_that_is_accepted_come_one_after_the_other(track: Track) -> None:
    people = People()
    for _ in range(TIMES):
        owner, driver = people.member("Owner", card=None), people.member("Driver", card=None)
        answers = track.race([[driver.user_id, "take up", _invited(owner, driver.user)], [owner.id, "pause", UNTIL]])
        assert answers.of("pause") == {"done": 1}, answers
        accepted = answers.of("take up") == {"done": 1}
        assert accepted or answers.of("take up") == {"invitation_is_over": 1}, answers
        assert _drives_on(owner.id) == ([driver.id] if accepted else [])


@pytest.mark.parametrize("ways", [("run no more", "run no more"), ("erase", "erase"), ("erase", "run no more")])
def test_of_the_admins_of_a_business_who_go_at_once_one_stays(track: Track, ways: tuple[str, str]) -> None:
    people = People()
    for _ in range(TIMES):
        admins = (an_admin(people, "Ana Diaz"), an_admin(people, "Bo Li"))
        firm = a_business("Lakeside Ltd", admins=admins)
        answers = track.race([[user.id, way, firm.id if way == "run no more" else _erasure(user)]
                              for user, way in zip(admins, ways, strict=True)])
        db.session.expire_all()
        left = db.session.scalars(select(AccountAdmin.user_id).where(AccountAdmin.payer_id == firm.id)).all()
        assert len(left) == 1, answers
        assert set(answers.outcomes) <= {"done", "last_admin"}, answers
        assert [answer.id for answer in answers].count(BEGUN) == 1, answers


def test_whoever_is_being_erased_comes_to_run_no_business(track: Track) -> None:
    people = People()
    for _ in range(TIMES):
        user = an_admin(people, "Ana Diaz")
        firm = add_business(name="Lakeside Ltd", email="books@example.com", at=NOON)
        invited = invite(payer_id=firm.id, email=user.email, invited_as=InvitedAs.ADMIN, by=user, now=NOON)
        answers = track.race([[user.id, "take up", str(invited.id)], [user.id, "erase", _erasure(user)]])
        db.session.expire_all()
        left = db.session.scalars(select(AccountAdmin.user_id).where(AccountAdmin.payer_id == firm.id)).all()
        closed = db.session.get_one(User, user.id).disabled_at is not None
        assert answers.of("take up") == ({"invitation_is_over": 1} if closed else {"done": 1}), answers
        assert left == ([] if closed else [user.id]), "alone they wait for another admin"
