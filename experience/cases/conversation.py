"""The case's conversation with its member: one thread, which the member can go on in from their inbox or by mail."""

from datetime import datetime

from core.database import db
from core.sealed import Seal
from experience.cases.models import Case
from experience.journey import Step
from portal.help.context import About
from portal.help.entries import conversation_to_change
from portal.help.models import OPEN, Conversation, Status
from portal.help.reply import reply_to
from portal.help.solve import solve
from portal.help.start import start_conversation_with
from portal.help.take import take
from portal.help.write import reopen
from reservations.booking.models import Reservation


def say_to_member(case: Case, words: str, by_user_id: int, seen_entry: int | None, once: str, seal: Seal,
                  now: datetime) -> None:
    """Say something within the open transaction; the first word begins the conversation.

    The colleague looks after the conversation with the case. Raises WroteMeanwhile when the member wrote after `seen_entry`.
    """
    key = f"case-{once}"
    if case.conversation_id is None:
        begun = start_conversation_with(
            member_id=case.member_id, words=words, by_user_id=by_user_id, seal=seal, now=now, once=key,
            about=_about(case), step=Step(case.step))
        case.conversation_id = begun.id
        return
    conversation = _in_hand(case, by_user_id, now)
    if conversation.status == Status.SOLVED:
        reopen(conversation, now, by_user_id)
    reply_to(conversation_id=conversation.id, words=words, by_user_id=by_user_id, seal=seal, now=now, seen=seen_entry, once=key)


def end_conversation(case: Case, by_user_id: int, seen_entry: int | None, now: datetime) -> bool:
    """Solve the case's conversation, which records the step; False when there is none to solve.

    Raises WroteMeanwhile when the member wrote after `seen_entry`.
    """
    if case.conversation_id is None:
        return False
    conversation = _in_hand(case, by_user_id, now)
    if conversation.status not in OPEN:
        return False
    solve(conversation_id=conversation.id, by_user_id=by_user_id, now=now, seen=seen_entry)
    return True


def take_up(case: Case, now: datetime, by_user_id: int | None) -> bool:
    """Open the case's solved conversation again, which records the step as undone; False when there is no conversation.

    The member's own new word has done it already.
    """
    if case.conversation_id is None:
        return False
    conversation = conversation_to_change(case.conversation_id)
    if conversation.status == Status.SOLVED:
        reopen(conversation, now, by_user_id)
    return True


def _in_hand(case: Case, by_user_id: int, now: datetime) -> Conversation:
    assert case.conversation_id is not None
    conversation = conversation_to_change(case.conversation_id)
    case.conversation_id = conversation.id  # where it was merged into
    if conversation.owner_id not in (None, by_user_id):
        take(conversation_id=conversation.id, by_user_id=by_user_id, now=now, instead_of=conversation.owner_id)
    return conversation


def _about(case: Case) -> About:
    trip = db.session.get(Reservation, case.reservation_id) if case.reservation_id is not None else None
    return About(step=Step(case.step), reservation=trip, car=trip.car if trip else None, lot=trip.car.lot if trip else None)
