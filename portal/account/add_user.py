"""New people: staff by command, members by joining (and, in the demo city, by the demo)."""

from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, transaction
from core.refusal import Refusal
from core.time import now
from portal.account.models import Member, MemberStatus, Plan, Role, User, UserRole


class AddressTaken(Refusal):
    code = "address_taken"
    says = _l("There is already an account with this e-mail address.")
    remedy = _l("Use another address, or give the role to that account.")


def add_user(*, email: str, name: str, password_hash: str, roles: frozenset[Role] = frozenset()) -> User:
    """Add someone who can sign in. Raises AddressTaken."""
    email = email.strip().lower()
    with transaction():
        if db.session.scalar(select(User.id).where(User.email == email)) is not None:
            raise AddressTaken()
        user = User(email=email, name=name, password_hash=password_hash, created_at=now(),
                    role_rows=[UserRole(role=role) for role in sorted(roles)])
        db.session.add(user)
        db.session.flush()
    return user


def add_member(*, user: User, plan: Plan, phone: str | None = None, status: MemberStatus = MemberStatus.ACTIVE,
               licence_until: date | None = None) -> Member:
    """Make a user a member (or an applicant) on a plan. `licence_until`: of a member, the last day their licence counts;
    without one they book nothing."""
    with transaction():
        if Role.MEMBER not in user.roles:
            user.role_rows.append(UserRole(role=Role.MEMBER))
        member = Member(user_id=user.id, plan=plan, status=status, phone=phone, joined_at=now(),
                        licence_until=licence_until)
        db.session.add(member)
        db.session.flush()
    return member


def give_role(*, email: str, role: Role) -> None:
    """Give a role to an existing user; giving it twice changes nothing."""
    with transaction():
        user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
        if user is not None and role not in user.roles:
            user.role_rows.append(UserRole(role=role))
