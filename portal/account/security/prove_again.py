"""Proving again who one is, in a session that stands: the whole of it, so a code too where there is a second factor."""

from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from portal.account.errors import WrongPassword
from portal.account.models import User
from portal.account.security.authenticator import authenticator_of
from portal.account.security.errors import NotYou
from portal.account.security.password_tries import Place
from portal.account.security.second_factor import check_code
from portal.account.sign_in import check_password_of


def prove_again(*, user: User, password: str, code: str, place: Place, seal: Seal) -> bool:
    """Check both; returns whether it was two factors. Raises NotYou, WrongCode, TooManyTries, TooManyToday and TooManyCodes."""
    with observe(Step.MANAGE_SIGN_IN, member=user.member) as seen:
        seen.was_repeated()  # they were signed in already
        try:
            check_password_of(user.email, password, place)
        except WrongPassword as wrong:
            raise NotYou() from wrong
        if authenticator_of(user.id) is None:
            return False
        check_code(user.id, code, seal=seal)
        return True
