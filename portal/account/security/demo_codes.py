"""The codes of the demo city's staff, on its own pages: whoever tries it out has no phone with their secrets."""

from datetime import UTC, datetime

from flask import current_app

from core.database import db
from core.time import wall_now
from portal.account.models import STAFF_ROLES, User
from portal.account.security.authenticator import STEP, authenticator_of, code_at
from portal.web.shell import adapters

TO_TYPE = 15  # seconds


def demo_code(user_id: int) -> str | None:
    """A code of this colleague's app that was not used yet and lasts long enough to type it; None while the next one is not
    due, "" outside of the demo city."""
    if not current_app.config["DEMO_CITY"] or current_app.config["APP_ENV"] == "production":
        return ""
    user, row = db.session.get(User, user_id), authenticator_of(user_id)
    if row is None or user is None or not user.roles & STAFF_ROLES:
        return ""
    now_step, passed = divmod(int(wall_now().timestamp()), STEP)
    last_one = [now_step - 1] if STEP - passed >= TO_TYPE else []  # which counts until this step is over
    unused = next((step for step in (*last_one, now_step) if step > row.last_step), None)
    if unused is None:
        return None
    return code_at(adapters().seal.open(row.secret_sealed), datetime.fromtimestamp(unused * STEP, UTC))
