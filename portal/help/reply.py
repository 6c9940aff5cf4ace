"""We answer: to the inbox and by mail, once everybody has read what came last."""

from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, transaction
from core.sealed import Seal
from portal.account.models import User
from portal.help.clock import answered
from portal.help.entries import add_words, conversation_to_change, not_in_other_hands
from portal.help.errors import NotOpen, WroteMeanwhile
from portal.help.models import Author, Conversation, Entry, Status
from portal.help.start import post_reply
from portal.web.say import ago


def reply_to(*, conversation_id: UUID, words: str, by_user_id: int, seal: Seal, now: datetime, seen: int | None = None,
             once: str | None = None) -> Entry:
    """Keep the answer, settle what was promised, and post it.

    `seen` is the newest entry that the writer had before them; None is for writers without a page. Raises InOtherHands
    when a colleague owns it, WroteMeanwhile when somebody wrote after `seen`, and NotOpen for a solved one.
    """
    with transaction():
        conversation = conversation_to_change(conversation_id)
        if (again := db.session.scalar(select(Entry).where(Entry.once == once)) if once else None) is not None:
            return again
        if conversation.status == Status.SOLVED:
            raise NotOpen()
        if seen is not None:
            nobody_wrote_since(conversation, seen, by_user_id, now)
        not_in_other_hands(conversation, by_user_id)
        entry = add_words(conversation, Author.STAFF, words, seal, now, by_user_id=by_user_id, once=once)
        answered(conversation, entry.id, now)
        conversation.owner_id, conversation.status = by_user_id, str(Status.WAITING)
        post_reply(conversation, entry.id)
    return entry


def nobody_wrote_since(conversation: Conversation, seen: int, by_user_id: int, now: datetime) -> None:
    """Raise WroteMeanwhile, naming who, when somebody else's words came after the entry that was seen."""
    newer = db.session.execute(
        select(Entry, User.name).outerjoin(User, User.id == Entry.by_user_id)
        .where(Entry.conversation_id == conversation.id, Entry.id > seen, Entry.author != Author.SYSTEM)
        .order_by(Entry.id.desc()).limit(1)).first()
    if newer is None or (newer.Entry.author == Author.STAFF and newer.Entry.by_user_id == by_user_id):
        return
    when = ago(newer.Entry.at, now)
    if newer.Entry.author == Author.MEMBER:
        raise WroteMeanwhile(_l("The member wrote %(when)s.", when=when))
    name = newer.name.split()[0]
    raise WroteMeanwhile(_l("%(name)s left a note %(when)s.", name=name, when=when) if newer.Entry.internal
                         else _l("%(name)s answered %(when)s.", name=name, when=when))


def exchange(conversation: Conversation, entry: Entry, seal: Seal) -> list[tuple[str, datetime, str]]:
    """What goes into the mail of an entry: it, and all that was said since our answer before it; newest first.

    Internal notes are never in it.
    """
    found = db.session.execute(
        select(Entry, User.name).outerjoin(User, User.id == Entry.by_user_id)
        .where(Entry.conversation_id == conversation.id, Entry.id <= entry.id, Entry.internal.is_(False),
               Entry.words_sealed.is_not(None)).order_by(Entry.id.desc()).limit(20)).all()
    told: list[tuple[str, datetime, str]] = []
    asked = False
    for each, name in found:
        ours = each.author == Author.STAFF
        if ours and asked:
            break
        asked = asked or not ours
        told.append((name.split()[0] if ours else "", each.at, seal.read(each.words_sealed) or ""))
    return told
