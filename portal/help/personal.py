"""What people told those who help, and each other about cars and lots."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, or_, select

from core.database import db
from core.personal import Because, Fate, Held, Holder, Person
from core.sealed import Seal
from portal.help.models import Conversation, IncomingMail


def _own(person: Person) -> ColumnElement[bool]:
    """Theirs as a member, and what they asked from the same address before."""
    return or_(Conversation.member_id == person.member_id, Conversation.visitor_hash == person.visitor_mark)


def erase_unplaced_mail(person: Person, seal: Seal) -> None:
    """Mail of theirs that no conversation took: its sender is sealed, so each is opened."""
    for mail in db.session.execute(select(IncomingMail.id, IncomingMail.from_sealed).where(
            IncomingMail.conversation_id.is_(None))).all():
        if person.email in (seal.read(mail.from_sealed) or "").lower():
            db.session.execute(delete(IncomingMail).where(IncomingMail.id == mail.id))


PERSONAL = Holder(
    "help", _l("Your conversations with us, your mails, your remarks on cars and lots, and what you wished for in your words"),
    (Held("conversations", _own),
     Held("conversation_entries", ("conversation_id",), shown=lambda entries: entries.c.internal.is_(False)),
     Held("incoming_mail", ("conversation_id",)),
     Held("remarks", ("member_id",)), Held("remark_reports", ("member_id", "remark_id")),
     Held("suggestions", ("by_member_id",), Fate.EMPTIED, Because.FIGURES, {"words_sealed": None}),
     Held("suggestion_votes", ("member_id",))),
    within=erase_unplaced_mail)
