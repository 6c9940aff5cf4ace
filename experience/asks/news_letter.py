"""What a letter with news says: its words in the version that was sent, and where they lead."""

from typing import Any
from uuid import UUID

from flask import current_app

from core.database import db
from core.time import now
from experience.asks.letter import is_held_back
from experience.asks.models import AskRow
from experience.asks.wording import wording_in

LEADS_TO = {"digest": "/you-said", "referral": "/", "win_back": "/help"}


def news_of(ask_id: UUID, version: int, site_url: str) -> dict[str, Any] | None:
    """For the template; None when there is no moment for it, or its time is over."""
    ask = db.session.get(AskRow, ask_id)
    if ask is None or now() >= ask.expires_at or is_held_back(ask):
        return None
    words = wording_in(ask.solicitation, current_app.config["BABEL_DEFAULT_LOCALE"], version)
    return {"words": words, "link": f"{site_url}{LEADS_TO[ask.solicitation]}"}
