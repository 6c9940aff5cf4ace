"""Answers that are often given: writing them, and filling their holes from what a conversation is about."""

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from core.database import db, transaction
from core.refusal import NotFound
from portal.help.models import HelpTemplate

HOLES = ("first_name", "car", "plate", "lot", "trip_start", "trip_end", "reference", "me")
_HOLE = re.compile(r"\{(\w+)\}")
MOST_WORDS = 3000


def unknown_holes(words: str) -> list[str]:
    """Holes that nothing fills."""
    return sorted({each for each in _HOLE.findall(words) if each not in HOLES})


def open_holes(words: str) -> list[str]:
    """Known holes that are still open: an answer is not sent with one in it."""
    return sorted({each for each in _HOLE.findall(words) if each in HOLES})


def fill(words: str, values: Mapping[str, str]) -> str:
    """The words with what is known put in; a hole about which nothing is known stays, to be filled by hand.

    What is put in is text and never looked into again, whatever a member calls themselves.
    """
    return _HOLE.sub(lambda hole: values.get(hole[1], "") or hole[0], words)


def templates_in_use() -> list[HelpTemplate]:
    """Those to choose from, the most used first."""
    return list(db.session.scalars(
        select(HelpTemplate).where(HelpTemplate.retired_at.is_(None)).order_by(HelpTemplate.used.desc(), HelpTemplate.name)))


def the_template(template_id: int) -> HelpTemplate:
    """One of them. Raises NotFound."""
    found = db.session.get(HelpTemplate, template_id)
    if found is None:
        raise NotFound(template_id=template_id)
    return found


def write_template(*, name: str, words: str, by_user_id: int, now: datetime, template_id: int | None = None) -> HelpTemplate:
    """Keep a new one, or change one; a name that is in use is that one's."""
    with transaction():
        same_name = db.session.scalar(select(HelpTemplate).where(HelpTemplate.name == name))
        template = the_template(template_id) if template_id is not None and same_name is None else same_name
        if template is None:
            template = HelpTemplate(name=name, used=0, words=words, updated_at=now)
            db.session.add(template)
        template.name, template.words, template.updated_at = name, words, now
        template.updated_by, template.retired_at = by_user_id, None
        db.session.flush()
    return template


def retire_template(*, template_id: int, by_user_id: int, now: datetime) -> None:
    """Nobody chooses it any more."""
    with transaction():
        template = the_template(template_id)
        template.retired_at, template.updated_by = now, by_user_id


def count_use(*, template_id: int) -> None:
    """Somebody put it into an answer."""
    with transaction():
        db.session.execute(update(HelpTemplate).where(HelpTemplate.id == template_id).values(used=HelpTemplate.used + 1))
