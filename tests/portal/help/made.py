"""Conversations made through the real use cases."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count

from flask import Flask
from sqlalchemy import select

from core.database import db
from core.outbox import deliver
from core.sealed import Seal
from experience.promises.models import Promise
from portal.account.models import Member, User
from portal.handlers import handlers
from portal.help.context import About
from portal.help.door import Door, door_of
from portal.help.models import Conversation, Entry, Kind
from portal.help.queries import Said, said_in
from portal.help.reply import reply_to
from portal.help.start import Visitor, start_conversation
from tests.factories import Clock

_numbers = count(1)
LEILA = "leila@example.net"


@dataclass
class Desk:
    """The help desk of a test: its clock, two colleagues, and what goes out."""

    site: Flask
    clock: Clock
    ana: User
    ben: User

    @property
    def seal(self) -> Seal:
        return self.site.extensions["adapters"].seal

    @property
    def door(self) -> Door:
        return door_of(self.site.config)

    def asked(self, member: Member, words: str = "Where is the ice scraper?", *, kind: Kind = Kind.QUESTION,
              about: About = About(), **more: object) -> Conversation:  # noqa: B008 - frozen
        """A member asks something."""
        return start_conversation(who=member, kind=kind, words=words, about=about, once=f"asked-{next(_numbers)}",
                                  seal=self.seal, now=self.clock(), **more)

    def visitor_asked(self, mail: str = LEILA, words: str = "Do you deliver cars?") -> Conversation:
        """Somebody without an account asks."""
        return start_conversation(who=Visitor(mail, self.door.hash_of(mail)), kind=Kind.QUESTION, words=words, about=About(),
                                  once=f"asked-{next(_numbers)}", seal=self.seal, now=self.clock())

    def answered(self, conversation: Conversation, words: str = "In the trunk, on the left.", by: User | None = None) -> Entry:
        """One of us answers."""
        return reply_to(conversation_id=conversation.id, words=words, by_user_id=(by or self.ana).id, seal=self.seal,
                        now=self.clock())

    def said(self, conversation: Conversation, *, internal: bool = False) -> list[Said]:
        """What stands in it."""
        return said_in(conversation, self.seal, internal=internal)

    def letters(self) -> list[EmailMessage]:
        """The mail that went out, once everything due is done."""
        while deliver(handlers(self.site.extensions["adapters"], self.site.config["SITE_URL"])):
            pass
        db.session.rollback()
        box = self.site.extensions["adapters"].mail.box
        found = [message_from_bytes(box.get_bytes(key), policy=default) for key in box.iterkeys()]
        return sorted(found, key=lambda each: datetime.strptime(str(each["Date"]), "%a, %d %b %Y %H:%M:%S %z"))

    def again(self, conversation: Conversation) -> Conversation:
        """As it stands now."""
        return db.session.get(Conversation, conversation.id, populate_existing=True)


def promises() -> list[tuple[str, str | None, datetime | None]]:
    """What was promised about answers: state, cause, by when."""
    return [(each.state, each.cause, each.due_at) for each in db.session.scalars(
        select(Promise).where(Promise.kind == "answer").order_by(Promise.minted_at, Promise.id))]


def by_mail(to: str, words: str, *, sender: str, message_id: str = "", **headers: str) -> bytes:
    """A mail as a server hands it over."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, headers.pop("subject", "Re: We answered")
    mail["Message-ID"] = message_id or f"<{next(_numbers)}@mail.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail.as_bytes()


def link_in(letter: EmailMessage, path: str) -> str:
    """The first address of this path in a letter."""
    found = re.search(rf"http://localhost({path}\S*)", letter.get_content())
    assert found, letter.get_content()
    return found[1]
