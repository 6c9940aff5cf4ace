"""Messages beside their step events, for the nightly reconciliation."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from core.database import db
from experience.insight.reconcile import AT_ONCE, Row, Source
from experience.journey import Step
from portal.account.contact.rules import Channel
from portal.messages.models import Delivery, Message, State

# The kinds of messages that are a step of their own (portal/handlers.py says so of each kind).
STEPS = {"booking_confirmed": Step.BOOK_CONFIRMATION, "trip_reminder": Step.BOOK_REMINDER, "receipt": Step.RETURN_RECEIPT,
         "wait_offer": Step.BOOK_WAITLIST, "licence_ends": Step.STAY_RENEWAL, "series_confirmed": Step.BOOK_CONFIRMATION}


def _mailed(since: datetime, until: datetime) -> Iterator[Row]:
    query = (select(Message.id, Message.kind, Delivery.at).join(Delivery, Delivery.message_id == Message.id)
             .where(Delivery.channel == str(Channel.MAIL), Delivery.state == str(State.SENT), Message.kind.in_(STEPS),
                    Delivery.at >= since, Delivery.at < until))
    for message_id, kind, at in db.session.execute(query, execution_options={"yield_per": AT_ONCE}):
        yield Row(("message", str(message_id), "mailed"), str(message_id), at, STEPS[kind])


MAILED = Source("message", tuple(dict.fromkeys(STEPS.values())), _mailed)
