"""The timer that takes the member's own new words into their case: it is ours again, and a closed one is opened."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select, union_all
from sqlalchemy.orm import aliased

from core.database import db, transaction
from experience.cases.change import enter, locked_case
from experience.cases.clock import reply_by
from experience.cases.models import Act, Case, State
from experience.cases.open import open_again, open_case_of
from fleet.tariffs.in_force import policies_at
from portal.help.models import Author, Conversation, Entry

BATCH = 100
Later = aliased(Conversation)


def hear_members(now: datetime) -> int:
    """Take in what members wrote in the conversations of cases since we last heard; returns in how many cases.

    After the days of policy `case_reopen` a closed case stays closed: the conversation has its own owner and clock.
    """
    found = db.session.execute(_new_words(now).limit(BATCH)).all()
    for case_id, newest, entry_id in found:
        _hear(case_id, newest, entry_id, now)
    return len(found)


def _new_words(now: datetime) -> Select[tuple[UUID, datetime, int]]:
    """Cases with words of the member after `heard_at`, also where their conversation was merged into or followed by another.

    One row for each case, however many conversations it goes on in: with the newest of those words.
    """
    since = now - timedelta(days=policies_at(now)["case_reopen"].value)
    listening = or_(Case.state != State.CLOSED, Case.closed_at > since)
    word = (Entry.author == Author.MEMBER, Entry.at > Case.heard_at)
    heard = (select(Case.id.label("case_id"), Entry.at, Entry.id.label("entry_id"))
             .join(Conversation, Conversation.id == Case.conversation_id).where(listening, *word))
    place = func.coalesce(Conversation.merged_into_id, Conversation.id)
    here = heard.join(Entry, Entry.conversation_id == place)
    followed = heard.join(Later, Later.follows_id == place).join(Entry, Entry.conversation_id == Later.id)
    words = union_all(here, followed).subquery()
    return (select(words.c.case_id, func.max(words.c.at), func.max(words.c.entry_id))
            .group_by(words.c.case_id).order_by(words.c.case_id))


def _hear(case_id: UUID, newest: datetime, entry_id: int, now: datetime) -> None:
    with transaction():
        case = locked_case(case_id)
        if case.heard_at >= newest:
            return
        conversation_id = db.session.get_one(Entry, entry_id, populate_existing=True).conversation_id
        case.heard_at, case.conversation_id = newest, conversation_id
        if case.state == State.CLOSED:
            beside = open_case_of(case.member_id, case.reservation_id)
            if beside is not None:  # what is open already has it in hand
                beside.conversation_id = beside.conversation_id or conversation_id
                return
            open_again(case, now)
        case.state = State.OPEN if case.owner_id is not None else State.NEW
        case.due_at, case.alarmed_at = reply_by(case.severity, newest), None
        enter(case, Act.MEMBER_WROTE, now=newest, facts={"conversation_id": str(conversation_id), "entry_id": entry_id})
