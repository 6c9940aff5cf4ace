"""Who may open what: every route for everybody, against a table that is read in review.

After a deliberate change: `UPDATE_MATRIX=1 pytest tests/test_matrix.py` writes tests/matrix.csv anew; look at the
difference before you commit it. A cell is the answer's status; `sign-in` is the way to the sign-in page.
"""

import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, event, select
from werkzeug.routing import Rule

from core.database import db, transaction
from core.ids import new_id
from core.money import Money
from experience.asks.links import sign_link
from experience.asks.models import Mood
from experience.asks.say import say_how_it_goes
from experience.asks.wish import wish_to_ask
from experience.cases.fix import Plan, plan_fix
from experience.cases.models import Measure, Severity
from experience.cases.models import Rule as CaseRule
from experience.cases.open import Hit, open_case
from experience.cases.week import week_at
from experience.desk.save_view import save_view
from experience.journey import Step
from experience.promises.by_hand import promise_by_hand
from experience.record.models import Event
from experience.record.pids import pid_of
from fleet.lots.models import Lot
from portal.account.contact.devices import add_device
from portal.account.contact.unsubscribe import STOPPABLE, stop_token
from portal.account.looks.models import DeskLook
from portal.account.models import Member, MemberStatus, Role, User, UserRole
from portal.account.sessions import begin_session, session_number
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.models import Benefit
from portal.api.models import Scope
from portal.api.tokens import give_token
from portal.app import create_app
from portal.billing.adjustments.give import give_credit
from portal.billing.cards.change import cards_of
from portal.billing.disputes.open import open_dispute
from portal.billing.invoices.models import Invoice
from portal.billing.ledger.enter import Transfer, enter
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.notices.models import NoticeKind
from portal.billing.notices.send import send_notice
from portal.billing.payers.cost_centres import add_cost_centre
from portal.billing.payers.invite import invite, sign_invitation
from portal.billing.payers.models import AccountAdmin, InvitedAs
from portal.billing.payers.payer_of import add_business, own_payer
from portal.billing.payments.models import Chargeback, PaymentCall, Purpose, Refund
from portal.billing.payments.pages import ask_for_card
from portal.billing.payments.want import want
from portal.help.context import About
from portal.help.door import door_of
from portal.help.models import IncomingMail, Kind
from portal.help.remarks.models import Remark
from portal.help.start import Call, Visitor, start_conversation
from portal.help.suggestions.models import Wanted
from portal.help.suggestions.suggest import suggest
from portal.help.template import write_template
from portal.licence.models import Side
from portal.messages.models import Delivery, Message
from portal.privacy.export import ask_for_export
from portal.privacy.models import Erasure
from portal.privacy.receipt import signed
from portal.web.headers import POLICY
from portal.web.page import declared_of
from reservations.booking.models import Reservation, Waiver
from reservations.feed.start import start_feed
from reservations.fob.ask import ask_for_fob
from reservations.series.book import book_series
from reservations.series.rules import repeats_of
from reservations.waitlist.join import Wish, join_waitlist
from tests.conftest import SOAK, fresh_database, settings_for
from tests.factories import NOON, Clock, People, a_car, hours
from tests.portal.licence.showing import a_sent, outside, photo
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of

TABLE = Path(__file__).with_name("matrix.csv")
WHO = ("anon", "applicant", "member", "other", "fleet", "cx", "support", "finance", "reviewer", "admin")
# What these do would change the answers after them: they come last, in this order.
LAST = ("tier.withdraw", "drivers.withdraw", "business.withdraw", "feed.start", "feed.end", "cx_desk.drop_view",
        "booking.cancel_trip", "account.sign_out")
NO_BUSINESS = {"events", "identities", "sessions",  # what a GET may write: the record of the visit, its last use,
               "asks", "ask_log", "asked_members",  # that a question was seen, and who looked at what is a member's
               "picture_views", "tier_looks", "desk_looks"}
