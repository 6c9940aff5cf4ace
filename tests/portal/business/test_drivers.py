"""Drivers on a member's account: invited by mail, accepted by whoever has the address, and ended by either side."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import db, transaction
from core.money import Money
from core.time import wall_now
from portal.account.models import MemberStatus, SignedIn
from portal.billing.payers.accept import accept
from portal.billing.payers.drivers import other_drivers
from portal.billing.payers.errors import InvitationIsOver
from portal.billing.payers.invite import invite, sign_invitation
from portal.billing.payers.models import Invitation, InvitedAs, PayerDriver
from portal.billing.payers.payer_of import own_payer
from portal.messages.models import Message
from portal.worker import do_due
from tests.factories import NOON, a_card, hours
from tests.portal.business.made import drives_with
from tests.portal.signup.made import work
from tests.portal.signup.test_pages import CHECK, DETAILS, secret_code
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, words_of

pytestmark = pytest.mark.one_database


def link_of(app, email) -> str:
    """The way into the newest invitation of an address, as its mail has it."""
    row = db.session.scalars(select(Invitation).where(Invitation.email == email).order_by(Invitation.asked_at.desc())).first()
    return f"/invitations/{sign_invitation(row.id, app.config['SECRET_KEY'])}"


def mails_to(app, address: str) -> list[str]:
    do_due(app)
    return [part.get_payload(decode=True).decode() for mail in app.extensions["adapters"].mail.box if mail["To"] == address
            for part in mail.walk() if part.get_content_type() == "text/plain"]


def test_whoever_is_invited_accepts_signed_in_and_the_owner_pays_from_then_on(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode")
    owner, invited = browser_of(app, ada.user, clock), browser_of(app, ben.user, clock)
    before = booked(ben)
    assert owner.fill_in("/account/drivers", email=ben.user.email.upper()).status_code == 302
    link = link_of(app, ben.user.email)
    assert any(link in text for text in mails_to(app, ben.user.email))
    assert "Ada Okafor invites you to drive on their account" in words_of(invited.get(link))
    assert invited.fill_in(link).location == "/account/drivers"
    after = booked(ben, span=hours(40, 43))
    assert (before.payer_id, after.payer_id) == (own_payer(ben.id).id, own_payer(ada.id).id)
    assert invited.get(link).status_code == 410, "it works once"
    do_due(app)
    assert "Ben Ode drives on your account now" in db.session.scalars(
        select(Message.subject).where(Message.member_id == ada.id)).all()


def test_the_owner_reads_the_same_of_an_address_that_is_known_and_of_one_that_is_not(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode")
    owner = browser_of(app, ada.user, clock)
    said = []
    for address in (ben.user.email, "nobody@example.net"):
        answer = owner.fill_in("/account/drivers", email=address)
        said.append((answer.status_code, answer.location, words_of(owner.get("/account/drivers")).replace(address, "#")))
        owner.post(f"/account/drivers/invitations/{db.session.scalars(select(Invitation.id)).all()[-1]}/withdraw")
    assert said[0][:2] == said[1][:2] == (302, "/account/drivers")
    assert said[0][2].split("invited")[0] == said[1][2].split("invited")[0]


def test_an_invitation_counts_for_its_address_only_and_not_when_it_is_over_taken_back_or_replaced(app, people, clock):
    ada, ben, cyd = (people.member(name) for name in ("Ada Okafor", "Ben Ode", "Cyd Ruiz"))
    payer = own_payer(ada.id)

    def invited():
        return invite(payer_id=payer.id, email=ben.user.email, invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)

    first, link = invited(), link_of(app, ben.user.email)
    other = browser_of(app, cyd.user, clock)
    assert "another address" in words_of(other.get(link))
    assert other.post(link).status_code == 403
    assert other.get(f"{link}x").status_code == other.get("/invitations/x").status_code == 404
    second = invited()
    owner = browser_of(app, ada.user, clock)
    assert other.post(f"/account/drivers/invitations/{second.id}/withdraw").status_code == 404
    owner.post(f"/account/drivers/invitations/{second.id}/withdraw")
    third = invited()
    with transaction():
        db.session.execute(update(Invitation).where(Invitation.id == third.id).values(ends_at=wall_now()))
    for over in (first, second, third):
        with pytest.raises(InvitationIsOver):
            accept(invitation_id=over.id, user=ben.user, now=NOON)
    assert db.session.scalars(select(PayerDriver)).all() == []


def test_a_day_of_an_account_has_ten_invitations(app, people, clock):
    ada = people.member("Ada Okafor")
    owner = browser_of(app, ada.user, clock)
    for number in range(10):
        assert owner.fill_in("/account/drivers", email=f"a{number}@example.net").status_code == 302
    answer = owner.fill_in("/account/drivers", email="a10@example.net")
    assert (answer.status_code, "Too many invitations" in words_of(answer)) == (429, True)


def test_inviting_asks_again_who_is_there(app, people, clock):
    ada = people.member("Ada Okafor")
    owner = browser_of(app, ada.user, clock)
    with transaction():
        db.session.execute(update(SignedIn).values(proved_at=wall_now() - timedelta(hours=1)))
    assert owner.fill_in("/account/drivers", email="a@example.net").status_code == 403
    assert db.session.scalars(select(Invitation)).all() == []


def test_whoever_joins_first_comes_back_to_the_invitation_and_needs_an_approval_and_a_card_of_their_own(app, people, clock):
    ada = people.member("Ada Okafor")
    invite(payer_id=own_payer(ada.id).id, email=DETAILS["email"], invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)
    link, browser = link_of(app, DETAILS["email"]), Browser(app.test_client(), clock)
    assert "Join first" in words_of(browser.get(link))
    browser.post("/join", **CHECK)
    browser.post("/join/details", **DETAILS)
    assert browser.post("/join/code", code=secret_code(app)).location == link
    assert browser.fill_in(link).location == "/join"
    kim = db.session.scalars(select(PayerDriver)).one()
    assert kim.payer_id == own_payer(ada.id).id
    page = browser.get("/join/payment")
    assert "4242" not in page.text, "the owner’s card is not the applicant’s"
    assert "not approved yet" in words_of(browser_of(app, ada.user, clock).get("/account/drivers"))


def test_the_owner_sees_days_cars_and_costs_and_not_where_and_the_driver_no_card_of_the_owners(app, people, clock):
    ada, ben, cyd = people.member("Ada Okafor"), people.member("Ben Ode", card=None), people.member("Cyd Ruiz")
    drives_with(ada, ben, monthly=Money(9_000), cover="plus")
    trip = booked(ben)
    owner, driver = browser_of(app, ada.user, clock), browser_of(app, ben.user, clock)
    page = words_of(owner.get(f"/account/drivers/{ben.id}"))
    assert trip.car.name in page
    assert "Wed, Nov 25" in page
    assert trip.car.lot.name not in page
    assert owner.get(f"/trips/{trip.reference}").status_code == 404
    for nobodys in (ada.id, cyd.id, 2_000_000_000):
        assert owner.get(f"/account/drivers/{nobodys}").status_code == 404
    assert browser_of(app, cyd.user, clock).get(f"/account/drivers/{ben.id}").status_code == 404
    mine = words_of(driver.get("/account/drivers"))
    assert "Ada Okafor pays for your trips Cover: Plus $90.00 a month at most" in mine
    book = driver.get(f"/cars/{trip.car.slug}/book?start=2026-11-26T12:00-06:00&end=2026-11-26T15:00-06:00")
    assert "Ada Okafor’s account pays." in words_of(book)
    assert 'value="plus" checked' in book.text
    assert "4242" not in book.text + driver.get("/account/payments").text


def test_the_booking_page_says_what_is_not_allowed_and_by_whom(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None)
    drives_with(ada, ben, monthly=Money(100))
    driver = browser_of(app, ben.user, clock)
    answer = driver.fill_in("/cars/acorn/book?start=2026-11-26T12:00-06:00&end=2026-11-26T15:00-06:00", waiver="included")
    assert answer.status_code == 403
    assert "Ada Okafor can change this limit." in answer.text
    assert "Check and book" in words_of(answer)


def test_either_side_ends_it_at_once_and_the_other_one_hears(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode")
    owner, driver = browser_of(app, ada.user, clock), browser_of(app, ben.user, clock)
    drives_with(ada, ben)
    assert "Others drive on your account." in words_of(owner.get("/account/leave"))
    owner.post(f"/account/drivers/{ben.id}/end")
    drives_with(ada, ben)
    driver.post("/account/drivers/leave")
    assert db.session.scalars(select(PayerDriver)).all() == []
    do_due(app)
    subjects = set(db.session.scalars(select(Message.subject).where(Message.kind == "on_account")))
    assert {"Ada Okafor pays for your trips no longer", "Ben Ode drives on your account no longer"} <= subjects
    assert driver.post("/account/drivers/leave").status_code == 404


def test_an_owner_books_for_their_driver_and_nobody_books_for_the_owner(app, people, clock):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode", card=None)
    drives_with(ada, ben)
    assert ([one.id for one in other_drivers(ada.id)], other_drivers(ben.id)) == ([ben.id], [])
    owner = browser_of(app, ada.user, clock)
    address = f"/cars/acorn/book?start=2026-11-26T12:00-06:00&end=2026-11-26T15:00-06:00&driver={ben.id}"
    answer = owner.fill_in(address, waiver="included")
    assert answer.status_code == 302
    assert "You booked this trip. Ben Ode drives it" in words_of(owner.get(answer.location))


def test_whoever_is_paused_invites_nobody(app, people, clock):
    ada = people.member("Ada Okafor", status=MemberStatus.PAUSED)
    a_card(ada)
    owner = browser_of(app, ada.user, clock)
    assert "Invite a driver" not in words_of(owner.get("/account/drivers"))
    assert owner.post("/account/drivers", email="a@example.net").status_code == 409
    work(app)
    assert db.session.scalars(select(Invitation)).all() == []


def test_a_card_that_does_not_hold_a_drivers_trip_is_the_owners_letter_and_the_driver_hears_of_no_card(app, people, clock):
    ada, ben = people.member("Ada Okafor", card="pm_card_chargeCustomerFail"), people.member("Ben Ode", card=None)
    drives_with(ada, ben)
    booked(ben)
    do_due(app)
    letters = {one.member_id: one for one in db.session.scalars(select(Message).where(Message.kind == "payment_needed"))}
    assert set(letters) == {ada.id}
    assert letters[ada.id].subject == "Your card did not hold the price of the trip of Ben Ode"
    text = app.extensions["adapters"].seal.open(letters[ada.id].body_sealed)
    assert text.startswith("Hello Ada,")
