"""What the page of one conversation shows: the thread, what is known around it, and the forms."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from wtforms import SelectChoice

from core.database import db
from core.refusal import NotFound
from core.sealed import Seal
from experience.cases.models import State
from experience.cases.queries import case_of_conversation, pid_of_trip
from experience.cases.words import STATES
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.by_email import users_by_email
from portal.account.models import Member, User
from portal.account.needs.kinds import NEEDS
from portal.account.needs.queries import needs_of
from portal.desk.help.forms import AnswerForm, HandOverForm, MergeForm, NoteForm
from portal.desk.help.queue import earlier_of, helpers, others_of
from portal.desk.help.who import has_seen, pid_behind
from portal.help.entries import newest_entry
from portal.help.models import OPEN, CallState, Conversation, Kind, Status
from portal.help.queries import said_in
from portal.help.template import templates_in_use
from portal.help.words import events_in_words, step_label
from portal.web import say
from reservations.booking.models import Reservation


def the_conversation(conversation_id: UUID) -> Conversation:
    """A conversation, for staff. Raises NotFound."""
    found = db.session.get(Conversation, conversation_id)
    if found is None:
        raise NotFound(conversation_id=conversation_id)
    return found


def empty_answer(conversation: Conversation) -> AnswerForm:
    """The form of an answer by somebody who has read everything up to now."""
    return AnswerForm(formdata=None, seen=newest_entry(conversation.id))


def hand_over_form(user_id: int, **given: Any) -> HandOverForm:
    """To any colleague but oneself."""
    form = HandOverForm(**given)
    form.to.choices = [SelectChoice(colleague, name) for colleague, name in helpers() if colleague != user_id]
    return form


def merge_form(found: Conversation, **given: Any) -> MergeForm:
    """Into any other open conversation of the same person."""
    form = MergeForm(**given)
    form.into.choices = [SelectChoice(str(each.id), f"{each.reference}, {say.moment(each.last_at)}")
                         for each in others_of(found)]
    return form


def page_of(found: Conversation, user_id: int, seal: Seal, now: datetime, *, form: AnswerForm, names: bool,
            note_form: NoteForm | None = None) -> dict[str, Any]:
    """Everything the template needs; `form` and `note_form` may come back with what was typed. `names`: this colleague
    knows members by name; others see the name of whom they have taken.
    """
    form.template.choices = [SelectChoice("", _("Choose a template")),
                             *(SelectChoice(str(each.id), each.name) for each in templates_in_use())]
    mail, member = seal.read(found.visitor_sealed), db.session.get(Member, found.member_id or 0)
    trip, owner = db.session.get(Reservation, found.reservation_id or 0), db.session.get(User, found.owner_id or 0)
    case, mine = case_of_conversation(found.id), found.owner_id == user_id
    seen = member is None or names or has_seen(found, user_id)
    return {
        "case": case, "case_state": STATES[State(case.state)] if case else "",
        "case_owner": db.session.get(User, case.owner_id or 0) if case else None, "trip_pid": pid_of_trip(found.reservation_id),
        "conversation": found, "said": said_in(found, seal, internal=True), "form": form, "at": now,
        "note_form": note_form or NoteForm(formdata=None), "member": member,
        "seen": seen, "pid": pid_behind(found),
        "mail": mail, "unproven": bool(mail) and mail in users_by_email([mail]), "trip": trip,
        "phone": seal.read(found.phone_sealed), "NEEDS": NEEDS,
        "needs": needs_of(member.id, seal) if member and mine and seen else None,  # of whom they have taken
        "car": db.session.get(Car, found.car_id or 0), "lot": db.session.get(Lot, found.lot_id or 0),
        "zone": trip.car.lot.zone if trip else say.CITY_ZONE, "owner": owner, "mine": mine,
        "told": events_in_words(found.last_events, codes=True), "step_words": step_label(found.step),
        "hand_over_form": hand_over_form(user_id, formdata=None), "merge_form": merge_form(found, formdata=None),
        "others": others_of(found), "earlier": earlier_of(found),
        "call_open": found.call_state in (CallState.WANTED, CallState.NOT_REACHED), "is_open": found.status in OPEN,
        "solved": found.status == Status.SOLVED, "praised": found.kind == Kind.COMPLIMENT}


def values_of(found: Conversation, me: str, *, names: bool) -> dict[str, str]:
    """What fills the holes of a template; `me` is the first name of whoever answers, who may know the member's or not."""
    trip = db.session.get(Reservation, found.reservation_id or 0)
    member, car = db.session.get(Member, found.member_id or 0), db.session.get(Car, found.car_id or 0)
    lot = db.session.get(Lot, found.lot_id or 0)
    return {"first_name": member.first_name if member and names else "", "car": car.name if car else "",
            "plate": car.plate if car else "", "lot": lot.name if lot else "", "reference": found.reference,
            "me": me, "trip_start": say.moment(trip.starts_at, trip.car.lot.zone) if trip else "",
            "trip_end": say.moment(trip.ends_at, trip.car.lot.zone) if trip else ""}
