"""The lines of the account page about one's details and what protects the account."""

from datetime import datetime

from flask_babel import gettext as _

from core.database import db
from portal.account.contact.number import number_of, written
from portal.account.lines import Group, Line
from portal.account.models import Member, User
from portal.account.needs.models import MemberNeeds
from portal.account.security.authenticator import authenticator_of
from portal.account.security.passkeys import passkeys_of


def own_lines(member: Member, now: datetime) -> list[Line]:
    """The member's details, how we write to them, and what protects their account."""
    number = number_of(member.id)
    details, security = users_own_lines(member.user, now)
    return [
        details,
        Line(Group.YOU, "bell", _("How we write to you"),
             _("Mail, and texts to %(number)s", number=written(number.number)) if number else _("Mail"), "contact.show"),
        Line(Group.YOU, "wheelchair", _("What you need"),
             _("You have told us") if db.session.get(MemberNeeds, member.id) else _("Tell us, if you like"), "needs.show"),
        security,
    ]


def users_own_lines(user: User, _now: datetime) -> list[Line]:
    """What everybody with an account has: their details, and what protects it."""
    return [Line(Group.YOU, "user", _("Your details"), f"{user.name}, {user.email}", "profile.show"),
            Line(Group.SAFETY, "lock", _("Security"), _protected(user.id), "security.show")]


def _protected(user_id: int) -> str:
    """What gets somebody in."""
    if passkeys_of(user_id):
        return _("Password and passkey") if authenticator_of(user_id) is None else _("Password, app and passkey")
    return _("Password alone") if authenticator_of(user_id) is None else _("Password and app")
