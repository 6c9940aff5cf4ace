"""What travels with a visitor in their signed cookie until there is an account: the answers of the check, the sign-up, and what
the estimator said.

They stand in no address, so that no log and no other site's page has anybody's date of birth.
"""

from dataclasses import astuple, fields
from datetime import date
from uuid import UUID

from flask import session

from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.estimate import Estimate
from portal.signup.sign_up import ITS_OWN

ANSWERS, SIGN_UP, ASKED, ESTIMATE, FRIEND = "join_answers", "join_sign_up", "join_asked", "join_estimate", "join_friend"
MAILBOX = "join_mailbox"
MOST_CODE = 20


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
    for name in (ANSWERS, SIGN_UP, FRIEND, MAILBOX):
        session.pop(name, None)


def carry_mailbox(email: str) -> None:
    """The address whose mail this visit was seen to read."""
    session[MAILBOX] = email


def place_of(email: str, address: str) -> str:
    """The place from which a code to this mailbox is asked for: its own, or the network address."""
    return ITS_OWN if session.get(MAILBOX) == email.strip().lower() else address


def carry_friend(code: str) -> None:
    """The code of a member, from the link that they gave away."""
    session[FRIEND] = code[:MOST_CODE]


def carried_friend() -> str:
    """That code, or nothing."""
    return str(session.get(FRIEND, ""))


def asked_now() -> None:
    """This visit has seen the question before joining."""
    session[ASKED] = 1


def was_asked() -> bool:
    return ASKED in session


def carry_estimate(estimate: Estimate | None) -> None:
    if estimate is not None:
        session[ESTIMATE] = astuple(estimate)


def carried_estimate() -> Estimate | None:
    """What the estimator said in this visit."""
    kept = session.get(ESTIMATE)
    return Estimate(*kept) if kept and len(kept) == len(fields(Estimate)) else None  # else of a cookie from before
