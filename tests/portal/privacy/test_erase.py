"""Erasing somebody: after a rich life nothing of them is found, the books balance, and the receipt names nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.audit import broken_links
from core.database import db, transaction
from core.money import Money
from core.outbox import Job, NotNow, OutboxRow
from core.personal import Fate
from experience.record.models import Event, Identity
from portal.account.leave.in_the_way import in_the_way
from portal.account.models import Member, MemberStatus, Plan
from portal.billing.ledger.check import differences
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.payer_of import own_payer
from portal.privacy import erase as erasing
from portal.privacy.ask_to_erase import ask_to_erase, cancel_erasure
from portal.privacy.erase import begin_erasure
from portal.privacy.errors import EraseNotYet, ErasureHasBegun
from portal.privacy.export import ask_for_export
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.privacy.models import Erasure, ErasureState
from portal.privacy.receipt import signed
from portal.privacy.register import HOLDERS, TABLES
from portal.worker import do_due
from tests.factories import NOON, hours
from tests.portal.licence.showing import a_sent
from tests.portal.privacy.life import EMAIL, FINDS, a_rich_life, tied_to
from tests.reservations.made import a_street, booked
from tests.reservations.pages import browser_of, words_of

DAYS = timedelta(days=1)
LIES_IN = {"users", "members", "licences", "phone_numbers", "conversations", "conversation_entries", "incoming_mail", "remarks",
           "suggestions", "notes", "note_replies", "answers", "promises", "case_entries", "lookups", "disputes", "messages",
           "push_devices", "api_tokens", "mail", "phone", "stripe"}


@pytest.fixture
def life(app, clock, people, tmp_path):
    return a_rich_life(app, a_street(app, clock), people, tmp_path)


def _erasure() -> Erasure:
    db.session.rollback()
    return db.session.scalars(select(Erasure).order_by(Erasure.asked_at.desc())).first()


def _run_out(app, clock) -> None:
    """The days of grace pass, and the worker does all that is due."""
    clock.forward(days=8)
    do_due(app)
    db.session.rollback()


@pytest.mark.check("gdpr")
def test_after_a_rich_life_nothing_of_her_is_left_but_the_last_letter(life, app, clock, visitor):
    ask_for_export(user=life.member.user, now=clock())
    do_due(app)
    db.session.rollback()
    before = life.found()
    assert {word for words in before.values() for word in words} == set(FINDS), "the search must find her while she is here"
    assert set(before) >= LIES_IN, LIES_IN - set(before)
    assert len(_files(life)) == 4  # three pictures and the download
    ledger = _ledger()
    assert in_the_way_of_erasing(life.member.user, clock()) == []
    number = ask_to_erase(user=life.member.user, now=clock()).number
    assert "outbox" in tied_to(_erasure()), "the letter to her, while she is here"
    member_id, told = life.member.id, db.session.scalar(select(func.count(Event.id)))

    _run_out(app, clock)
    erased = _erasure()
    assert (erased.state, erased.user_id, list(erased.erased)) == ("done", None, [holder.name for holder in HOLDERS])
    assert tied_to(erased) == {}, "what stays under her number leads to no receipt"
    assert life.found() == {"mail": {"zephyrine", "quillfeather", EMAIL}}, "the address on the last letter, and nothing else"
    letters = list(app.extensions["adapters"].mail.box)
    hers = [letter for letter in letters if letter["To"] == EMAIL]
    assert [letter["Subject"] for letter in hers] == ["Everything about you is erased"]
    assert _files(life) == []

    assert (_ledger(), differences(), broken_links()) == (ledger, [], [])
    assert db.session.scalar(select(func.count(Identity.pid)).where(
        Identity.kind == "member", Identity.ref == member_id)) == 0, "the events lead nowhere"
    assert (db.session.scalar(select(func.count(Event.id))) or 0) >= (told or 0)
    assert db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.member_id == member_id)) == 0
    page = words_of(visitor.get(f"/privacy/receipts/{signed(number, app.config)}"))
    assert number in page
    assert "26 U.S.C. § 6001" in page
    assert "until the end of 2033" in page
    assert visitor.get(f"/privacy/receipts/{signed(number, app.config)}x").status_code == 404


def _files(life) -> list:
    return [path for path in (life.home / "files").rglob("*") if path.is_file()]


def _ledger() -> list[tuple]:
    return [tuple(row) for row in db.session.execute(select(
        LedgerRow.id, LedgerRow.payer_id, LedgerRow.amount_cents, LedgerRow.code).order_by(LedgerRow.id))]


@pytest.mark.one_database
def test_each_holder_is_needed(life, app, clock, monkeypatch):
    """The control: with one holder's tables left out, the search finds her there."""
    ask_to_erase(user=life.member.user, now=clock())
    before = erasing.erase_rows
    monkeypatch.setattr(erasing, "erase_rows", lambda holder, *rest: 0 if holder.name == "asks" else before(holder, *rest))
    _run_out(app, clock)
    assert {"answers", "notes", "note_replies"} <= set(life.found())


