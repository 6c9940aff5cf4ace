"""Help for everybody: answers, the way to a person from any page, and the conversations that come of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.time import now
from experience.journey import STEPS, Step
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member
from portal.help.answers import answers
from portal.help.call import Call, ask_for_call, may_ask_for_call
from portal.help.clock import answer_minutes
from portal.help.context import About, about_from, last_steps
from portal.help.door import Door, door_of
from portal.help.find import find_answers
from portal.help.forms import ASKED, CONTEXT, CallForm, ContactForm, NowForm, WriteForm
from portal.help.models import Conversation, Kind, Status
from portal.help.praise import praise_of
from portal.help.queries import (
    is_unread,
    mark_read,
    my_conversation,
    my_conversations,
    my_urgent,
    said_in,
    unread_count,
    visitors_conversation,
)
from portal.help.solve import solve
from portal.help.start import Visitor, start_conversation
from portal.help.words import CALLS, KINDS, STATUSES, events_in_words, step_label
from portal.help.write import write_entry
from portal.web import say
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, me, of_trip, page, page_facts, this_is
from portal.web.shell import adapters
from reservations.booking.models import Reservation
from reservations.booking.queries import my_reservation

bp = Blueprint("help", __name__)
LABELS = {str(step): declared.label for step, declared in STEPS.items()}
READING = "reading an answer: the step was lived through when it was asked, and ends when it is solved"
bp.add_app_template_global(is_unread, "is_unread")
bp.add_app_template_global(unread_count, "unread_conversations")
bp.add_app_template_global(my_conversations, "my_conversations")


def door() -> Door:
    """How conversations of this site are reached from outside."""
    return door_of(current_app.config)


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"STEP_LABELS": LABELS, "HELP_KINDS": KINDS, "HELP_STATUSES": STATUSES, "HELP_CALLS": CALLS}


@bp.app_template_global()
def stuck_help(reservation: Any) -> dict[str, Any]:
    """What the trip's page says when its car does not open: the form, and what was asked for already."""
    asked = my_urgent(reservation.id)
    return {"form": NowForm(formdata=None, trip=reservation.reference, phone=reservation.member.phone),
            "minutes": answer_minutes(Kind.URGENT, now()), "asked": asked, "may_call": not asked or may_ask_for_call(asked)}


@bp.app_template_global()
def praise_here(car_id: int) -> Any:
    """How often a car was praised, and the words that were passed on: for the fleet desk's page of it."""
    return praise_of(seal=adapters().seal, car_id=car_id)


def _member() -> Member | None:
    return current_user.member if current_user.is_authenticated else None


@bp.get("/help")
@page(who=ANYONE, exempt="reading answers is no contact yet: the step begins on the page that asks us")
def index() -> Any:
    """The commonest questions, searchable, and how to reach a person. Whoever finds nothing is on the way to ask us, and that
    is counted."""
    typed, member = request.args.get("q", "").strip()[:200], _member()
    known = answers(now(), member.id if member else None)
    found = find_answers(known, typed) if typed else []
    if typed and not found:
        this_is(Step.HELP_CONTACT)
        page_facts(found=0)
    return render_template(
        "portal/help/index.html", q=typed, found=found, answers=[] if typed else known,
        mine=my_conversations(member, 3) if member else [], minutes=answer_minutes(Kind.QUESTION, now()), member=member)


@bp.route("/help/contact", methods=["GET", "POST"])
@page(Step.HELP_CONTACT, who=ANYONE)
@limiter.limit("5/minute;30/hour", methods=["POST"])
def contact() -> Any:
    """Ask us; what the page knew is filled in, in words, and can be taken out."""
    member = _member()
    about = about_from(request.values, member)
    form = ContactForm(now(), member, **_filled_in(member))
    if about.reservation:
        of_trip(about.reservation.id)
    events = _events(about, form)
    if form.validate_on_submit():
        return _to_conversation(_ask(form, member, about, events), member)
    kind = Kind(form.kind.data) if form.kind.data in set(Kind) else Kind.QUESTION
    return render_template("portal/help/contact.html", form=form, about=about, told=events_in_words(events), member=member,
                           minutes=answer_minutes(kind, now()), step_words=step_label(str(about.step or ""))), form.page_status


