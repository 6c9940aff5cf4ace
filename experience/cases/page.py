"""What the page of one case shows: the case, the line of the journey, and the forms, of which one may come back with words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from sqlalchemy import select

from core.database import db
from core.money import Money
from core.sealed import Seal
from experience.cases.change import the_case
from experience.cases.clock import clock_of
from experience.cases.forms import (
    CloseForm,
    HandOverForm,
    LinkForm,
    NoteForm,
    PromiseForm,
    RemedyForm,
    ReplyForm,
    SettleForm,
    TakeForm,
)
from experience.cases.loose_ends import loose_ends
from experience.cases.models import Case, Fix, FixState, State
from experience.cases.promise import open_promises
from experience.cases.queries import colleagues, done_in, others_of, pid_of_trip, reasons_of
from experience.cases.reopen import may_reopen
from experience.cases.replay import Moment, Source, replay, trouble_of
from experience.cases.who import face_of
from experience.promises.models import Promise
from fleet.tariffs.in_force import policies_at
from portal.account.models import User
from portal.billing.adjustments.limits import alone, left_of_lines
from portal.billing.adjustments.models import AdjustmentKind
from portal.billing.ledger.models import CHARGES, LedgerRow
from portal.billing.payers.payer_of import payer_to_look_at
from portal.billing.words import label
from portal.help.entries import newest_entry
from portal.web.say import cents, moment
from reservations.booking.models import Reservation

LINES = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """The line as it is narrowed down: which sources, how far back, only the trip."""

    sources: frozenset[str]
    far: bool
    trip: bool

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Shown":
        named = {name for name in args.get("only", "").split(",") if name in set(Source)}
        return cls(frozenset(named or set(Source)), args.get("far") == "1", args.get("trip") == "1")

    def but(self, **changes: Any) -> dict[str, Any]:
        """The address with a source turned on or off (`flip`), or with `far` or `trip` changed."""
        sources = self.sources ^ {changes["flip"]} if "flip" in changes else self.sources
        kept = {"only": ",".join(sorted(sources)) if sources and sources != set(Source) else None,
                "far": "1" if changes.get("far", self.far) else None, "trip": "1" if changes.get("trip", self.trip) else None}
        return {key: value for key, value in kept.items() if value}


def lines_of(case: Case) -> list[tuple[int, str, Money]]:
    """The lines of the member's bills of which something is left to give back, the case's trip first."""
    rows = db.session.scalars(
        select(LedgerRow)
        .where(LedgerRow.member_id == case.member_id, LedgerRow.origin.in_(CHARGES), LedgerRow.payer_id.is_not(None))
        .order_by((LedgerRow.reservation_id == (case.reservation_id or 0)).desc(), LedgerRow.id.desc()).limit(LINES)).all()
    left = left_of_lines([row for row in rows if row.amount.cents > 0])
    return [(row.id, f"{label(row)}, {moment(row.at)}: {cents(left[row.id].cents)}", left[row.id])
            for row in rows if row.id in left and left[row.id].cents > 0]


def the_line(case: Case, shown: Shown, seal: Seal, now: datetime) -> tuple[list[Moment], list[Moment]]:
    """The moments that are to be shown: those before the trouble, and those from it on."""
    every = replay(case, seal=seal, messages_to=current_app.extensions.get("messages_to"), now=now, far=shown.far)
    begins = trouble_of(case, every)
    wanted = [one for one in every if one.source in shown.sources and (one.on_trip or not shown.trip)]
    return [one for one in wanted if one.at < begins], [one for one in wanted if one.at >= begins]


def page_of_case(case_id: UUID, user_id: int, seal: Seal, now: datetime, **posted: Any) -> dict[str, Any]:
    """Everything the template needs; `posted` are forms that came back, by their names."""
    case = the_case(case_id)
    shown, face, payer = Shown.of(request.args), face_of(case, user_id), payer_to_look_at(case.member_id)
    trip = db.session.get(Reservation, case.reservation_id) if case.reservation_id is not None else None
    earlier, line = the_line(case, shown, seal, now)
    return {
        "case": case, "clock": clock_of(case, now), "face": face, "mine": case.owner_id == user_id,
        "owner": db.session.get(User, case.owner_id or 0), "trip": trip, "trip_pid": pid_of_trip(case.reservation_id),
        "reasons": reasons_of(case.id), "done": done_in(case.id, seal), "others": others_of(case), "shown": shown,
        "earlier": earlier, "line": line, "may_reopen": case.state == State.CLOSED and may_reopen(case, now),
        "fix": db.session.get(Fix, case.fix_id) if case.fix_id else None,
        "alone": alone(payer, AdjustmentKind.GOODWILL, user_id, now) if payer else None, "at": now,
        "forms": _forms(case, user_id, seal, now) | posted}


def remedy_form(case: Case, user_id: int, now: datetime, **given: Any) -> RemedyForm:
    """Credit or money back, with what this colleague gives alone."""
    payer = payer_to_look_at(case.member_id)
    credit, refund = (alone(payer, kind, user_id, now).left if payer else Money(policies_at(now)[f"{kind}_alone"].value)
                      for kind in (AdjustmentKind.GOODWILL, AdjustmentKind.REFUND))
    return RemedyForm(lines_of(case), credit_alone=credit, refund_alone=refund, prefix="remedy-", **given)


def _forms(case: Case, user_id: int, seal: Seal, now: datetime) -> dict[str, Any]:
    """The forms as they are empty. Each has a prefix of its own, so that no two fields on the page share an id."""
    seen: dict[str, Any] = {"formdata": None, "seen": case.version}
    newest = newest_entry(case.conversation_id) if case.conversation_id else None
    return {
        "take": TakeForm(formdata=None, instead_of=case.owner_id), "note": NoteForm(prefix="note-", formdata=None),
        "hand_over": hand_over_form(user_id, formdata=None), "reply": ReplyForm(prefix="reply-", seen_entry=newest, **seen),
        "remedy": remedy_form(case, user_id, now, **seen), "promise": PromiseForm(prefix="promise-", **seen),
        "close": close_form(case, seal, now, seen_entry=newest, **seen), "settle": settle_form(case, seal, formdata=None),
        "link": link_form(formdata=None, fix=str(case.fix_id or ""))}


def close_form(case: Case, seal: Seal, now: datetime, **given: Any) -> CloseForm:
    """The outcome, and what becomes of each promise and each sum that is open."""
    loose = loose_ends(case, now)
    promises = [(one.id, _("We promised: %(words)s", words=_promised(one, seal))) for one in loose.promises]
    sums = [(one.id, _("Waits for a second person: %(amount)s", amount=cents(one.amount_cents))) for one in loose.adjustments]
    return CloseForm.over(promises, sums)(prefix="close-", **given)


def _promised(promise: Promise, seal: Seal) -> str:
    return _("%(words)s (by %(time)s)", time=moment(promise.due_at), words=shorten(
        seal.read(promise.words_sealed) or "…", 80, placeholder="…"))


def hand_over_form(user_id: int, **given: Any) -> HandOverForm:
    """To any colleague but oneself."""
    form = HandOverForm(prefix="to-", **given)
    form.to_user.choices = [(colleague, name) for colleague, name in colleagues() if colleague != user_id]
    return form


def settle_form(case: Case, seal: Seal, **given: Any) -> SettleForm:
    """Any promise by hand to the case's member that nobody has settled."""
    form = SettleForm(prefix="settle-", **given)
    form.which.choices = [(str(one.id), _promised(one, seal)) for one in open_promises(case)]
    return form


def link_form(**given: Any) -> LinkForm:
    """Any fix that is not dropped, or none."""
    form = LinkForm(prefix="link-", **given)
    fixes = db.session.scalars(select(Fix).where(Fix.state != FixState.DROPPED).order_by(Fix.created_at.desc()))
    form.fix.choices = [("", "–"), *((str(fix.id), fix.title) for fix in fixes)]
    return form
