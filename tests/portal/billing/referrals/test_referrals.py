"""Members who bring others: a code nobody guesses, carried through joining, credit for both once, and never to oneself."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.database import db, transaction
from portal.account.models import Member, MemberStatus
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.payers.payer_of import own_payer
from portal.billing.referrals.code import LETTERS, LONG, NoCodeYet, make_code, owner_of
from portal.billing.referrals.decide import credit_referrals, same_person
from portal.billing.referrals.join import join_with
from portal.billing.referrals.models import Referral, ReferralState, ReferralWhy
from portal.billing.referrals.queries import brought_by, came_with
from portal.licence.models import Licence, LicenceStatus
from portal.signup.code import code_for
from portal.signup.models import SignUp
from reservations.booking.promo import redeem
from reservations.booking.reach import reach_of, used_by
from tests.factories import NOON, a_car, hours
from tests.portal.licence.showing import a_verified
from tests.reservations.made import Street, a_street, booked
from tests.reservations.pages import Browser, browser_of, words_of

MASTERCARD = "pm_card_mastercard"


@pytest.fixture
def street(app, clock) -> Street:
    return a_street(app, clock)


def brought(by: Member, friend: Member) -> Referral:
    code = make_code(member=by, now=NOON)
    with transaction():
        return join_with(code, friend=friend, now=NOON)


def credit_of(member: Member) -> list[int]:
    return list(db.session.scalars(select(Credit.granted_cents).where(
        Credit.payer_id == own_payer(member.id).id, Credit.kind == CreditKind.REFERRAL)))


def drives(street: Street, member: Member, start: float = 24) -> None:
    """A trip from the booking to the paid bill."""
    trip = street.unlocked(booked(member, a_car(name="Acorn"), hours(start, start + 2), now=street.clock()))
    street.returned(trip)
    street.work()


def test_both_get_their_credit_once_and_not_before_the_friends_first_trip_is_paid(app, people, street, clock):
    ada, bo = people.member(), people.member("Bo Lindqvist", card=MASTERCARD)
    referral = brought(ada, bo)
    booked(bo, a_car(name="Basil"), hours(48, 50))
    street.work()
    assert (credit_referrals(clock()), credit_of(ada), credit_of(bo)) == (0, [], [])
    drives(street, bo)
    assert (credit_of(ada), credit_of(bo)) == ([1500], [1500])
    drives(street, bo, 30)
    assert credit_referrals(clock()) == 0
    assert (credit_of(ada), credit_of(bo)) == ([1500], [1500])
    assert db.session.get_one(Referral, referral.id, populate_existing=True).state == ReferralState.CREDITED
    counts = brought_by(ada.id, clock())
    assert (counts.joined, counts.waiting, counts.credited, counts.given.cents, counts.without) == (1, 0, 1, 1500, 0)


@pytest.mark.parametrize("why", [ReferralWhy.SAME_CARD, ReferralWhy.SAME_PHONE, ReferralWhy.SAME_LICENCE])
def test_whoever_brings_themselves_is_refused_and_reads_why(app, people, street, clock, why):
    ada = people.member()
    bo = people.member("Bo Lindqvist", **({} if why is ReferralWhy.SAME_CARD else {"card": MASTERCARD}))
    if why is ReferralWhy.SAME_PHONE:
        with transaction():
            ada.phone = bo.phone = "+13125550123"
    if why is ReferralWhy.SAME_LICENCE:
        a_verified(ada)
        with transaction():  # it has ended, and counts for somebody else now
            db.session.scalars(select(Licence).where(Licence.member_id == ada.id)).one().status = LicenceStatus.SUPERSEDED
        a_verified(bo)
    brought(ada, bo)
    assert same_person(ada.id, bo.id) == why
    drives(street, bo)
    assert (credit_of(ada), credit_of(bo)) == ([], [])
    came = came_with(bo.id)
    assert (came.state, came.why, brought_by(ada.id, clock()).without) == (ReferralState.REFUSED, why, 1)
    assert "It brought no credit" in words_of(browser_of(app, bo.user, clock).get("/account/codes"))


def test_a_year_has_so_many_and_the_friend_has_theirs_all_the_same(app, people, street, clock):
    ada, bo = people.member(), people.member("Bo Lindqvist", card=MASTERCARD)
    referral = brought(ada, bo)
    with transaction():
        for number in range(10):
            friend = people.member(f"Friend {number}", card=None)
            db.session.add(Referral(id=referral.id.__class__(int=number + 1), by_member_id=ada.id, friend_id=friend.id,
                                    state=ReferralState.CREDITED, joined_at=NOON, gives_cents=1500, gets_cents=1500,
                                    decided_at=NOON - timedelta(days=100)))
    drives(street, bo)
    assert (credit_of(ada), credit_of(bo)) == ([], [1500])
    assert db.session.get_one(Referral, referral.id, populate_existing=True).why == ReferralWhy.MOST


def test_a_code_is_made_of_what_nobody_mistakes_and_counts_while_its_owner_drives(app, people):
    ada = people.member()
    code = make_code(member=ada, now=NOON)
    assert make_code(member=ada, now=NOON) == code
    assert (len(code), set(code) <= set(LETTERS)) == (LONG, True)
    assert owner_of(f" {code[:5].lower()}-{code[5:]} ").id == ada.id
    with pytest.raises(NoCodeYet):
        make_code(member=people.member(status=MemberStatus.APPLICANT), now=NOON)
    with transaction():
        db.session.get_one(Member, ada.id).status = MemberStatus.CLOSED
    assert owner_of(code) is None
    with transaction():
        assert join_with(code, friend=people.member("Bo Lindqvist"), now=NOON) is None


@pytest.mark.one_database
def test_a_friends_link_is_carried_through_joining_and_a_wrong_code_is_said_beside_its_field(app, people, clock):
    ada = people.member()
    client = browser_of(app, ada.user, clock)
    assert client.post("/account/codes").location == "/account/codes"
    code = make_code(member=ada, now=NOON)
    page = words_of(client.get("/account/codes"))
    assert code in page
    assert f"/join?friend={code}" in page
    assert "gets $15 of credit, and you get $15" in page
    assert "This is your own code: it is for friends." in words_of(client.get("/account/codes", code=f" {code.lower()} "))
    visitor = Browser(app.test_client(), clock)
    visitor.get("/join", friend=code)
    visitor.post("/join", born_on="1990-05-04", held_since="2010-06-01", licence_from="us", violated="no")
    assert code in visitor.get("/join/details").text
    details = {"name": "Kim Ito", "email": "kim@example.com", "phone": "(312) 555-0199", "password": "seven quiet herons wade"}
    wrong = visitor.post("/join/details", **details, friend_code="ABCDEFGHJK")
    assert (wrong.status_code, "We do not know this code." in wrong.text, "Okafor" in wrong.text) == (422, True, False)
    assert visitor.post("/join/details", **details, friend_code=code.lower()).location == "/join/code"
    row = db.session.scalars(select(SignUp)).one()
    assert row.friend_code == code
    visitor.post("/join/code", code=code_for(row.id, app.config["SECRET_KEY"]))
    (referral,) = db.session.scalars(select(Referral)).all()
    assert (referral.by_member_id, referral.state, referral.gives_cents) == (ada.id, ReferralState.JOINED, 1500)
    assert "Kim" not in words_of(client.get("/account/codes"))  # whom it brought is theirs to tell


def test_what_a_promo_code_is_good_for_is_said_before_and_beside_the_booking(app, people, clock):
    ada, car = people.member(), a_car(car_class="economy")
    reach = reach_of(" vanweek ", member_id=ada.id, now=NOON)
    assert (reach.code, reach.cents, reach.classes, reach.mine, reach.per_member, reach.left) == (
        "VANWEEK", 1500, ("van", "wagon"), 2, 2, 500)
    assert reach_of("NOSUCH", member_id=ada.id, now=NOON) is None
    client = browser_of(app, ada.user, clock)
    page = words_of(client.get("/account/codes", code="vanweek"))
    assert "Up to $15.00 off the driving time of a trip." in page
    assert "You have 2 of 2 uses left. For all members together 500 are left." in page
    booking = words_of(client.get(f"/cars/{car.slug}/book", promo="VANWEEK"))
    assert "This code is not for a car of this class." in booking
    assert "What VANWEEK is good for" in booking
    trip = booked(ada, car)
    with transaction():
        redeem("WELCOME10", member_id=ada.id, reservation_id=trip.id, now=NOON)
    (used,) = used_by(ada.id, NOON)
    assert (used.code, used.mine, used.used_up) == ("WELCOME10", 0, True)
    assert "Codes that you have used" in words_of(client.get("/account/codes"))
    assert db.session.scalar(select(func.count()).select_from(Credit)) == 0