def _filled_in(member: Member | None) -> dict[str, Any]:
    """What the form begins with; a posted one says everything itself."""
    if request.method == "POST":
        return {}
    known = {name: request.args.get(name, "") for name in CONTEXT}
    kind = request.args.get("kind")
    return known | {"until": now().isoformat(), "phone": (member.phone or "") if member and kind == Kind.CALLBACK else ""} | (
        {"kind": kind} if kind in ASKED else {})


def _events(about: About, form: ContactForm) -> list[dict[str, Any]]:
    shown_at = say.parsed(form.until.data)
    until = min(shown_at, now()) if shown_at else now()
    return last_steps(session_id=session.get("visit"), member=_member(), reservation=about.reservation, until=until)


def _ask(form: ContactForm, member: Member | None, about: About, events: list[dict[str, Any]]) -> Conversation:
    sent = about.without(page=not form.with_page.data, trip=not form.with_trip.data, place=not form.with_place.data)
    who = member or Visitor(form.mail.data, door().hash_of(form.mail.data))
    return start_conversation(
        who=who, kind=Kind(form.kind.data), words=form.words.data or _("Please call me."), about=sent, once=form.once.data,
        seal=adapters().seal, now=now(), call=form.call, events=events if form.with_events.data else ())


def _to_conversation(asked: Conversation, member: Member | None) -> Any:
    flash(_("We have it. You see here when somebody answers."), "ok")
    if member:
        return redirect(url_for("help.conversation", conversation_id=asked.id))
    return redirect(url_for("help.visitor", token=door().visitor_token(asked.id)))


@bp.post("/help/now")
@page(Step.HELP_CONTACT, who=MEMBERS)
@limiter.limit("10/minute")
def ask_now() -> Any:
    """The car does not open: one tap, and everything is said."""
    form = NowForm()
    reservation = my_reservation(me(), form.trip.data or "")
    of_trip(reservation.id)
    about = about_from({"trip": reservation.reference, "step": str(Step.PICKUP_UNLOCK), "page": url_for(
        "trips.show", reference=reservation.reference)}, me())
    if form.validate_on_submit():
        calls = form.way.data == "call" and form.phone.data
        asked = start_conversation(
            who=me(), kind=Kind.URGENT, words=_("The car does not open. Please help me now."), about=about,
            once=f"now-{reservation.id}-{now():%Y%m%d%H%M%S}", seal=adapters().seal, now=now(),
            call=Call(form.phone.data) if calls else None,
            events=last_steps(session_id=session.get("visit"), member=me(), reservation=reservation, until=now()))
        return _to_conversation(asked, me())
    flash(_("That is no phone number. Correct it, or have us write."), "bad")
    return redirect(url_for("help.contact", trip=reservation.reference, step=Step.PICKUP_UNLOCK, kind=Kind.URGENT))


@bp.get("/inbox/conversations/<uuid:conversation_id>")
@page(who=MEMBERS, exempt=READING)
def conversation(conversation_id: UUID) -> Any:
    """One conversation, with a place to write on."""
    found = my_conversation(me(), conversation_id)
    if found.id != conversation_id:
        return redirect(url_for("help.conversation", conversation_id=found.id))
    return _thread(found, WriteForm())


@bp.post("/inbox/conversations/<uuid:conversation_id>/write")
@page(Step.HELP_CONTACT, who=MEMBERS)
def write(conversation_id: UUID) -> Any:
    """The member's next word; one that was solved lately is taken up again."""
    found, form = my_conversation(me(), conversation_id), WriteForm()
    if found.reservation_id:
        of_trip(found.reservation_id)
    if not form.validate_on_submit():
        return _thread(found, form), form.page_status
    went = write_entry(conversation_id=found.id, member=me(), words=form.words.data, seal=adapters().seal, now=now(),
                       once=form.once.data)
    due = went.answer_due_at  # none where no answer is promised: praise is read
    flash(_("Sent. Somebody answers by %(time)s.", time=say.moment(due)) if due else _("Sent. Somebody reads it."), "ok")
    return redirect(url_for("help.conversation", conversation_id=went.id))


