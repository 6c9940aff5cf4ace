"""What a letter with news says: its words in the version that was sent, and where they lead."""

from typing import Any
from uuid import UUID

from flask import current_app

from core.database import db
from core.outbox import NotNow
from core.time import now
from experience.asks.gate import SOON
from experience.asks.letter import is_held_back
from experience.asks.models import AskRow
from experience.asks.wording import wording_in

LEADS_TO = {"digest": "/you-said", "referral": "/", "win_back": "/help", "join_reminder": "/join"}


def news_of(ask_id: UUID, version: int, site_url: str) -> dict[str, Any] | None:
    """For the template; None when its time is over. Raises NotNow while its member drives or must be left alone: it was
    counted as shown, and so it goes later.
    """
    ask = db.session.get(AskRow, ask_id)
    if ask is None or now() >= ask.expires_at:
        return None
    if is_held_back(ask):
        raise NotNow(now() + SOON)
    words = wording_in(ask.solicitation, current_app.config["BABEL_DEFAULT_LOCALE"], version)
    return {"words": words, "link": f"{site_url}{LEADS_TO[ask.solicitation]}"}