# Pages of the office with a hole in their address that are no member's: businesses and their invoices, our own letters, what
# was written for everybody, and the pictures, which have a trail of their own.
NOBODYS = {"/office/businesses/<int(max=2147483647):payer_id>", "/office/invoices/<int(max=2147483647):invoice_id>",
           "/office/invoices/<int(max=2147483647):invoice_id>.pdf",
           "/office/help/templates/<int(max=2147483647):template_id>", "/office/help/suggestions/<uuid:suggestion_id>",
           "/office/help/remarks/<uuid:remark_id>",
           "/office/applications/<uuid:matter_id>/<any(front, back, selfie):side>",
           # the payer of this walk is a business; a member's: tests/portal/privacy/test_access.py
           *(f"/office/payers/<int(max=2147483647):payer_id>{page}" for page in ("", "/goodwill", "/notice", "/rows.csv"))}
# The processor sends people back with a GET: what is written is the question to it what became of its page.
BACK = ("GET", "/account/payments/back/<uuid:page_id>")
FORGED = ({}, {"csrf_token": ""}, {"csrf_token": "forged"})
WRITES = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody got: status (or the way to the sign-in page), headers, and the tables that were written."""

    says: str
    headers: dict[str, str]
    wrote: frozenset[str]


Walk = dict[tuple[str, str, str], Answer]  # method, rule, who


@pytest.fixture(scope="module")
def app(request, tmp_path_factory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("matrix")
    with fresh_database(request, "sqlite", home) as url:
        made = create_app(settings_for(home, url, DEMO_CITY=True))
        yield made
        made.extensions["page_views"].flush()
        with made.app_context():
            db.engine.dispose()


def _people(app: Flask, clock: Clock) -> tuple[dict[str, Browser], Member]:
    people = People()
    members = {"applicant": people.member("Pat Green", status=MemberStatus.APPLICANT),
               "member": people.member("Ada Okafor"), "other": people.member("Bo Lindqvist")}
    staff = {role: people.staff(Role(role)) for role in ("fleet", "cx", "support", "finance", "reviewer", "admin")}
    browsers = {"anon": Browser(app.test_client(), clock)}
    browsers |= {who: browser_of(app, member.user, clock) for who, member in members.items()}
    browsers |= {who: browser_of(app, user, clock) for who, user in staff.items()}
    return browsers, members["member"]


def _objects(ada: Member, app: Flask) -> dict[str, str]:
    """Ada's own objects, by the name of the argument in the address."""
    ana = db.session.scalars(select(User).join(UserRole).where(UserRole.role == Role.SUPPORT)).first()
    trip = booked(ada, a_car(name="Acorn"))
    message = Message(id=new_id(), member_id=ada.id, kind="letter", at=NOON, subject="Hello", facts={},
                      body_sealed=app.extensions["adapters"].seal.close("Hello"))
    with transaction():
        db.session.add(message)
        db.session.flush()
        db.session.add(Delivery(message_id=message.id, channel="mail", state="failed", why="no_answer", attempts=10, at=NOON,
                                decided_at=NOON, choices_version=0))
    note = say_how_it_goes(member=ada, step=Step.FIND_SEARCH, mood=Mood.GOOD, words="", trip=None, facts={},
                           seal=app.extensions["adapters"].seal, now=NOON)
    journey = db.session.scalars(select(Event.journey_id).where(Event.journey_id.is_not(None))).first()
    return {
        "reference": trip.reference, "reservation_id": trip.reference, "car_id": "acorn", "command_id": str(uuid4()),
        "message_id": str(message.id), "channel": "mail",
        "signed": stop_token(ada.id, STOPPABLE[0], app.config["SECRET_KEY"]),
        "place_id": str(session_number(begin_session(ada.user, remember=False, device="Firefox"))),
        "device_id": str(add_device(member=ada, subscription=None, name="Phone", session_id=None, now=NOON).id),
        "note_id": str(note.id), "journey_id": str(journey),
        "step_name": "book.confirm", "action": "flash", "slug": "acorn", "kind": "vitals", "name": "events", **_desk_of(ada),
        "token_id": str(give_token(member=ada, name="Home", scopes=[Scope.READ])[0].id),
        "lot_slug": db.session.scalars(select(Lot.slug).order_by(Lot.slug)).first() or "",
        "secret": start_feed(member=ada, seal=app.extensions["adapters"].seal, now=NOON),
        "version": app.extensions["assets"]["version"], "path": "css/roundtrip.css",
        **_waiting_and_again(ada), **_money_of(ada, trip, app), **_asks_of(ada, app),
        **_data_of(ada, app), **_help_of(ada, trip, ana.id, app), **_case_of(ada), **_licence_of(ada), **_tier_of(ada),
    }