@bp.post("/inbox/conversations/<uuid:conversation_id>/read")
@page(who=MEMBERS, exempt=READING)
def read(conversation_id: UUID) -> Any:
    """The member has read it."""
    found = my_conversation(me(), conversation_id)
    if PressForm().validate_on_submit():
        mark_read(conversation=found, now=now(), letters_read=current_app.extensions.get("letters_read"))
    if request.headers.get("X-Requested-With") == "seen":
        return "", 204
    return redirect(url_for("help.conversation", conversation_id=found.id))


@bp.post("/inbox/conversations/<uuid:conversation_id>/solved")
@page(Step.HELP_RESOLVE, who=MEMBERS)
def solved(conversation_id: UUID) -> Any:
    """The member says that it is solved."""
    found = my_conversation(me(), conversation_id)
    if PressForm().validate_on_submit():
        solve(conversation_id=found.id, by_user_id=None, now=now())
        flash(_("Good. If it comes back, write here again."), "ok")
    return redirect(url_for("help.conversation", conversation_id=found.id))


@bp.post("/inbox/conversations/<uuid:conversation_id>/call")
@page(Step.HELP_CONTACT, who=MEMBERS)
@limiter.limit("10/minute")
def call_me(conversation_id: UUID) -> Any:
    """The member would rather talk about it."""
    found, form = my_conversation(me(), conversation_id), CallForm(now())
    if not form.validate_on_submit():
        return _thread(found, WriteForm(formdata=None), form), form.page_status
    ask_for_call(conversation_id=found.id, member=me(), call=form.call, seal=adapters().seal, now=now())
    flash(_("We call you. It stands here when."), "ok")
    return redirect(url_for("help.conversation", conversation_id=found.id))


def _thread(found: Conversation, form: WriteForm, call_form: CallForm | None = None) -> str:
    seal = adapters().seal
    return render_template(
        "portal/help/conversation.html", conversation=found, said=said_in(found, seal), form=form,
        press=PressForm(formdata=None), may_call=may_ask_for_call(found),
        call_form=call_form or CallForm(now(), formdata=None, phone=me().phone),
        told=events_in_words(found.last_events), step_words=step_label(found.step), solved=found.status == Status.SOLVED,
        phone=seal.read(found.phone_sealed), at=now(), **_about_trip(found))


def _about_trip(found: Conversation) -> dict[str, Any]:
    """What the conversation is about, as the member may see it: a trip only when it is theirs."""
    trip = db.session.get(Reservation, found.reservation_id or 0)
    return {"trip": trip if trip and trip.member_id == found.member_id else None,
            "car": db.session.get(Car, found.car_id or 0), "lot": db.session.get(Lot, found.lot_id or 0)}


@bp.route("/help/visitor/<token>", methods=["GET", "POST"])
@page(who=ANYONE, exempt=READING)
@limiter.limit("10/minute", methods=["POST"])
def visitor(token: str) -> Any:
    """The conversation of somebody without an account, by the link in our mail."""
    found, form = visitors_conversation(door().visitor_conversation(token), now()), WriteForm()
    if form.validate_on_submit():
        went = write_entry(conversation_id=found.id, member=None, words=form.words.data, seal=adapters().seal, now=now(),
                           once=form.once.data)
        flash(_("Sent. We answer here and by mail."), "ok")
        return redirect(url_for("help.visitor", token=door().visitor_token(went.id)))
    return render_template(
        "portal/help/visitor.html", conversation=found, said=said_in(found, adapters().seal), form=form, token=token,
        solved=found.status == Status.SOLVED, at=now(), step_words=step_label(found.step)), form.page_status
