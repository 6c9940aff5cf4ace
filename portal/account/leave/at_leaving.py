"""What becomes of money when somebody leaves, asked of the rooms that have it. The app hangs into `app.extensions`:
`told_at_leaving`, each a question by the member's id and the moment for sentences that the page says before; and
`done_at_leaving`, each an act within the transaction that ends the membership."""

from collections.abc import Callable
from datetime import datetime

from flask import current_app

from fleet.tariffs.in_force import policies_at

Question = Callable[[int, datetime], list[str]]
Act = Callable[[int, datetime], None]


def least_time_to_answer(now: datetime) -> int:
    """How many minutes somebody has at least to answer when a toll or a fine of theirs turns up, as the rules are now."""
    rules = policies_at(now)
    return min(rules["answer_toll"].value, rules["answer_ticket"].value)


def told_at_leaving(member_id: int, now: datetime) -> list[str]:
    """What becomes of this member's money."""
    questions: tuple[Question, ...] = current_app.extensions["told_at_leaving"]
    return [said for ask in questions for said in ask(member_id, now)]


def do_at_leaving(member_id: int, now: datetime) -> None:
    """Do it."""
    acts: tuple[Act, ...] = current_app.extensions["done_at_leaving"]
    for act in acts:
        act(member_id, now)
