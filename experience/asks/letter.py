"""What the letter with a question says: the question, and the link that answers it without signing in."""

from typing import Any
from uuid import UUID

from flask import current_app

from core.database import db
from core.time import now
from experience.asks.around import car_and_day_of, situation_of
from experience.asks.gate import held_back
from experience.asks.here import question_of
from experience.asks.history import past_of
from experience.asks.in_force import rules_at
from experience.asks.links import sign_link
from experience.asks.models import AskRow, AskState
from experience.asks.solicitations import SOLICITATIONS
from experience.journey import Step


def letter_of(ask_id: UUID, site_url: str) -> dict[str, Any] | None:
    """For the template; None when there is nothing to ask any more, nothing that fits into a letter, or no moment for it."""
    ask = db.session.get(AskRow, ask_id)
    if ask is None or ask.state != AskState.SHOWN or now() >= ask.expires_at or ask.metric is None:
        return None
    if is_held_back(ask):
        return None
    token, rules = sign_link(ask.id, current_app.config["SECRET_KEY"]), rules_at(now())
    return {"ask": ask, "question": question_of(ask), "trip": car_and_day_of(ask), "most": rules["most"],
            "days": rules["window"], "link": f"{site_url}/asks/by-mail/{token}"}


def is_held_back(ask: AskRow) -> bool:
    """Whether the letter of something that the gate let through must not go at this moment."""
    situation = situation_of(ask.member_id, now(), done=Step(ask.step))
    return held_back(situation, SOLICITATIONS[ask.solicitation], past_of(ask.member_id), rules_at(now()), now())
