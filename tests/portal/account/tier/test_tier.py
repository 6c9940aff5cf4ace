"""The reduced tier: asked for with one picture, decided by a reviewer, counted in prices and fees, and asked again in time."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from core.audit import AuditRow
from core.database import db, transaction
from core.outbox import OutboxRow
from core.refusal import NotFound
from core.sweep import SETTLED
from core.time import now as clock_now
from fleet.tariffs.models import PolicyRow
from portal.account.models import Member, MemberStatus, Role
from portal.account.tier.ask import ask_for_tier, withdraw_tier
from portal.account.tier.decide import grant, refuse, take
from portal.account.tier.errors import AskedAlready, NotDriving, OwnTier, TierNotWaiting, TierOnAnotherDesk, TierStillCounts
from portal.account.tier.models import Benefit, TierLook, TierLookedFor, TierReason, TierRequest, TierState
from portal.account.tier.open_picture import open_tier_picture
from portal.account.tier.timers import let_pictures_go, look_after_tiers, warn_of_ends
from portal.billing.ledger.models import LedgerRow, Origin
from portal.billing.membership.charge import charge_memberships, charge_rest_of_month
from portal.billing.payers.payer_of import own_payer
from portal.billing.words import basis
from portal.web.say import CITY_ZONE
from reservations.booking.offer import offer_now
from reservations.booking.price_again import price_again
from tests.factories import NOON, a_car, hours
from tests.portal.licence.showing import outside, photo
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of

A_YEAR_ON = date(2027, 11, 24)


def asked(member: Member, now=NOON, benefit=Benefit.SNAP) -> TierRequest:
    around = outside()
    return ask_for_tier(member=member, benefit=benefit, stream=io.BytesIO(photo()), now=now, files=around.files,
                        seal=around.seal)


def again(request: TierRequest) -> TierRequest:
    return db.session.get_one(TierRequest, request.id, populate_existing=True)


def letters(kind: str) -> int:
    return db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == kind))


def look(request: TierRequest, viewer) -> bytes:
    around = outside()
    return open_tier_picture(request_id=request.id, viewer=viewer, files=around.files, seal=around.seal, now=NOON,
                             as_reviewer=True)


def test_whoever_is_granted_the_tier_pays_less_from_then_on_and_keeps_the_price_of_what_is_booked(app, people):
    ada, ines, car = people.member(), people.staff(Role.REVIEWER), a_car(name="Acorn")
    before = booked(ada, car)
    price = offer_now(car, hours(30, 32), ada.plan, NOON).price(car, "included", ada.for_price)
    request = asked(ada)
    with pytest.raises(AskedAlready):
        asked(ada)
    grant(request_id=request.id, reviewer=ines, now=NOON)
    ada = db.session.get_one(Member, ada.id, populate_existing=True)
    assert (again(request).state, ada.reduced_until, letters("tier_decided")) == (TierState.GRANTED, A_YEAR_ON, 1)
    reduced = offer_now(car, hours(30, 32), ada.plan, NOON).price(car, "included", ada.for_price)
    (line,) = [each for each in reduced.lines if each.code == "reduced_tier"]
    assert -line.amount.cents == line.facts["of_cents"] // 4
    assert reduced.total.cents < price.total.cents
    assert price_again(before, before.span).total == before.price
    bought = booked(ada, car, hours(30, 32))
    with transaction():
        db.session.get_one(Member, ada.id).reduced_until = None
    assert price_again(bought, bought.span).total == bought.price == reduced.total  # frozen, whatever comes


def test_a_new_year_is_added_to_the_old_one_and_a_refusal_takes_nothing_away(app, people):
    ada, ines = people.member(), people.staff(Role.REVIEWER)
    grant(request_id=asked(ada).id, reviewer=ines, now=NOON)
    near = NOON + timedelta(days=340)
    assert (warn_of_ends(near), letters("tier_ends")) == (1, 1)
    assert warn_of_ends(near + timedelta(days=1)) == 1
    assert letters("tier_ends") == 1  # one letter for one end
    second = asked(ada, near)
    assert warn_of_ends(near) == 0  # asked again: nobody reminds them
    refuse(request_id=second.id, reason=TierReason.OUT_OF_DATE, reviewer=ines, now=near)
    assert db.session.get_one(Member, ada.id, populate_existing=True).reduced_until == A_YEAR_ON
    grant(request_id=asked(ada, near).id, reviewer=ines, now=near)
    assert db.session.get_one(Member, ada.id, populate_existing=True).reduced_until == date(2028, 11, 24)


def test_the_tier_is_asked_for_again_only_near_its_end_so_that_no_years_are_piled_up(app, people, clock):
    ada, ines = people.member(), people.staff(Role.REVIEWER)
    grant(request_id=asked(ada).id, reviewer=ines, now=NOON)
    ada = db.session.get_one(Member, ada.id, populate_existing=True)
    opens = datetime(2027, 10, 20, 6, tzinfo=UTC)  # a little after midnight in Chicago, 35 days before its end
    with pytest.raises(TierStillCounts):
        asked(ada, NOON + timedelta(days=1))
    with pytest.raises(TierStillCounts):
        asked(ada, opens - timedelta(hours=2))
    client = browser_of(app, ada.user, clock)
    page = words_of(client.get("/account/tier"))
    assert "You can ask again from Wed, Oct 20, 2027 on" in page
    assert "Ask for the reduced tier" not in page
    assert client.post("/account/tier", benefit="snap", picture=(io.BytesIO(photo()), "card.jpg")).status_code == 409
    assert (warn_of_ends(opens), letters("tier_ends")) == (1, 1)  # the day on which they are told
    assert asked(ada, opens).state == TierState.WAITING


def test_nobody_decides_their_own_or_what_a_colleague_has_or_what_is_decided(app, people):
    ada, ines, otto = people.member(), people.staff(Role.REVIEWER), people.staff(Role.REVIEWER, "Otto")
    request = asked(ada)
    with pytest.raises(OwnTier):
        grant(request_id=request.id, reviewer=ada.user, now=NOON)
    take(request_id=request.id, reviewer=ines)
    with pytest.raises(TierOnAnotherDesk):
        refuse(request_id=request.id, reason=TierReason.UNREADABLE, reviewer=otto, now=NOON)
    refuse(request_id=request.id, reason=TierReason.UNREADABLE, reviewer=otto, now=NOON, instead_of=ines.id)
    with pytest.raises(TierNotWaiting):
        grant(request_id=request.id, reviewer=ines, now=NOON)
    with pytest.raises(TierNotWaiting):
        withdraw_tier(request_id=request.id, member=ada, now=NOON, files=outside().files)
    assert db.session.get_one(Member, ada.id, populate_existing=True).reduced_until is None


def test_only_members_ask(app, people):
    with pytest.raises(NotDriving):
        asked(people.member(status=MemberStatus.APPLICANT))
    assert not list(outside().files.keys("tier", before=clock_now() + timedelta(days=1)))


def test_the_picture_opens_for_its_member_and_reviewers_alone_and_every_look_is_written_down(app, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    request, ines = asked(ada), people.staff(Role.REVIEWER)
    for stranger in (bo.user, *(people.staff(role) for role in (Role.CX, Role.SUPPORT, Role.FINANCE, Role.FLEET, Role.ADMIN))):
        with pytest.raises(NotFound):
            look(request, stranger)
    assert look(request, ines)[:2] == look(request, ada.user)[:2] == b"\xff\xd8"
    assert db.session.execute(select(TierLook.user_id, TierLook.looked_for).order_by(TierLook.id)).all() == [
        (ines.id, TierLookedFor.REVIEW), (ada.user_id, TierLookedFor.OWN)]
    assert photo()[:200] not in outside().files.get(request.file_key)  # sealed


def test_a_picture_goes_with_the_request_that_is_withdrawn_and_days_after_a_decision(app, people):
    ada, files = people.member(), outside().files
    back = asked(ada)
    withdraw_tier(request_id=back.id, member=ada, now=NOON, files=files)
    decided = asked(ada)
    files.put(left_behind := "tier/" + "0" * 32, b"of a request that was cut off")
    with time_machine.travel(clock_now() + 2 * SETTLED, tick=False):
        look_after_tiers(NOON, files)
    assert not _there(left_behind)
    assert [key for key in (back.file_key, decided.file_key) if _there(key)] == [decided.file_key]
    refuse(request_id=decided.id, reason=TierReason.OTHER_NAME, reviewer=people.staff(Role.REVIEWER), now=NOON)
    assert (let_pictures_go(NOON + timedelta(days=29), files), _there(decided.file_key)) == (0, True)
    assert (let_pictures_go(NOON + timedelta(days=30), files), _there(decided.file_key)) == (1, False)
    assert again(decided).gone_at == NOON + timedelta(days=30)


def _there(key: str) -> bool:
    return key in set(outside().files.keys("tier", before=clock_now() + timedelta(days=1)))


def test_the_monthly_fee_is_lower_and_its_line_says_why(app, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    with transaction():
        for member in (ada, bo):
            member.joined_at = NOON - timedelta(days=60)
        ada.reduced_until = date(2026, 11, 1)  # its last day is the first of the month
    charge_memberships(NOON, CITY_ZONE)
    rows = {row.member_id: row for row in db.session.scalars(select(LedgerRow).where(LedgerRow.origin == Origin.MEMBERSHIP))}
    whole = rows[bo.id].amount_cents
    assert (rows[ada.id].amount_cents, rows[ada.id].facts["off_percent"]) == (whole - whole // 2, 50)
    assert "reduced tier" in basis(rows[ada.id])
    assert "reduced" not in basis(rows[bo.id])


@pytest.mark.one_database
def test_a_tier_that_takes_the_whole_fee_off_stops_nobody_elses(app, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    with transaction():
        for member in (ada, bo):
            member.joined_at = NOON - timedelta(days=60)
        ada.reduced_until = A_YEAR_ON
        db.session.execute(update(PolicyRow).where(PolicyRow.key == "tier_membership_off").values(value=100))
    assert charge_memberships(NOON, CITY_ZONE) == 1
    assert charge_memberships(NOON, CITY_ZONE) == 0
    assert charge_rest_of_month(ada, NOON, CITY_ZONE) is None
    assert db.session.scalars(select(LedgerRow.member_id).where(LedgerRow.origin == Origin.MEMBERSHIP)).all() == [bo.id]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_is_leaving_or_pausing_at_this_moment_is_charged_by_the_next_turn_if_at_all(app, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    with transaction():
        for member in (ada, bo):
            member.joined_at = NOON - timedelta(days=60)
            own_payer(member.id)
    with db.engine.connect() as other:
        other.execute(select(Member.id).where(Member.id == ada.id).with_for_update(key_share=True))
        assert charge_memberships(NOON, CITY_ZONE) == 1
        assert db.session.scalars(select(LedgerRow.member_id).where(LedgerRow.origin == Origin.MEMBERSHIP)).all() == [bo.id]
        db.session.rollback()
        other.execute(update(Member).where(Member.id == ada.id).values(status=MemberStatus.PAUSED))
        other.commit()
    assert charge_memberships(NOON, CITY_ZONE) == 0


@pytest.mark.one_database
def test_a_member_reads_what_they_pay_more_and_asks_and_a_reviewer_grants_it(app, people, clock):
    ada, ines = people.member(), people.staff(Role.REVIEWER)
    with transaction():
        ada.born_on = date(2006, 5, 2)  # 20
    client, desk = browser_of(app, ada.user, clock), browser_of(app, ines, clock)
    page = words_of(client.get("/account/tier"))
    assert "Now you pay $8.06 an hour more, until Sun, May 2, 2027: then you are 21." in page
    assert "From then on $3.06 an hour more, until Fri, May 2, 2031: then you are 25." in page
    for picture, words in ((b"<html>", "This file is no photo"), (b"", "There is no picture in it")):
        no = client.post("/account/tier", benefit="snap", picture=(io.BytesIO(picture), "card.jpg"))
        assert no.status_code == 422
        assert words in no.text
    assert db.session.scalar(select(func.count()).select_from(TierRequest)) == 0
    sent = client.post("/account/tier", benefit="snap", picture=(io.BytesIO(photo()), "card.jpg"))
    assert (sent.status_code, sent.location) == (302, "/account/tier")
    (request,) = db.session.scalars(select(TierRequest)).all()
    address = f"/office/tiers/{request.id}"
    assert "SNAP (food stamps)" in words_of(desk.get("/office/tiers/"))
    assert desk.get("/office/tiers/next").location == address
    assert desk.get(f"/tier/pictures/{request.id}").mimetype == "image/jpeg"
    no_words = desk.post(f"{address}/refuse", **{"refuse-reason": "unreadable", "refuse-words": ""})
    assert (no_words.status_code, again(request).state) == (422, TierState.WAITING)
    assert desk.post(f"{address}/grant", **{"grant-words": "All clear, drive well."}).status_code == 302
    page = words_of(client.get("/account/tier"))
    assert "You have the reduced tier until Wed, Nov 24, 2027." in page
    assert "one of our reviewers" in page
    assert "Otto" not in page
    changed = [row.object for row in db.session.scalars(select(AuditRow).where(AuditRow.actor_id == ines.id))]
    for table in ("tier_requests", "members"):
        assert any(each.startswith(table) for each in changed), table


@pytest.mark.one_database
def test_somebody_elses_request_is_nobodys_to_withdraw(app, people, clock):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    request = asked(ada)
    browser_of(app, bo.user, clock).post(f"/account/tier/{request.id}/withdraw")
    assert again(request).state == TierState.WAITING
    browser_of(app, ada.user, clock).post(f"/account/tier/{request.id}/withdraw")
    assert again(request).state == TierState.WITHDRAWN
