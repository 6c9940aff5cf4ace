"""Whoever pays for others: what their new card holds, when they may go, and what becomes of their invitations."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.time import wall_now
from portal import worker
from portal.account.leave.leave import NotYet, leave
from portal.account.models import Member, MemberStatus
from portal.billing.cards.keep import try_card_later
from portal.billing.payers.accept import accept
from portal.billing.payers.end_driving import end_driving
from portal.billing.payers.errors import InvitationIsOver
from portal.billing.payers.invite import invite
from portal.billing.payers.models import AccountAdmin, Invitation, InvitedAs, PayerDriver
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.models import State
from portal.privacy.ask_to_erase import ask_to_erase
from portal.privacy.errors import EraseNotYet
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.worker import do_due
from reservations.booking.cancel import cancel
from reservations.booking.hold_price import is_unpaid, payment_of
from tests.factories import NOON, a_card
from tests.portal.business.made import a_business, an_admin, drives_with
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, words_of


def leaves(app, member: Member) -> None:
    leave(member=member, reason=None, words="", seal=app.extensions["adapters"].seal, now=NOON)


@pytest.mark.one_database
def test_a_new_card_of_the_owners_holds_what_the_old_one_did_not_of_a_drivers_trip(app, people, clock):
    ada, ben = people.member("Ada Okafor", card="pm_card_chargeCustomerFail"), people.member("Ben Ode", card=None)
    drives_with(ada, ben)
    trip = booked(ben)
    do_due(app)
    assert is_unpaid(trip)
    card = a_card(ada)
    with transaction():
        try_card_later(own_payer(ada.id), card, NOON)
    do_due(app)
    db.session.expire_all()
    assert (payment_of(trip).state, is_unpaid(trip)) == (State.HELD, False)


@pytest.mark.one_database
def test_whoever_pays_for_a_trip_of_another_goes_when_it_is_over_also_if_that_one_drives_with_them_no_more(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None)
    payer, trip = drives_with(ada, ben), booked(ben)
    end_driving(payer_id=payer.id, member_id=ben.id, by_driver=False, now=NOON)
    page = words_of(browser_of(app, ada.user, clock).get("/account/leave"))
    assert f"You pay for a trip of Ben Ode: {trip.car.name}, " in page
    with pytest.raises(NotYet):
        leaves(app, ada)
    with pytest.raises(EraseNotYet):
        ask_to_erase(user=ada.user, now=NOON)
    cancel(reservation=trip, now=NOON)
    leaves(app, ada)
    assert ada.status == MemberStatus.CLOSED


def test_no_invitation_outlives_the_membership_of_whoever_sent_it(app, people):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None)
    made = invite(payer_id=own_payer(ada.id).id, email=ben.user.email, invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)

    def is_now(status: MemberStatus) -> None:
        with transaction():
            db.session.execute(update(Member).where(Member.id == ada.id).values(status=status))

    for status in (MemberStatus.PAUSED, MemberStatus.CLOSED):
        is_now(status)
        with pytest.raises(InvitationIsOver):
            accept(invitation_id=made.id, user=ben.user, now=NOON)
    is_now(MemberStatus.ACTIVE)
    leaves(app, db.session.get_one(Member, ada.id))
    assert db.session.get_one(Invitation, made.id, populate_existing=True).withdrawn_at is not None
    assert db.session.scalars(select(PayerDriver)).all() == []


@pytest.mark.one_database
def test_an_invitation_that_nobody_accepted_is_deleted_a_month_after_its_last_day(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None)
    payer = drives_with(ada, ben)
    for email in ("old@example.net", "young@example.net"):
        invite(payer_id=payer.id, email=email, invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)
    for days, email in ((31, "old@example.net"), (29, "young@example.net"), (31, ben.user.email)):
        with transaction():
            db.session.execute(update(Invitation).where(Invitation.email == email).values(
                ends_at=wall_now() - timedelta(days=days)))
    worker.once_a_day(app)
    db.session.rollback()
    assert set(db.session.scalars(select(Invitation.email))) == {"young@example.net", ben.user.email}
    page = words_of(Browser(app.test_client(), clock).get("/privacy"))
    assert "An invitation onto an account that nobody accepted, after its last day 30 days" in page


@pytest.mark.one_database
def test_whoever_alone_runs_a_business_is_erased_when_somebody_else_does(app, people, clock):
    ada, bo = people.member("Ada Okafor"), an_admin(people, "Bo Li")
    firm = a_business("Lakeside Ltd", admins=(ada.user,))
    page = browser_of(app, ada.user, clock).get("/account/privacy/erase")
    assert "You alone run the account of Lakeside Ltd." in words_of(page)
    assert f'href="/business/{firm.id}/admins"' in page.text
    with transaction():
        db.session.add(AccountAdmin(payer_id=firm.id, user_id=bo.id, since=NOON))
    assert in_the_way_of_erasing(ada.user, NOON) == []