def _waiting_and_again(ada: Member) -> dict[str, str]:
    """A place of Ada's in a line, and bookings that recur."""
    wait = join_waitlist(member=ada, wish=Wish(hours(48, 50), a_car(name="Basil")), once="matrix-wait", now=NOON)
    wish = repeats_of(hours(24, 26), a_car().lot.zone, frozenset({2}), date(2026, 12, 3))
    series = book_series(member=ada, car=a_car(name="Basil"), wish=wish, waiver=Waiver.INCLUDED, at=NOON, once="matrix-series",
                         now=NOON)
    return {"wait_id": str(wait.id), "series_id": str(series.id)}


def _tier_of(ada: Member) -> dict[str, str]:
    """A request of Ada's for the reduced tier, and one for a fob."""
    around = outside()
    return {"request_id": str(ask_for_tier(member=ada, benefit=Benefit.SNAP, stream=io.BytesIO(photo()), now=NOON,
                                           files=around.files, seal=around.seal).id),
            "fob_id": str(ask_for_fob(member=ada, shown_cents=0, now=NOON).id)}


def _licence_of(ada: Member) -> dict[str, str]:
    """A licence of Ada's that a reviewer has to look at."""
    licence = a_sent(ada)
    with transaction():
        licence.due_at = NOON
    picture = licence.picture(Side.FRONT)
    assert picture is not None
    return {"matter_id": str(licence.id), "picture_id": str(picture.id), "side": "front", "passkey_id": str(uuid4())}


def _data_of(ada: Member, app: Flask) -> dict[str, str]:
    """A download of Ada's that is being packed, and the receipt of an erasure that was cancelled."""
    export = ask_for_export(user=ada.user, now=NOON)
    with transaction():
        db.session.add(Erasure(id=new_id(), number="E0", user_id=ada.user_id, state="cancelled", asked_at=NOON, due_at=NOON,
                               cancelled_at=NOON, erased={}, kept={}))
    return {"export_id": str(export.id), "signed_number": signed("E0", app.config), "purpose": "news"}


def _case_of(ada: Member) -> dict[str, str]:
    """A case of Ada's that nobody has taken, a fix, and the week of both."""
    mara = db.session.scalars(select(User).join(UserRole).where(UserRole.role == Role.CX)).first()
    hit = Hit(CaseRule.DETRACTOR, "answer:matrix", Step.PICKUP_UNLOCK, Severity.SERIOUS)
    case = open_case(member_id=ada.id, hit=hit, now=NOON)
    fix = plan_fix(plan=Plan("New locks", Step.PICKUP_UNLOCK, "They freeze.", Measure.STOPPED, mara.id), by_user_id=mara.id,
                   now=NOON)
    return {"case_id": str(case.id), "fix_id": str(fix.id), "week_name": week_at(NOON).name}


def _desk_of(ada: Member) -> dict[str, str]:
    """A view that the CX team saved, and Ada's random id."""
    mara = db.session.scalars(select(User).join(UserRole).where(UserRole.role == Role.CX)).first()
    view = save_view(user_id=mara.id, name="Mine", address="/experience/voices", now=NOON)
    with transaction():
        return {"view_id": str(view.id), "pid": str(pid_of("member", ada.id))}


