"""Ten codes for the day when the phone is gone: shown once, kept as hashes, each good once."""

import secrets

from sqlalchemy import delete, func, select, update

from core.database import db, rows_changed, transaction
from core.time import wall_now
from portal.account.passwords import hash_password, matches
from portal.account.security.models import RecoveryCode

MANY, LETTERS = 10, "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like something else


def draft_codes() -> dict[str, str]:
    """Ten fresh codes in plain, which exist nowhere else, with their hashes. Takes a fifth of a second."""
    codes = ["-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(MANY)]
    return {code: hash_password(_plain(code)) for code in codes}


def keep_codes(user_id: int, drafts: dict[str, str]) -> None:
    """Let these count, and the ones before them no more."""
    with transaction():
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        db.session.add_all([RecoveryCode(user_id=user_id, code_hash=one, made_at=wall_now()) for one in drafts.values()])


def codes_left(user_id: int) -> int:
    """How many are not used yet."""
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def use_recovery_code(user_id: int, code: str) -> bool:
    """Whether the code is one of theirs and was not used before; from now on it was. Of two at once, one is right."""
    rows = db.session.scalars(select(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)).order_by(RecoveryCode.id)).all()
    found = next((row.id for row in rows if matches(_plain(code), row.code_hash)), None)
    if found is None:
        return False
    with transaction():
        used = rows_changed(update(RecoveryCode).where(
            RecoveryCode.id == found, RecoveryCode.used_at.is_(None)).values(used_at=wall_now()))
    return bool(used)


def forget_codes(user_id: int) -> None:
    """They go with the second factor."""
    with transaction():
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _plain(code: str) -> str:
    return "".join(code.lower().split()).replace("-", "")
