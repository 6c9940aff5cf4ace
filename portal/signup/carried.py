"""What travels with a visitor in their signed cookie until there is an account: the answers of the check, and the sign-up.

They stand in no address, so that no log and no other site's page has anybody's date of birth.
"""

from datetime import date
from uuid import UUID

from flask import session

from portal.signup.eligibility import Answers, LicenceFrom

ANSWERS, SIGN_UP, ASKED = "join_answers", "join_sign_up", "join_asked"


def carry(answers: Answers) -> None:
    session[ANSWERS] = [answers.born_on.isoformat(), answers.held_since.isoformat(), str(answers.licence_from),
                        answers.violation_on.isoformat() if answers.violation_on else None]


def carried() -> Answers | None:
    """The answers that passed the check in this visit."""
    kept = session.get(ANSWERS)
    if not kept:
        return None
    born, held, where, violation = kept
    return Answers(date.fromisoformat(born), date.fromisoformat(held), LicenceFrom(where),
                   date.fromisoformat(violation) if violation else None)


def carry_sign_up(sign_up_id: UUID) -> None:
    session[SIGN_UP] = sign_up_id.hex


def carried_sign_up() -> UUID | None:
    """The sign-up whose code is to be typed in."""
    kept = session.get(SIGN_UP)
    return UUID(kept) if kept else None


def drop() -> None:
    """Nothing travels any more."""
    for name in (ANSWERS, SIGN_UP):
        session.pop(name, None)


def asked_now() -> None:
    """This visit has seen the question before joining."""
    session[ASKED] = 1


def was_asked() -> bool:
    return ASKED in session