def _help_of(ada: Member, trip: Reservation, by_user_id: int, app: Flask) -> dict[str, str]:
    """What Ada asked, wished for and told others, and what the help desk has beside it."""
    seal, door = app.extensions["adapters"].seal, door_of(app.config)
    asked = start_conversation(who=ada, kind=Kind.COMPLIMENT, words="Thank you.", about=About(reservation=trip, car=trip.car),
                               once="matrix", seal=seal, now=NOON, call=Call("+13125550123"))
    stranger = start_conversation(who=Visitor("leila@example.net", door.hash_of("leila@example.net")), kind=Kind.QUESTION,
                                  words="Hello?", about=About(), once="matrix-visitor", seal=seal, now=NOON)
    wish = suggest(member=ada, wanted=Wanted.LOT, lot=trip.car.lot, car_class=None, words="", seal=seal, now=NOON)
    template = write_template(name="Matrix", words="Hello {first_name}", by_user_id=by_user_id, now=NOON)
    remark = Remark(id=new_id(), member_id=ada.id, car_id=trip.car_id, at=NOON, words="Gate sticks", state="shown", once="m")
    mail = IncomingMail(id="0" * 64, at=NOON, state="quarantined", why="other_sender", from_sealed=seal.close("a@b.example"),
                        subject_sealed=seal.close("Hi"), words_sealed=seal.close("Hi"))
    with transaction():
        db.session.add_all([remark, mail])
    return {"conversation_id": str(asked.id), "token": door.visitor_token(stranger.id), "suggestion_id": str(wish.id),
            "template_id": str(template.id), "remark_id": str(remark.id), "mail_id": mail.id}


def _asks_of(ada: Member, app: Flask) -> dict[str, str]:
    """A question to Ada, and the link in its mail."""
    ask = wish_to_ask(member_id=ada.id, solicitation="dispute_ease", once="matrix", now=NOON)
    return {"ask_id": str(ask.id), "link": sign_link(ask.id, app.config["SECRET_KEY"]), "solicitation": "recovery_satisfaction"}


