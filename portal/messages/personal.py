"""What we wrote to a person, and what lies of it in the folders that stand in for the outside."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, hold_nothing_open
from core.personal import Held, Holder, Person
from portal.account.contact.models import PhoneNumber, PushDevice


def erase_sent(person: Person, outside: Any) -> None:
    """Empty the folders of mail, texts and notifications of what went to them. What real carriers took is theirs."""
    numbers = list(db.session.scalars(select(PhoneNumber.number).where(PhoneNumber.member_id == person.member_id)))
    devices = list(db.session.scalars(select(PushDevice.endpoint).where(PushDevice.member_id == person.member_id)))
    hold_nothing_open()
    outside.mail.forget(person.email)
    for carrier, addresses in ((outside.sms, numbers), (outside.push, devices)):
        if carrier is not None:
            for address in addresses:
                carrier.forget(address)


PERSONAL = Holder("messages", _l("Every letter, text message and notification that we sent you, and your inbox"),
                  (Held("messages", ("member_id",), sealed=frozenset({"body"})), Held("deliveries", ("message_id",))),
                  before=erase_sent)
