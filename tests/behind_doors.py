"""The people who try every door of the site, and what stands behind each: one thing of Ada's for each argument of an address.

What the argument of a new route names is said here once: for the table of doors (tests/test_matrix.py) and tests/checks/.
"""

import io
import re
from datetime import date, timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
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
from portal.account.models import Member, MemberStatus, Role, User, UserRole
from portal.account.sessions import begin_session, session_number
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.models import Benefit
from portal.api.models import Scope
from portal.api.tokens import give_token
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
from reservations.booking.models import Reservation, Waiver
from reservations.feed.start import start_feed
from reservations.fob.ask import ask_for_fob
from reservations.series.book import book_series
from reservations.series.rules import repeats_of
from reservations.waitlist.join import Wish, join_waitlist
from tests.factories import NOON, Clock, People, a_car, hours
from tests.portal.licence.showing import a_sent, outside, photo
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of

# What these do would change the answers after them: they come last, in this order.
LAST = ("tier.withdraw", "drivers.withdraw", "business.withdraw", "feed.start", "feed.end", "cx_desk.drop_view",
        "booking.cancel_trip", "account.sign_out")


def people_of_every_role(app: Flask, clock: Clock) -> tuple[dict[str, Browser], Member]:
    people = People()
    members = {"applicant": people.member("Pat Green", status=MemberStatus.APPLICANT),
               "member": people.member("Ada Okafor"), "other": people.member("Bo Lindqvist")}
    staff = {role: people.staff(Role(role)) for role in ("fleet", "cx", "support", "finance", "reviewer", "admin")}
    browsers = {"anon": Browser(app.test_client(), clock)}
    browsers |= {who: browser_of(app, member.user, clock) for who, member in members.items()}
    browsers |= {who: browser_of(app, user, clock) for who, user in staff.items()}
    return browsers, members["member"]


def objects_of(ada: Member, app: Flask) -> dict[str, str]:
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


def objects_of_nobody() -> dict[str, str]:
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


def address_of(rule: Rule, objects: dict[str, str]) -> str:
    """The rule with its holes filled. A KeyError here: say in `objects_of()` what stands for the new argument."""
    given = objects | ({"slug": objects["lot_slug"]} if rule.endpoint in ("search.lot", "favourites.lot") else {})
    if rule.endpoint == "schemas.schema":
        given = given | {"name": "book.confirm", "version": "1"}
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda hole: given[hole[1]], rule.rule)