def _money_of(ada: Member, trip: Reservation, app: Flask) -> dict[str, str]:
    """What Ada has paid, disputes and was told of; and what finance has before it."""
    seal, finance = app.extensions["adapters"].seal, db.session.scalars(
        select(User).join(UserRole).where(UserRole.role == Role.FINANCE)).first()
    payer = own_payer(ada.id)
    with transaction():
        enter([Transfer(Account.RECEIVABLE, Account.FEES, Money(1000 + number), Origin.AFTER, "late_fee", "late_fee", 1,
                        f"matrix-{number}", NOON, payer_id=payer.id, member_id=ada.id, reservation_id=trip.id,
                        facts={"late_minutes": 20, "grace_minutes": 10, "steps": 1, "step_cents": 1000, "most_cents": 10000})
               for number in range(2)])
        payment = want(payer, None, Money(500), Purpose.BALANCE, NOON, once="matrix")
        payment.processor_id = "pi_matrix"
        chargeback = Chargeback(id=new_id(), payment_id=payment.id, processor_id="du_matrix", amount_cents=500, currency="USD",
                                reason="fraudulent", state="needs_response", evidence={}, opened_at=NOON)
        refund = Refund(id=new_id(), payment_id=payment.id, amount_cents=1, currency="USD", why="dispute", state="failed",
                        asked_at=NOON, once="matrix")
        db.session.add_all([chargeback, refund])
        firm = add_business(name="Lake Design", email="bills@lake.example", at=NOON)
        invoice = Invoice(number="202610-1", payer_id=firm.id, month=NOON.date().replace(day=1), after_row=0, last_row=0,
                          total_cents=0, currency="USD", issued_at=NOON, due_at=NOON)
        db.session.add_all([invoice, AccountAdmin(payer_id=firm.id, user_id=ada.user_id, since=NOON)])  # which Ada runs
    line, other = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "late_fee").order_by(LedgerRow.id)).all()
    dispute = open_dispute(member=ada, line=other, words="Nobody waited.", seal=seal, now=NOON)
    notice = send_notice(payer_id=payer.id, member_id=ada.id, reservation_id=trip.id, kind=NoticeKind.TOLL, amount=Money(190),
                         facts={"plate": "X", "where": "I-294", "when": NOON.isoformat(), "number": "1"},
                         by_user_id=finance.id, once="matrix", now=NOON)
    adjustment = give_credit(payer=payer, amount=Money(9000), why="goodwill", by_user_id=finance.id, once="matrix", now=NOON)
    centre = add_cost_centre(payer_id=firm.id, name="Sales", code="S1")
    invited = invite(payer_id=payer.id, email="kim@example.net", invited_as=InvitedAs.DRIVER, by=ada.user, now=NOON)
    page = ask_for_card(payer=payer, back_to="/trips", now=NOON)
    call = db.session.scalars(select(PaymentCall).where(PaymentCall.about == page.id)).one()
    return {
        "line_id": str(line.id), "dispute_id": str(dispute.id), "notice_id": str(notice.id), "payment_id": str(payment.id),
        "adjustment_id": str(adjustment.id), "page_id": str(page.id), "card_id": str(cards_of(payer.id)[0].id),
        "payer_id": str(firm.id), "member_id": str(ada.id), "invoice_id": str(invoice.id), "call_id": str(call.id),
        "cost_centre_id": str(centre.id), "user_id": str(finance.id), "invitation_id": str(invited.id),
        "invitation_token": sign_invitation(invited.id, app.config["SECRET_KEY"]),
        "chargeback_id": str(chargeback.id), "refund_id": str(refund.id), "session_id": "cs_test_nobody",
        "promise_id": str(promise_by_hand(member_id=ada.id, words="By Friday.", due_at=NOON + timedelta(days=4),
                                          owner_id=finance.id, by_user_id=finance.id, seal=seal, now=NOON).id),
    }


def _address(rule: Rule, objects: dict[str, str]) -> str:
    """The rule with its holes filled. A KeyError here: say in `_objects` what stands for the new argument."""
    given = objects | ({"slug": objects["lot_slug"]} if rule.endpoint in ("search.lot", "favourites.lot") else {})
    if rule.endpoint == "schemas.schema":
        given = given | {"name": "book.confirm", "version": "1"}
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda hole: given[hole[1]], rule.rule)


def _rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (
        LAST.index(rule.endpoint) + 1 if rule.endpoint in LAST else 0, rule.rule))


@pytest.fixture(scope="module")
def walk(app) -> Walk:
    """Everybody tries every door once: GET as it is, POST with a token against forgery and nothing else."""
    clock, wrote, answers = Clock(), set(), {}
    with app.app_context():
        browsers, ada = _people(app, clock)
        objects = _objects(ada, app)
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: wrote.update(
            WRITES.findall(statement)))
    tokens = {who: browser.token() for who, browser in browsers.items()}
    for rule in _rules(app):
        for method in sorted(rule.methods & {"GET", "POST"}):
            for who in WHO:
                if rule.rule.startswith("/office/") and "<" in rule.rule and method == "GET":
                    _forget_looks(app)
                wrote.clear()
                sent = {"csrf_token": tokens[who]} if method == "POST" else None
                answer = browsers[who].send(_address(rule, objects), method=method, data=sent)
                to_sign_in = answer.headers.get("Location", "").startswith("/sign-in?next=")
                says = "sign-in" if to_sign_in else str(answer.status_code)
                answers[method, rule.rule, who] = Answer(says, dict(answer.headers), frozenset(wrote))
    return answers


