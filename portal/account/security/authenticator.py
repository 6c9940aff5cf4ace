"""The authenticator app: six digits from a secret that it and we share, new every 30 seconds (RFC 6238)."""

from datetime import datetime

import pyotp
import segno
from sqlalchemy import delete, select, update

from core.database import db, rows_changed, transaction
from core.sealed import Seal
from core.time import wall_now
from portal.account.models import User
from portal.account.security.models import Authenticator

STEP = 30  # seconds
ISSUER = "Roundtrip"


def new_secret() -> str:
    """A secret to show once: 32 letters of base32."""
    return pyotp.random_base32()


def code_at(secret: str, at: datetime) -> str:
    """The code that an app with this secret shows at that moment."""
    return pyotp.TOTP(secret, interval=STEP).at(at)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step this code belongs to: the present one, or the one just over, because typing takes time; else None."""
    now_step = int(at.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    return next((step for step in (now_step, now_step - 1) if totp.verify(code, for_time=step * STEP)), None)


def picture_of(secret: str, email: str) -> str:
    """The QR code to scan: an SVG without a background of its own scripts or styles."""
    address = pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)
    return str(segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True))


def authenticator_of(user_id: int) -> Authenticator | None:
    """The user's, if there is one."""
    return db.session.scalar(select(Authenticator).where(Authenticator.user_id == user_id))


def keep_authenticator(user: User, secret: str, *, seal: Seal, step: int | None = None) -> None:
    """Take this secret for the user's, in the place of one before it. `step`: whose code was typed, and counts no more."""
    with transaction():
        db.session.execute(delete(Authenticator).where(Authenticator.user_id == user.id))
        last = int(wall_now().timestamp()) // STEP - 2 if step is None else step
        db.session.add(Authenticator(user_id=user.id, secret_sealed=seal.close(secret), last_step=last, added_at=wall_now()))


def use_code(user_id: int, code: str, *, seal: Seal) -> bool:
    """Whether the code is right and was not used before; from now on it was. Of two at once, one is right."""
    row = authenticator_of(user_id)
    step = step_of(seal.open(row.secret_sealed), code, wall_now()) if row is not None else None
    if step is None:
        return False
    with transaction():
        used = rows_changed(update(Authenticator).where(
            Authenticator.user_id == user_id, Authenticator.last_step < step).values(last_step=step))
    return bool(used)
