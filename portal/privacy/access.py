"""Who of our staff looked at or changed what of a member's, and why: from every trail, by their work, never by name."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from core.audit import AuditRow
from core.database import db
from core.personal import Person
from experience.insight.models import Lookup, LookupReason
from experience.record.models import Identity
from portal.account.looks.models import DeskLook, Opened
from portal.account.models import STAFF_ROLES, Role, UserRole
from portal.account.tier.models import TierLook, TierLookedFor, TierRequest
from portal.licence.models import LicencePicture, LookedFor, PictureView
from portal.privacy.register import TABLES
from portal.privacy.whose import rows_of, table_of

MOST = 200
WORK: dict[Role, Any] = {
    Role.FLEET: _l("The people who look after the cars"), Role.CX: _l("The team that looks after what you live through"),
    Role.SUPPORT: _l("The help desk"), Role.REVIEWER: _l("A reviewer"), Role.FINANCE: _l("The people who look after money"),
    Role.ADMIN: _l("Who runs the service")}
NO_WORK, BY_ITSELF = _l("Somebody who worked here"), _l("The automatic check")
OPENED: dict[Opened, Any] = {
    Opened.CONVERSATION: _l("Opened your conversation, to answer you"),
    Opened.BILL: _l("Opened what you pay, or what we owe you"),
    Opened.APPLICATION: _l("Opened your application, licence or request, to decide about it")}
LOOKED_UP: dict[LookupReason, Any] = {
    LookupReason.ANSWER: _l("Looked up who you are, to answer you"),
    LookupReason.SAFETY: _l("Looked up who you are, for safety"),
    LookupReason.MONEY: _l("Looked up who you are, about money"),
    LookupReason.MISTAKE: _l("Looked up who you are, to mend a mistake"),
    LookupReason.ASKED: _l("Looked up who you are, because you asked for something")}
PICTURE, BENEFIT = _l("Looked at a picture of your licence"), _l("Looked at the picture for your tier")
# What staff may change that is a member's, by the table.
CHANGED: dict[str, Any] = {
    "members": _l("Changed your membership"), "users": _l("Changed your account"), "payers": _l("Changed how you pay"),
    "applications": _l("Worked on your application"), "licences": _l("Worked on your licence"),
    "tier_requests": _l("Worked on your request for the reduced tier"), "conversations": _l("Worked on your conversation"),
    "disputes": _l("Worked on your dispute"), "notices": _l("Worked on a cost that is passed on to you"),
    "adjustments": _l("Gave money back, or credit"), "cases": _l("Worked on what went wrong for you"),
    "promises": _l("Made you a promise, or said what became of it"), "reservations": _l("Changed a booking of yours"),
    "remarks": _l("Decided about a remark of yours"), "api_tokens": _l("Changed a token of yours"),
    "fobs": _l("Did something about your fob")}


@dataclass(frozen=True, slots=True)
class Access:
    """One look or change: when, whose work it was, and what it was."""

    at: datetime
    who: Any
    what: Any


def accesses_of(person: Person) -> list[Access]:
    """The latest of all trails, newest first. What somebody did to their own account is left out."""
    found = [*_lookups(person), *_desk(person), *_pictures(person), *_changes(person)]
    work = _work_of({by for _at, by, _what in found if by is not None})
    told = [Access(at, BY_ITSELF if by is None else work.get(by, NO_WORK), what) for at, by, what in found
            if by != person.user_id]
    return sorted(told, key=lambda one: one.at, reverse=True)[:MOST]


Found = list[tuple[datetime, int | None, Any]]


def _lookups(person: Person) -> Found:
    """By the member's own random id, and those of their trips."""
    trips = db.metadata.tables["reservations"]
    pids = select(Identity.pid).where(or_(
        (Identity.kind == "member") & (Identity.ref == person.member_id),
        (Identity.kind == "trip") & Identity.ref.in_(select(trips.c.id).where(trips.c.member_id == person.member_id))))
    rows = db.session.execute(select(Lookup.at, Lookup.by_user_id, Lookup.reason).where(
        Lookup.pid.in_(pids), Lookup.found).order_by(Lookup.id.desc()).limit(MOST))
    return [(at, by, LOOKED_UP[LookupReason(reason)]) for at, by, reason in rows]


def _desk(person: Person) -> Found:
    rows = db.session.execute(select(DeskLook.at, DeskLook.by_user_id, DeskLook.opened).where(
        DeskLook.member_id == person.member_id).order_by(DeskLook.at.desc()).limit(MOST))
    return [(at, by, OPENED[Opened(opened)]) for at, by, opened in rows]


def _pictures(person: Person) -> Found:
    licence = db.session.execute(select(PictureView.at, PictureView.user_id).join(
        LicencePicture, LicencePicture.id == PictureView.picture_id).where(
            LicencePicture.member_id == person.member_id, PictureView.looked_for.not_in((LookedFor.OWN, LookedFor.EXPORT)))
        .order_by(PictureView.id.desc()).limit(MOST))
    tier = db.session.execute(select(TierLook.at, TierLook.user_id).join(
        TierRequest, TierRequest.id == TierLook.request_id).where(
            TierRequest.member_id == person.member_id, TierLook.looked_for != TierLookedFor.OWN)
        .order_by(TierLook.id.desc()).limit(MOST))
    return [*((at, by, PICTURE) for at, by in licence), *((at, by, BENEFIT) for at, by in tier)]


def _changes(person: Person) -> Found:
    """From the audit, which names each row by its table and key."""
    names: list[str] = []
    for table in CHANGED:
        for held in TABLES[table]:
            (key,) = table_of(held).primary_key
            names += [f"{table}/{value}" for value in db.session.scalars(select(key).where(rows_of(held, person, first=True)))]
    rows = db.session.execute(select(AuditRow.at, AuditRow.actor_id, AuditRow.object).where(
        AuditRow.object.in_(names)).order_by(AuditRow.id.desc()).limit(MOST))
    return [(at, by, CHANGED[name.partition("/")[0]]) for at, by, name in rows]


def _work_of(user_ids: set[int]) -> dict[int, Any]:
    """The work of each, by the first of their roles."""
    roles: dict[int, set[str]] = defaultdict(set)
    for user_id, role in db.session.execute(select(UserRole.user_id, UserRole.role).where(UserRole.user_id.in_(user_ids))):
        roles[user_id].add(role)
    return {user_id: WORK[next(role for role in WORK if role in held)] for user_id, held in roles.items() if held & STAFF_ROLES}