def test_a_worker_that_dies_in_between_goes_on_where_it_stopped(life, app, clock, monkeypatch):
    ask_to_erase(user=life.member.user, now=clock())
    before, deaths = erasing.erase_rows, []

    def dies_once_for_each(holder, *rest):
        done = before(holder, *rest)
        if holder.name not in deaths:
            deaths.append(holder.name)
            raise RuntimeError("killed just before its COMMIT")
        return done

    monkeypatch.setattr(erasing, "erase_rows", dies_once_for_each)
    clock.forward(days=8)
    for _try in range(2 * len(HOLDERS) + 2):
        do_due(app)
        clock.forward(minutes=10)
    db.session.rollback()
    assert _erasure().state == ErasureState.DONE
    assert len(deaths) == len(HOLDERS)
    assert set(life.found()) == {"mail"}
    assert [letter["Subject"] for letter in app.extensions["adapters"].mail.box if letter["To"] == EMAIL].count(
        "Everything about you is erased") >= 1


@pytest.mark.one_database
def test_it_waits_some_days_and_can_be_withdrawn(app, clock, people):
    ada = people.member(plan=Plan.PAY_AS_YOU_GO)
    ask_to_erase(user=ada.user, now=NOON)
    assert ask_to_erase(user=ada.user, now=NOON).id == _erasure().id, "asked twice it is the same wish"
    do_due(app)
    cancel_erasure(user=ada.user, now=NOON + 6 * DAYS)
    _run_out(app, clock)
    assert (_erasure().state, db.session.get_one(Member, ada.id).name) == ("cancelled", "Ada Okafor")
    ask_to_erase(user=ada.user, now=clock())
    with transaction():
        db.session.execute(update(Erasure).where(Erasure.state == "asked").values(state="running"))
    with pytest.raises(ErasureHasBegun):
        cancel_erasure(user=ada.user, now=clock())


@pytest.mark.one_database
def test_what_is_open_stands_in_the_way_before_and_in_between(app, clock, people):
    ada = people.member()
    trip = booked(ada, span=hours(24 * 10, 24 * 10 + 3))
    with pytest.raises(EraseNotYet):
        ask_to_erase(user=ada.user, now=NOON)
    bo = people.member("Bo Lindqvist")
    asked = ask_to_erase(user=bo.user, now=NOON)
    booked(bo, trip.car, hours(24 * 12, 24 * 12 + 3))
    clock.forward(days=8)
    with pytest.raises(NotNow) as later:
        begin_erasure(Job(asked.id, "erase", None, {"erasure_id": str(asked.id)}, 1, NOON))
    assert later.value.until == clock() + DAYS
    assert (_erasure().state, db.session.get_one(Member, bo.id).status) == ("asked", MemberStatus.ACTIVE)


@pytest.mark.one_database
def test_money_that_we_owe_stands_in_the_way_of_erasing_and_not_of_leaving(people):
    ada = people.member()
    payer = own_payer(ada.id)
    with transaction():
        enter([Transfer(Account.GOODWILL, Account.RECEIVABLE, Money(500), Origin.REFUND, "goodwill", "goodwill", 1, "owed-1",
                        NOON, payer_id=payer.id, member_id=ada.id)])
    db.session.expire_all()
    assert not in_the_way(ada.id, NOON)
    assert [obstacle.endpoint for obstacle in in_the_way_of_erasing(ada.user, NOON)] == ["help.contact"]


@pytest.mark.one_database
def test_the_page_says_what_goes_and_stays_and_asks_for_two_words(app, clock, people):
    ada = people.member()
    browser = browser_of(app, ada.user, clock)
    assert "Your driving licences" not in words_of(browser.get("/account/privacy/erase")), "there are none"
    a_sent(ada)
    page = words_of(browser.get("/account/privacy/erase"))
    for words in ("What goes", "Your driving licences", "What stays, and why", "For 7 days nothing is erased"):
        assert words in page, words
    assert browser.fill_in("/account/privacy/erase", sure="yes").status_code == 422
    assert db.session.scalar(select(func.count(Erasure.id))) == 0
    assert browser.fill_in("/account/privacy/erase", sure=" Erase  me ").status_code == 302
    assert "Everything about you is erased on" in words_of(browser.get("/account/privacy/erase"))
    assert browser.post("/account/privacy/erase/cancel", data={"csrf_token": browser.token()}).status_code == 302
    assert _erasure().state == "cancelled"


@pytest.mark.one_database
def test_whoever_has_left_reads_too_that_it_cannot_be_undone(app, clock, people):
    browser = browser_of(app, people.member(status=MemberStatus.CLOSED).user, clock)
    page = words_of(browser.get("/account/privacy/erase"))
    assert "it cannot be undone. Credit that you have left is lost." in page
    assert "Until then you are a member as before" not in page
    assert "your membership ends" not in page


@pytest.mark.one_database
def test_every_table_that_stays_is_told_of(life):
    stays = {held.because for shares in TABLES.values() for held in shares if held.fate is not Fate.GONE}
    assert stays == set(erasing.what_stays(erasing.person_of(life.member.user)))
