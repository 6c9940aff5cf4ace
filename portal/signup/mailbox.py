"""The link in a mail with a code: whoever opens it reads that mailbox, and asks for codes that strangers cannot use up."""

from datetime import timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.database import db
from portal.signup.models import SignUp

GOOD_FOR = timedelta(days=1)


def sign_mailbox(sign_up_id: UUID, secret: str) -> str:
    """What stands in the link; it names no address."""
    return str(_signer(secret).dumps(sign_up_id.hex))


def mailbox_behind(signed: str, secret: str) -> str | None:
    """The address that the mail with this link went to; None when it is none of ours, or of a day that is over."""
    try:
        sign_up_id = UUID(_signer(secret).loads(signed, max_age=int(GOOD_FOR.total_seconds())))
    except BadSignature:
        return None
    row = db.session.get(SignUp, sign_up_id)
    return row.email if row is not None else None


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="reads this mailbox")
