"""What a reviewer sees of one matter: an allow-list, so that nothing of trips, money or feedback comes with the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, true

from core.database import db
from core.refusal import NotFound
from core.sealed import Seal
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, User
from portal.desk.applications.queue import Kind
from portal.licence.models import Licence, LicencePicture, LicenceStatus, PictureView, Side
from portal.licence.places import PLACES
from portal.signup.eligibility import Rules, look_at
from portal.signup.models import Application, State
from portal.signup.reasons import Reason
from portal.signup.start import answers_of
from portal.web.say import CITY_ZONE

MOST_VIEWS = 30
COUNTED = (LicenceStatus.VERIFIED, LicenceStatus.SUPERSEDED, LicenceStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Typed:
    """What they told us of themselves and of their licence. Sealed words are None when their key is gone."""

    name: str
    email: str
    born_on: date | None
    licence_name: str | None
    number: str | None
    issued_in: str
    held_since: date | None
    expires_on: date | None
    violation_on: date | None
    plan: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """One side as it was shown; none of it when nothing was sent, or when it is kept no longer."""

    side: str
    id: UUID | None = None
    width: int = 0
    height: int = 0
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier application or licence of the same person, and what came of it. `by`: who decided; none for the rules."""

    id: UUID | None
    kind: str
    at: datetime
    state: str
    reasons: Sequence[str]
    decided_at: datetime | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Twin:
    """Somebody else who showed a licence of the same number."""

    name: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Looked:
    """Who was shown which side, when, and what for. `by` is none for the licence check."""

    side: str
    by: str | None
    at: datetime
    looked_for: str


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to decide, whole. `barred`: why this reviewer may not decide it ("own" or "appeal"), or nothing."""

    id: UUID
    kind: Kind
    state: str
    member_id: int
    since: datetime
    due_at: datetime
    holder_id: int | None
    holder: str | None
    typed: Typed
    doubts: Sequence[str]
    in_the_way: Sequence[tuple[str, date]]
    verdict: str | None
    checked_at: datetime | None
    licence_reasons: Sequence[str]
    pictures: Sequence[Picture]
    appeal: str | None
    barred: str
    decided_at: datetime | None
    decider: str | None
    reasons: Sequence[str]
    answer: str | None
    retake: str | None
    reapply_on: date | None
    licence_id: UUID | None

    @property
    def is_open(self) -> bool:
        return self.state == State.SUBMITTED

    @property
    def ended(self) -> bool:
        """Whether its licence is over, so that nobody can approve it as it stands."""
        return any(code == Reason.EXPIRED for code, _until in self.in_the_way)


def the_matter(matter_id: UUID, user_id: int, seal: Seal, now: datetime) -> Matter:
    """An application that was sent, or a licence that was shown again. Raises NotFound."""
    application = db.session.get(Application, matter_id)
    if application is not None and application.submitted_at is not None:
        return _of_application(application, user_id, seal, now)
    licence = db.session.get(Licence, matter_id)
    if licence is None or licence.due_at is None or licence.submitted_at is None:
        raise NotFound(matter_id=matter_id)
    return _of_licence(licence, user_id, seal, now)


def _of_application(held: Application, user_id: int, seal: Seal, now: datetime) -> Matter:
    licence, answers = _licence_of(held), answers_of(held)
    finding = look_at(answers, Rules.of(policies_at(now)), now.astimezone(CITY_ZONE).date(),
                      expires_on=licence.expires_on if licence else None) if answers else None
    kind = Kind.APPEAL if held.appealed_at else Kind.APPLICATION
    own, heard = held.member.user_id == user_id, held.first_decided_by_id == user_id
    assert held.submitted_at is not None
    assert held.due_at is not None
    return Matter(
        id=held.id, kind=kind, state=held.state, member_id=held.member_id, since=held.appealed_at or held.submitted_at,
        due_at=held.due_at, holder_id=held.taken_by_id, holder=_name(held.taken_by_id),
        typed=_typed(held.member, licence, seal, violation_on=held.violation_on, plan=held.plan, held_since=held.held_since),
        doubts=held.doubts, in_the_way=[(str(each.reason), each.until) for each in finding.in_the_way] if finding else [],
        verdict=licence.verdict if licence else None, checked_at=licence.checked_at if licence else None,
        licence_reasons=licence.reasons if licence else [], pictures=_pictures(licence),
        appeal=seal.read(held.appeal_sealed), barred="own" if own else "appeal" if heard else "",
        decided_at=held.decided_at, decider=_name(held.decided_by_id), reasons=held.reasons,
        answer=seal.read(held.answer_sealed), retake=held.retake, reapply_on=held.reapply_on,
        licence_id=licence.id if licence else None)


def _of_licence(licence: Licence, user_id: int, seal: Seal, now: datetime) -> Matter:
    assert licence.submitted_at is not None
    assert licence.due_at is not None
    state = {LicenceStatus.DRAFT: State.OPEN, LicenceStatus.PENDING: State.SUBMITTED, LicenceStatus.REFUSED: State.REFUSED}
    return Matter(
        id=licence.id, kind=Kind.LICENCE, state=state.get(LicenceStatus(licence.status), State.APPROVED),
        member_id=licence.member_id, since=licence.submitted_at, due_at=licence.due_at, holder_id=licence.taken_by_id,
        holder=_name(licence.taken_by_id), typed=_typed(licence.member, licence, seal), doubts=[],
        in_the_way=[("expired", licence.expires_on)] if licence.expires_on and licence.expires_on < now.astimezone(
            CITY_ZONE).date() else [],
        verdict=licence.verdict, checked_at=licence.checked_at, licence_reasons=licence.reasons, pictures=_pictures(licence),
        appeal="", barred="own" if licence.member.user_id == user_id else "", decided_at=licence.decided_at,
        decider=_name(licence.decided_by_id), reasons=_refused_for(licence), answer=seal.read(licence.answer_sealed),
        retake=licence.retake, reapply_on=None, licence_id=licence.id)


def _typed(member: Member, licence: Licence | None, seal: Seal, *, violation_on: date | None = None, plan: str | None = None,
           held_since: date | None = None) -> Typed:
    return Typed(
        name=member.name, email=member.user.email, born_on=member.born_on,
        licence_name=seal.read(licence.name_sealed) if licence else "",
        number=seal.read(licence.number_sealed) if licence else "",
        issued_in=_place(licence) if licence else "",
        held_since=licence.held_since if licence and licence.held_since else held_since,
        expires_on=licence.expires_on if licence else None, violation_on=violation_on, plan=plan)


def _place(licence: Licence) -> str:
    code = "-".join(part for part in (licence.country, licence.region) if part)
    return str(PLACES.get(code, code))


def _licence_of(held: Application) -> Licence | None:
    """The licence that came with it: the last one that was begun before it was decided."""
    query = select(Licence).where(Licence.member_id == held.member_id, Licence.due_at.is_(None))
    if held.decided_at is not None:
        query = query.where(Licence.begun_at <= held.decided_at)
    return db.session.scalars(query.order_by(Licence.begun_at.desc()).limit(1)).first()


def _refused_for(licence: Licence) -> Sequence[str]:
    """Why it does not count; what the check had against one that does is no reason of the decision."""
    return [] if licence.status in COUNTED else licence.reasons


def _pictures(licence: Licence | None) -> list[Picture]:
    found = {side: licence.picture(side) for side in Side} if licence else {}
    return [Picture(str(side), kept.id, kept.width, kept.height, kept.taken_at) if (kept := found.get(side))
            else Picture(str(side)) for side in Side]


def _name(user_id: int | None) -> str | None:
    return db.session.scalar(select(User.name).where(User.id == user_id)) if user_id else None


def before(matter: Matter) -> list[Before]:
    """What this person applied for and showed before, newest first; a draft is nobody's yet."""
    applied = db.session.execute(select(Application, User.name).outerjoin(User, User.id == Application.decided_by_id).where(
        Application.member_id == matter.member_id, Application.id != matter.id, Application.submitted_at.is_not(None)))
    shown = db.session.execute(select(Licence, User.name).outerjoin(User, User.id == Licence.decided_by_id).where(
        Licence.member_id == matter.member_id, Licence.id != matter.licence_id if matter.licence_id else true(),
        Licence.status != LicenceStatus.DRAFT, Licence.submitted_at.is_not(None)))
    found = [Before(one.id, Kind.APPEAL if one.appealed_at else Kind.APPLICATION, at, one.state, one.reasons,
                    one.decided_at, by) for one, by in applied if (at := one.submitted_at)]
    found += [Before(one.id if one.due_at else None, Kind.LICENCE, at, one.status, _refused_for(one), one.decided_at, by)
              for one, by in shown if (at := one.submitted_at)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def twins(matter: Matter) -> list[Twin]:
    """Other people who showed a licence of this number."""
    if matter.licence_id is None:
        return []
    digest = select(Licence.number_digest).where(Licence.id == matter.licence_id).scalar_subquery()
    rows = db.session.execute(
        select(User.name, Licence.status, Licence.submitted_at).join(Member, Member.id == Licence.member_id)
        .join(User, User.id == Member.user_id)
        .where(Licence.number_digest == digest, Licence.member_id != matter.member_id, Licence.submitted_at.is_not(None))
        .order_by(Licence.submitted_at.desc()))
    return [Twin(name, status, at) for name, status, at in rows if at]


def looked_at(matter: Matter) -> list[Looked]:
    """The newest looks at this licence's pictures, also at those that were taken anew since."""
    rows = db.session.execute(
        select(LicencePicture.side, User.name, PictureView.at, PictureView.looked_for)
        .join(PictureView, PictureView.picture_id == LicencePicture.id).outerjoin(User, User.id == PictureView.user_id)
        .where(LicencePicture.licence_id == matter.licence_id).order_by(PictureView.at.desc(), PictureView.id.desc())
        .limit(MOST_VIEWS))
    return [Looked(*row) for row in rows]


def picture_of(matter: Matter, side: str) -> Picture:
    """The picture of one side. Raises NotFound, also for whoever may not decide the matter."""
    found = next((picture for picture in matter.pictures if picture.side == side), None)
    if found is None or found.id is None or matter.barred:
        raise NotFound()
    return found


def whole_page(matter: Matter, user_id: int) -> dict[str, Any]:
    """Everything around the matter that its template shows."""
    return {"matter": matter, "mine": matter.holder_id == user_id, "earlier": before(matter), "twins": twins(matter),
            "looked": looked_at(matter)}
