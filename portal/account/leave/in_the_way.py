"""What stands in the way of leaving, asked of the rooms that know: the app hangs their questions into
`app.extensions["in_the_way_of_leaving"]`, each of which takes a member's id and the moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to bring to its end first: what it is, and the page on which that is done."""

    says: str
    do: str
    endpoint: str
    known: dict[str, str] = field(default_factory=dict)


Question = Callable[[int, datetime], list[Obstacle]]


def in_the_way(member_id: int, now: datetime) -> list[Obstacle]:
    """Everything that has to be done first; nothing: they may go at once."""
    questions: tuple[Question, ...] = current_app.extensions["in_the_way_of_leaving"]
    return [obstacle for ask in questions for obstacle in ask(member_id, now)]
