"""An answer by mail goes into its conversation; a member's first mail begins one; what nobody can place is kept aside."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from core.database import db, take_turns, transaction
from core.outbox import post
from core.refusal import NotFound, Refusal
from core.sealed import Seal
from portal.account.by_email import users_by_email
from portal.account.models import Member
from portal.help.context import About
from portal.help.door import Door
from portal.help.entries import MOST_WORDS, conversation_to_change
from portal.help.mail_in import Incoming, Proof
from portal.help.models import Conversation, IncomingMail, Kind, MailState
from portal.help.start import Visitor, may_ask, start_conversation
from portal.help.write import write_entry


def take_mail(*, mail: Incoming, door: Door, seal: Seal, now: datetime) -> IncomingMail:
    """Put a mail where it belongs, once for each Message-ID, and return what became of it.

    Anybody can write a sender's address on a mail. Into a conversation leads its signed address, which only whoever it is
    with has had from us, together with their own; a member's first mail is theirs when our mail server has proven its
    sender, and else an unproven sender's, who is told nothing of the member. What our server found to be forged waits
    unanswered; anybody else's mail waits in quarantine for one of us, and its sender is told how to reach us: once a day
    (UTC) and in our words alone. Automatic mail is never answered.
    """
    with transaction():
        take_turns(f"mail {mail.key}")
        there = db.session.get(IncomingMail, mail.key)
        if there is not None:
            return there
        kept = IncomingMail(
            id=mail.key, at=now, state=str(MailState.QUARANTINED), why="", conversation_id=None, decided_by=None,
            from_sealed=seal.close(mail.sender), subject_sealed=seal.close_words(mail.subject),
            words_sealed=seal.close_words(mail.words[:MOST_WORDS]))
        conversation_id = next((found for each in mail.addresses if (found := door.conversation_of(each))), None)
        kept.why = _place(kept, mail, conversation_id, door, seal, now)
        db.session.add(kept)
        if kept.state == MailState.QUARANTINED and not mail.automatic and mail.proof is not Proof.FAILED:
            post("help_bounce", once=f"bounce-{door.hash_of(mail.sender)}-{now:%Y%m%d}", mail_id=mail.key)
    return kept


def _place(kept: IncomingMail, mail: Incoming, conversation_id: UUID | None, door: Door, seal: Seal, now: datetime) -> str:
    """Where it goes, as a code: into a conversation, or aside with the reason."""
    if mail.automatic:
        kept.state = str(MailState.DROPPED)
        return "automatic"
    if mail.proof is Proof.FAILED:
        return "forged"
    if not mail.words:
        return "no_words"
    if conversation_id is None:
        return _begin(kept, mail, door, seal, now)
    conversation = db.session.get(Conversation, conversation_id)
    if conversation is None:
        return "no_conversation"
    if not _is_with(conversation, mail.sender, seal):
        return "other_sender"
    member = db.session.get(Member, conversation.member_id) if conversation.member_id else None
    went = write_entry(conversation_id=conversation.id, member=member, words=mail.words[:MOST_WORDS], seal=seal, now=now,
                       once=f"mail-{mail.key}", by_mail=True, left_out=mail.attachments)
    kept.state, kept.conversation_id = str(MailState.TAKEN), went.id
    return "reply"


def _begin(kept: IncomingMail, mail: Incoming, door: Door, seal: Seal, now: datetime) -> str:
    """A member may write to us by mail first; somebody without an account is shown the page for that."""
    user = users_by_email([mail.sender]).get(mail.sender)
    if user is None or user.member is None:
        return "unknown_sender"
    proven, unproven = mail.proof is Proof.PASSED, Visitor(mail.sender, door.hash_of(mail.sender))
    if not proven and not may_ask(unproven, now):
        return "too_many"
    words = f"{mail.subject}\n\n{mail.words}" if mail.subject else mail.words
    begun = start_conversation(who=user.member if proven else unproven, kind=Kind.QUESTION, words=words[:MOST_WORDS],
                               about=About(), seal=seal, now=now, once=f"mail-{mail.key}", by_mail=True)
    kept.state, kept.conversation_id = str(MailState.TAKEN), begun.id
    return "first" if proven else "unproven"


def _is_with(conversation: Conversation, sender: str, seal: Seal) -> bool:
    if conversation.member_id is None:
        return (seal.read(conversation.visitor_sealed) or "").lower() == sender
    email: str = db.session.get_one(Member, conversation.member_id).user.email
    return email == sender


def let_in(*, mail_id: str, reference: str, by_user_id: int, seal: Seal, now: datetime) -> Conversation:
    """One of us knows where a mail belongs: put it into the conversation of this number. Raises NotFound."""
    with transaction():
        kept = db.session.get(IncomingMail, mail_id, with_for_update=True)
        conversation = db.session.scalar(select(Conversation).where(Conversation.reference == reference.strip().lower()))
        if kept is None or kept.state != MailState.QUARANTINED or conversation is None:
            raise NotFound(mail_id=mail_id)
        conversation = conversation_to_change(conversation.id)
        member = db.session.get(Member, conversation.member_id) if conversation.member_id else None
        words = seal.read(kept.words_sealed)
        if not words:
            raise Refusal(mail_id=mail_id)
        went = write_entry(conversation_id=conversation.id, member=member, words=words, seal=seal, now=now,
                           once=f"mail-{mail_id}", by_mail=True)
        kept.state, kept.conversation_id, kept.decided_by = str(MailState.TAKEN), went.id, by_user_id
    return went


def drop_mail(*, mail_id: str, by_user_id: int) -> None:
    """Nobody is to read it: its words go, that it came stays. Raises NotFound."""
    with transaction():
        kept = db.session.get(IncomingMail, mail_id, with_for_update=True)
        if kept is None or kept.state != MailState.QUARANTINED:
            raise NotFound(mail_id=mail_id)
        kept.state, kept.decided_by = str(MailState.DROPPED), by_user_id
        kept.words_sealed = kept.subject_sealed = ""