def _forget_looks(app: Flask) -> None:
    """The same page again within the hour is the same look: so each page's own is seen."""
    with app.app_context(), transaction():
        db.session.execute(delete(DeskLook))


def _table(walk: Walk) -> list[list[str]]:
    doors = sorted({(rule, method) for method, rule, _who in walk})
    return [["method", "rule", *WHO],
            *([method, rule, *(walk[method, rule, who].says for who in WHO)] for rule, method in doors)]


@pytest.mark.check("matrix")
def test_everybody_gets_what_the_table_says(walk):
    if os.environ.get("UPDATE_MATRIX"):
        with TABLE.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_table(walk))
    with TABLE.open(newline="") as file:
        written = list(csv.reader(file))
    assert _table(walk) == written, "see the first lines of this file for what to do after a deliberate change"


def test_whoever_of_the_office_opens_what_is_one_members_is_written_down(walk):
    opened = [(rule, "desk_looks" in answer.wrote) for (method, rule, _who), answer in walk.items()
              if method == "GET" and rule.startswith("/office/") and "<" in rule and answer.says == "200"]
    assert {rule for rule, noted in opened if not noted} == NOBODYS
    assert len({rule for rule, noted in opened if noted}) >= 10


def test_nothing_breaks_whoever_asks(walk):
    assert [door for door, answer in walk.items() if answer.says.startswith("5")] == []


@pytest.mark.check("idor")
def test_a_members_trip_exists_for_that_member_only(walk):
    for (_method, rule, who), answer in walk.items():
        if rule.startswith(("/trips/<", "/inbox/<", "/account/contact/devices/<",
                            "/account/statement/<", "/account/disputes/<", "/account/notices/<",
                            "/inbox/conversations/<",
                            "/account/payments/<", "/account/payments/cards/<", "/account/payments/pages/<")):
            assert (answer.says != "404") or who != "member", rule
            if who in ("applicant", "other"):
                assert answer.says == "404", rule


def test_pages_for_staff_are_closed_to_members_and_to_other_staff(walk):
    desks = {"/fleet/": {"fleet", "admin"}, "/experience/": {"cx", "admin"}, "/office/": {"finance", "admin"}}
    help_desk, reviewers = {"support", "cx", "admin"}, {"reviewer", "admin"}
    for (_method, rule, who), answer in walk.items():
        if rule.startswith(("/office/applications/", "/office/tiers/")) or rule == "/office/":
            allowed = reviewers if rule != "/office/" else reviewers | {"finance"}
            if rule.endswith(":side>"):  # a picture, which is for reviewers only
                allowed = {"reviewer"}
            assert (answer.says in ("sign-in", "403")) == (who not in allowed), (rule, who)
            continue
        if rule.startswith("/office/help/"):
            assert (answer.says in ("sign-in", "403")) == (who not in help_desk), (rule, who)
            continue
        if "/promises" in rule and rule.startswith("/office/"):  # whoever speaks with members may promise them something
            speaks = (help_desk | {"finance"}) - ({"cx"} if rule.endswith("/promises/new") else set())  # by name: cx in a case
            assert (answer.says in ("sign-in", "403")) == (who not in speaks), (rule, who)
            continue
        for desk, owners in desks.items():
            if rule.startswith(desk) and who not in owners:
                assert answer.says == ("sign-in" if who == "anon" else "403"), (rule, who)


@pytest.mark.check("matrix")
def test_every_route_declares_who_may_open_it_and_which_step_it_is_or_why_none(app):
    for rule in app.url_map.iter_rules():
        declared = declared_of(app, rule.endpoint)
        assert declared is not None, rule.rule
        assert (declared.step is None) == bool(declared.exempt), rule.rule


