"""The mail, the text and the notification that carry a message."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from core.database import db
from portal.account.contact.rules import Purpose
from portal.account.contact.unsubscribe import STOPPABLE, stop_token
from portal.help.door import door_of
from portal.messages.push import Notification
from reservations.booking.models import Reservation
from reservations.feed.event import letter_of
from reservations.feed.queries import changes_of

WITH_DATE = frozenset({"booking_confirmed", "booking_changed", "booking_cancelled", "no_show_released", "series_confirmed",
                       "series_cancelled"})  # what makes a trip, moves it or ends it
TITLE = 160  # letters; a push service takes 4 kB in all


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way, held without the database: carriers may take seconds."""

    id: UUID
    member_id: int
    email: str
    kind: str
    purpose: Purpose
    urgent: bool
    at: datetime
    subject: str
    body: str
    facts: dict[str, Any]


def letter(message: Outgoing, site_url: str) -> EmailMessage:
    """The mail. One that its reader may do without says how to stop it, to people and to mail programs (RFC 8058)."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = current_app.config["MAIL_FROM"]
    mail["To"] = message.email
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@roundtrip.example>"
    body = message.body
    if conversation := message.facts.get("conversation_id"):  # an answer by mail finds it again, and so does a mail program
        mail["Reply-To"] = door_of(current_app.config).mail_address(UUID(conversation))
        mail["References"] = f"<conversation-{conversation}@roundtrip.example>"
    if message.purpose in STOPPABLE:
        stop = f"{site_url}/unsubscribe/{stop_token(message.member_id, message.purpose, current_app.config['SECRET_KEY'])}"
        mail["List-Unsubscribe"] = f"<{stop}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
            why = (_("You get this because you are a member. Stop mails with answers and questions:")
                   if message.purpose is Purpose.CARE else _("You get this because you are a member. Stop mails with news:"))
        body = f"{body}\n-- \n{why}\n{stop}\n"
    mail.set_content(body)
    if message.kind in WITH_DATE:
        _attach_dates(mail, message.facts.get("reservation_ids") or [message.facts["reservation_id"]], site_url)
    return mail


def _attach_dates(mail: EmailMessage, reservation_ids: list[int], site_url: str) -> None:
    """The trips as they stand now, for the reader's calendar: a mail that comes late brings no old news."""
    trips = [db.session.get_one(Reservation, each) for each in reservation_ids]
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        method, dates = letter_of(trips, changes_of(reservation_ids), site_url=site_url,
                                  mail_from=current_app.config["MAIL_FROM"])
    name = trips[0].reference if len(trips) == 1 else "roundtrip"
    mail.add_attachment(dates, maintype="text", subtype="calendar", cte="base64", filename=f"{name}.ics",
                        params={"method": method, "charset": "utf-8"})


def text(message: Outgoing, site_url: str) -> str:
    """The text message: what it is about, and where it stands."""
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        return str(_("Roundtrip: %(subject)s %(link)s", subject=one_line(message.subject)[:TITLE],
                     link=f"{site_url}/inbox/{message.id}"))


def notification(message: Outgoing) -> Notification:
    """What a device shows. Its words may be read by whoever sees the screen: the subject, and no more."""
    return Notification(one_line(message.subject)[:TITLE], f"/inbox/{message.id}", str(message.id))


def one_line(words: str) -> str:
    """Without line ends of any kind, which would begin a new header."""
    return " ".join(words.split())
