"""P10: how long a no takes for an address with an account against one without: nobody is to learn it from the clock."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import count

from benchmarks.measure import Ask, Result, in_turn
from benchmarks.places import forget_cache, place
from core.database import db
from core.refusal import Refusal
from portal.account.add_user import add_user
from portal.account.passwords import hash_password
from portal.account.security.password_tries import Place
from portal.account.security.reset import ask_for_reset
from portal.account.sign_in import sign_in
from portal.signup.eligibility import Answers, LicenceFrom
from portal.signup.sign_up import ask_to_sign_up

ANSWERS = Answers(date(1990, 5, 4), date(2010, 6, 1), LicenceFrom.US)
_numbers = count()


def run(ask: Ask) -> list[Result]:
    with place(ask.database, ask.scale, apart=True) as there, there.app().app_context():
        seal, known = there.app().extensions["adapters"].seal, _accounts(ask.rounds + 3)
        asked = {
            "signing in": lambda email: sign_in(email=email, password="wrong", remember=False, device="",  # noqa: S106 - a guess
                                                place=Place(f"place {next(_numbers)}")),
            "a lost password": lambda email: ask_for_reset(email=email, seal=seal),
            "joining": lambda email: ask_to_sign_up(
                email=email, name="Bench", phone="+13125550100", password="wandering otters at dusk",  # noqa: S106 - nobody's
                answers=ANSWERS, place=f"place {next(_numbers)}", now=datetime.now(UTC)),
        }
        return [_of(ask, says, deed, known) for says, deed in asked.items()]


def _accounts(many: int) -> list[str]:
    """The addresses of as many accounts as there are rounds, so that none of them has had its share of tries."""
    hashed = hash_password("seven quiet herons wade")
    return [add_user(email=f"known-{number}@example.com", name="Bench", password_hash=hashed).email for number in range(many)]


def _of(ask: Ask, says: str, deed: Callable[[str], object], known: list[str]) -> Result:
    there, nobody = iter(known), count()

    def try_at(email: str) -> None:
        with suppress(Refusal):
            deed(email)
        db.session.rollback()

    pairs = in_turn(ask.rounds, lambda: try_at(f"nobody-{next(nobody)}@example.com"), lambda: try_at(next(there)), forget_cache)
    return pairs.result(ask, "P10", "p10_who_exists", f"{says}: somebody's address / nobody's")