@pytest.mark.check("headers")
def test_every_answer_has_the_security_headers(walk):
    for door, answer in walk.items():
        said = answer.headers
        assert said["Content-Security-Policy"] == POLICY, door
        assert said["X-Content-Type-Options"] == "nosniff", door
        assert said["Referrer-Policy"] == "same-origin", door
        assert said["Cross-Origin-Opener-Policy"] == "same-origin", door
        assert re.fullmatch(r"[0-9a-f]{16}", said["X-Request-Id"]), door
        assert "Server" not in said or "Werkzeug" not in said["Server"], door


@pytest.mark.check("cache")
def test_nothing_private_is_kept_by_caches(walk):
    public = ("/assets/", "/map/")
    for (method, rule, who), answer in walk.items():
        kept = answer.headers["Cache-Control"]
        own = "private, no-cache" if rule.startswith("/calendar/") else "no-store"  # a calendar program asks about its own copy
        assert kept == own or rule.startswith(public), (method, rule, who)


@pytest.mark.check("cache")
def test_no_cookie_travels_with_what_caches_keep(walk):
    for door, answer in walk.items():
        if "public" in answer.headers["Cache-Control"]:
            assert "Set-Cookie" not in answer.headers, door


@pytest.mark.check("safe_get")
def test_looking_changes_no_business(walk):
    wrote = {door: answer.wrote - NO_BUSINESS for door, answer in walk.items() if door[0] == "GET" and door[:2] != BACK}
    assert {door: tables for door, tables in wrote.items() if tables} == {}


@pytest.mark.check("csrf")
def test_without_the_token_against_forgery_every_unsafe_door_is_shut(app):
    clock = Clock()
    with app.app_context():
        browsers, _ada = _people(app, clock)
        objects = _objects_of_nobody()
        wrote: set[str] = set()
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: wrote.update(
            WRITES.findall(statement)))
    unsafe = [rule for rule in app.url_map.iter_rules() if rule.methods - {"GET", "HEAD", "OPTIONS"}]
    assert len(unsafe) > 15
    for rule in unsafe:
        if rule.endpoint in ("stripe.webhook", "contact.one_click"):
            continue  # machines: a signature speaks for them (tests/portal/billing/test_webhooks.py, …/contact/test_contact.py)
        if declared_of(app, rule.endpoint).by_token is not None:
            continue  # no cookie opens these, whatever form comes with it (tests/portal/api/test_door.py)
        for nth, who in enumerate(("anon", "member", "fleet", "cx")):
            for sent in FORGED if SOAK else (FORGED[nth % len(FORGED)],):  # each door meets all of them in any case
                wrote.clear()
                answer = browsers[who].send(_address(rule, objects), method="POST", data=sent)
                assert answer.status_code == 400, (rule.rule, who)
                assert "The form was open for too long, or came from another site." in answer.text
                assert not wrote - NO_BUSINESS


def _objects_of_nobody() -> dict[str, str]:
    return {"reference": "0123456789", "reservation_id": "0123456789", "car_id": "nobody", "command_id": str(uuid4()),
            "step_name": "book.confirm", "note_id": "1", "pid": str(uuid4()), "name": "events",
            "action": "flash", "slug": "acorn", "lot_slug": "x",
            "message_id": str(uuid4()), "session_id": "cs_test_nobody", "signed": "x", "channel": "mail",
            **{f"{name}_id": "1" for name in ("line", "payer", "member", "invoice", "place", "cost_centre", "user", "token")},
            **{f"{name}_id": str(uuid4()) for name in (
                "dispute", "notice", "payment", "adjustment", "page", "card", "call", "chargeback", "refund", "view",
                "conversation", "suggestion", "remark", "device", "case", "fix", "promise", "wait",
                "series", "matter", "picture", "passkey", "invitation", "export", "request", "fob")},
            "signed_number": "x", "purpose": "news", "invitation_token": "x",
            "side": "front", "week_name": "2026-W01",
            "ask_id": str(uuid4()), "link": "x", "solicitation": "win_back", "template_id": "1", "token": "x", "mail_id": "x"}
