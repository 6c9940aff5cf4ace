"""What a member does about a fob: asks for one, takes the wish back, reports it lost."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import Member
from reservations.fob.errors import FobAlready, FobFeeChanged, FobForMembers, NoSuchFob
from reservations.fob.models import Fob, FobState, FobWhy
from reservations.fob.queries import fee_for, fob_of


def ask_for_fob(*, member: Member, shown_cents: int, now: datetime) -> Fob:
    """Ask for one at the fee that was shown; it is charged when the fob is issued. Raises FobForMembers, FobAlready and
    FobFeeChanged."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        if not member.may_drive:
            raise FobForMembers()
        if fob_of(member.id) is not None:
            raise FobAlready()
        fee = fee_for(member.id, now)
        if fee.value != shown_cents:
            raise FobFeeChanged()
        fob = Fob(id=new_id(), member_id=member.id, state=FobState.WANTED, wanted_at=now, fee_cents=fee.value,
                  fee_version=fee.version)
        try:
            with db.session.begin_nested():
                db.session.add(fob)
                db.session.flush()
        except IntegrityError as error:  # one_fob_of_a_member
            raise FobAlready() from error
    return fob


def withdraw_fob(*, member: Member) -> None:
    """Want none any more, while it is not issued. Raises NoSuchFob."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        _mine(member, FobState.WANTED).state = FobState.WITHDRAWN


def report_lost(*, member: Member, why: FobWhy, now: datetime) -> Fob:
    """Block it with this commit, at every car: cars keep no list and ask us each time. Raises NoSuchFob."""
    with observe(Step.MANAGE_DETAILS, member=member), transaction():
        fob = _mine(member, FobState.ISSUED)
        block(fob, why, by_user_id=member.user_id, now=now)
    return fob


def block(fob: Fob, why: FobWhy, *, by_user_id: int, now: datetime) -> None:
    """It opens nothing any more, and its member is told, within the open transaction; whoever leaves was told before."""
    fob.state, fob.why, fob.blocked_at, fob.blocked_by_id = FobState.BLOCKED, why, now, by_user_id
    if why != FobWhy.LEFT:
        post("fob_blocked", member_id=fob.member_id, due=now, once=f"fob_blocked-{fob.id}", fob_id=str(fob.id))


def _mine(member: Member, state: FobState) -> Fob:
    found = fob_of(member.id)
    held = db.session.get(Fob, found.id, with_for_update={"of": Fob}, populate_existing=True) if found else None
    if held is None or held.state != state:
        raise NoSuchFob()
    return held
