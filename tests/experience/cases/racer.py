"""The server processes of the races over cases: `python -m tests.experience.cases.racer 4`.

A wish is `[deed, case, user, seen, once]`: what a colleague does with a case as they saw it.
"""

import sys
import time
from typing import Any
from uuid import UUID

from flask import Flask

from core.refusal import Refusal
from experience.cases.close import close
from experience.cases.models import CauseCode, Outcome
from experience.cases.reply import reply
from experience.cases.take import take
from tests.experience.cases.given import seal_of
from tests.factories import NOON
from tests.racer import main


def act(app: Flask, at: float, wish: list[Any], answers: list[list[Any]]) -> None:
    """Do it at that moment, and say what became of it."""
    deed, case_id, user_id, seen, once = wish
    with app.app_context():
        who: dict[str, Any] = {"case_id": UUID(case_id), "by_user_id": user_id, "seal": seal_of(app), "now": NOON}
        time.sleep(max(0.0, at - time.time()))
        try:
            if deed == "take":
                take(**who)
            elif deed == "reply":
                reply(**who, words="We are on it.", waits=True, seen=seen, once=once)
            else:
                close(**who, outcome=Outcome.SOLVED, cause=CauseCode.LOT, words="It is done.", seen=seen, once=once)
        except Refusal as refusal:
            answers.append([deed, refusal.code])
        except Exception as error:
            answers.append([deed, f"{type(error).__name__}: {error}"[:300]])
        else:
            answers.append([deed, "done"])


if __name__ == "__main__":
    main(int(sys.argv[1]), act)
