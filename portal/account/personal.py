"""What the account has of a person: what they sign in with, how they are reached, and the row that everything hangs on."""

import hashlib
import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select

from core.database import db
from core.personal import Because, Fate, Held, Holder, Person
from core.time import now
from portal.account.models import Member, MemberStatus, SignInFailure, User
from portal.account.passwords import hash_password
from portal.account.security.models import PasswordReset

ERASED_AT = "erased.invalid"  # RFC 2606: no mail ever goes there
FORMER = "Former member"


def _hash_of(person: Person) -> str:
    return hashlib.sha256(person.email.encode()).hexdigest()


def _resets_of(person: Person) -> ColumnElement[bool]:
    return or_(PasswordReset.user_id == person.user_id, PasswordReset.account_hash == _hash_of(person))


def _nobody(person: Person) -> str:
    return f"nobody-{person.user_id}@{ERASED_AT}"


def is_erased(member_id: int) -> bool:
    """Whether nobody is behind this number any more: no letter has an address to go to."""
    email = db.session.scalar(select(User.email).join(Member, Member.user_id == User.id).where(Member.id == member_id))
    return email is not None and email.endswith(f"@{ERASED_AT}")


def _no_password(_person: Person) -> str:
    return hash_password(secrets.token_urlsafe(32))


def _now(_person: Person) -> Any:
    return now()


MINE, MY_USER = ("member_id",), ("user_id",)
PERSONAL = Holder(
    "account", _l("Your name, e-mail address, phone number and birthday, your password, passkeys and devices, how you want to "
                  "be written to, and why you left"),
    (Held("users", ("id",), Fate.EMPTIED, Because.BOOKS, {
        "email": _nobody, "name": FORMER, "password_hash": _no_password, "hour24": False, "disabled_at": _now}),
     Held("members", ("id",), Fate.EMPTIED, Because.BOOKS, {
         "phone": None, "born_on": None, "licence_until": None, "reduced_until": None, "status": str(MemberStatus.CLOSED)}),
     Held("user_roles", MY_USER), Held("sessions", MY_USER),
     Held("authenticators", MY_USER, secret=frozenset({"secret_sealed"})), Held("recovery_codes", MY_USER),
     Held("passkeys", MY_USER, secret=frozenset({"public_key", "handle", "credential"})),
     Held("passkey_challenges", MY_USER, shown=False), Held("half_sign_ins", MY_USER, shown=False),
     Held("password_resets", _resets_of, shown=False), Held("known_devices", MY_USER),
     Held("sign_in_failures", lambda person: SignInFailure.account_hash == _hash_of(person)),
     Held("member_needs", MINE), Held("email_changes", MY_USER, secret=frozenset({"known"})),  # whether it is somebody's
     Held("plan_changes", MINE), Held("pauses", MINE),
     Held("desk_looks", MINE), Held("departures", MINE, Fate.EMPTIED, Because.FIGURES, {"words_sealed": None}),
     Held("contact_choices", MINE), Held("phone_numbers", MINE),
     Held("push_devices", MINE, secret=frozenset({"endpoint", "p256dh", "auth"}))))
