"""The old address puts itself back: whoever reads its mail takes the account again, and whoever else was in it is out."""

from datetime import datetime
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select, update

from core.database import db, rows_changed, take_turns, transaction
from core.outbox import post
from core.time import wall_now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.models import User
from portal.account.profile.change_email import take_address
from portal.account.profile.errors import AddressGone, UndoIsOver
from portal.account.profile.models import EmailChange
from portal.account.security.models import Authenticator, HalfSignIn, Passkey, RecoveryCode
from portal.account.security.reset import way_back
from portal.account.sessions import end_all_sessions

NO_PASSWORD = "none"  # noqa: S105 - no hash, so that nothing matches it


def undo_token(change_id: UUID, secret: str) -> str:
    """What stands in the link to the old address."""
    return str(_signer(secret).dumps(str(change_id)))


def change_behind(token: str, secret: str) -> EmailChange:
    """The change that a link may still undo. Raises UndoIsOver."""
    try:
        change_id = UUID(_signer(secret).loads(token))
    except (BadSignature, ValueError, AttributeError) as error:
        raise UndoIsOver() from error
    row = db.session.get(EmailChange, change_id)
    if row is None or row.undone_at is not None or row.undo_until is None or row.undo_until <= wall_now():
        raise UndoIsOver()
    return row


def doubtful_since(change: EmailChange) -> datetime:
    """What was added to the account from then on may be another's: as long before the change as it may be undone after."""
    assert change.undo_until is not None  # the database holds both with `confirmed_at`, and that is there
    assert change.confirmed_at is not None
    return change.asked_at - (change.undo_until - change.confirmed_at)


def put_back(*, token: str, secret: str) -> str:
    """The address from before the change counts again; returns the token with which its owner chooses another password.

    The password that was known to whoever changed the address opens nothing more, and neither does what was added in as many
    days before as the link works after: passkeys, an authenticator, tokens for programs; whoever breaks in may take their time.
    All sessions end, the calendar has another address, and an erasure that waits is cancelled. Changes that came after this one
    are undone with it, so that no link of theirs leads back. Raises UndoIsOver, and AddressGone when the address has another
    account by now. Of two at once, one is right.
    """
    row = change_behind(token, secret)
    user = db.session.get_one(User, row.user_id)
    with observe(Step.MANAGE_DETAILS, member=user.member), transaction():
        assert row.old_email is not None  # the database holds that with `undo_until`
        old = row.old_email
        take_turns(f"sign-up of {old}")
        user = db.session.get_one(User, row.user_id, with_for_update={"of": User}, populate_existing=True)
        if db.session.scalar(select(User.id).where(User.email == old, User.id != user.id)) is not None:
            raise AddressGone()
        used = rows_changed(update(EmailChange).where(
            EmailChange.user_id == user.id, EmailChange.confirmed_at >= row.confirmed_at,
            EmailChange.undone_at.is_(None)).values(undone_at=wall_now()))
        if not used:
            raise UndoIsOver()
        db.session.execute(delete(EmailChange).where(EmailChange.user_id == user.id, EmailChange.confirmed_at.is_(None)))
        _shut_out_others(user, doubtful_since(row))
        take_address(user, old)
        return way_back(user=user, secret=secret)


def _shut_out_others(user: User, since: datetime) -> None:
    user.password_hash = NO_PASSWORD
    for table, added in ((Passkey, Passkey.added_at), (Authenticator, Authenticator.added_at),
                         (RecoveryCode, RecoveryCode.made_at)):
        db.session.execute(delete(table).where(table.user_id == user.id, added >= since))
    db.session.execute(delete(HalfSignIn).where(HalfSignIn.user_id == user.id))
    if user.member is not None:
        post("tokens_end", member_id=user.member.id, since=since.isoformat())
        post("feed_renew", member_id=user.member.id)
    post("erasure_off", user_id=user.id)
    end_all_sessions(user)


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="put the old address back")
