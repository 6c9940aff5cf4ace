"""The link in a mail with a code: whoever opens it, signed in, reads that mailbox, and strangers use up no codes of theirs."""

from datetime import timedelta
from uuid import UUID

from flask import session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.database import db
from portal.account.profile.models import EmailChange

GOOD_FOR = timedelta(days=1)
READS = "profile_mailbox"  # in the visit: the address whose mail it was seen to read


def sign_mailbox(change_id: UUID, secret: str) -> str:
    """What stands in the link; it names no address."""
    return str(_signer(secret).dumps(change_id.hex))


def mailbox_behind(signed: str, secret: str) -> str | None:
    """The address that the mail with this link went to; None when it is none of ours, or of a day that is over."""
    try:
        change_id = UUID(_signer(secret).loads(signed, max_age=int(GOOD_FOR.total_seconds())))
    except BadSignature:
        return None
    row = db.session.get(EmailChange, change_id)
    return row.new_email if row is not None and not row.known else None


def carry_mailbox(email: str) -> None:
    """This visit reads the mail to that address."""
    session[READS] = email


def reads_mailbox(email: str) -> bool:
    """Whether this visit has shown that it reads the mail to the address."""
    return bool(session.get(READS) == email.strip().lower())


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="reads this new mailbox")
