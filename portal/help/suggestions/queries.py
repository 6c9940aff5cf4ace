"""Suggestions as the public list and the desk show them: the most wanted first."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select

from core.database import db
from core.refusal import NotFound
from portal.help.suggestions.models import Suggestion, SuggestionState, SuggestionVote

MOST = 200


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggestions with their votes; open ones first, of those the most wanted. `member_id`: whether that member shares it."""

    member_id: int = 0
    state: SuggestionState | None = None

    def select(self) -> Select[Any]:
        votes = select(func.count()).where(SuggestionVote.suggestion_id == Suggestion.id).scalar_subquery()
        mine = select(func.count()).where(SuggestionVote.suggestion_id == Suggestion.id,
                                          SuggestionVote.member_id == self.member_id).scalar_subquery()
        order = case({"open": 0, "planned": 1, "done": 2, "not_now": 3}, value=Suggestion.state)
        query = select(Suggestion, votes.label("votes"), mine.label("mine"))
        if self.state is not None:
            query = query.where(Suggestion.state == self.state)
        return query.order_by(order, votes.desc(), Suggestion.at.desc(), Suggestion.id).limit(MOST)

    def all(self) -> list[Any]:
        return list(db.session.execute(self.select()).all())


def the_suggestion(suggestion_id: UUID) -> Suggestion:
    """One of them. Raises NotFound."""
    found = db.session.get(Suggestion, suggestion_id)
    if found is None:
        raise NotFound(suggestion_id=suggestion_id)
    return found
