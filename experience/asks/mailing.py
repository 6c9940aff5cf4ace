"""News go to an audience: written down, then wished for member by member, so that the gate decides about each of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from core.database import db, take_turns, transaction
from core.ids import new_id
from core.outbox import Job, post
from core.time import now as service_now
from experience.asks.models import Mailing
from experience.asks.wording import declared, wording_in

AT_ONCE = 200
SUBJECT = "version:"


def subject_of(version: int) -> str:
    """What an ask of news says it is about, so that nobody gets the same words twice."""
    return f"{SUBJECT}{version}"


def send_news(*, solicitation: str, version: int, audience: Mapping[str, Any], by_user_id: int, once: str,
              now: datetime) -> Mailing:
    """Have the news sent to the audience; the same form posted again is the same mailing. Raises NotFound for no such words."""
    with transaction():
        take_turns("mailings")
        known = db.session.scalar(select(Mailing).where(Mailing.once == once))
        if known is not None:
            return known
        wording_in(declared(solicitation).key, current_app.config["BABEL_DEFAULT_LOCALE"], version)
        mailing = Mailing(id=new_id(), at=now, solicitation=solicitation, wording_version=version, audience=dict(audience),
                          by_user_id=by_user_id, wished=0, once=once)
        db.session.add(mailing)
        db.session.flush()
        post("mailing", once=f"mailing-{mailing.id}-0", mailing_id=str(mailing.id), after=0, before=0)
    return mailing


def handle_mailing(job: Job) -> None:
    """`mailing`: wish for the next members of the audience, by their ids, and post itself again until nobody is left.

    Who is in an audience is asked of the app's `members_of_audience`, which knows plans, trips and who has left.
    """
    mailing_id, after = UUID(job.facts["mailing_id"]), int(job.facts["after"])
    with transaction():
        mailing = db.session.get_one(Mailing, mailing_id, with_for_update=True)
        find = current_app.extensions["members_of_audience"]
        members: Sequence[int] = find(mailing.audience, mailing.solicitation, mailing.at, after=after, limit=AT_ONCE)
        for member_id in members:
            post("ask", member_id=member_id, due=service_now(), once=f"news-{mailing_id}-{member_id}",
                 solicitation=mailing.solicitation, subject=subject_of(mailing.wording_version), message="news",
                 version=mailing.wording_version)
        mailing.wished = int(job.facts["before"]) + len(members)
        if len(members) == AT_ONCE:
            post("mailing", once=f"mailing-{mailing_id}-{members[-1]}", mailing_id=str(mailing_id), after=members[-1],
                 before=mailing.wished)
        else:
            mailing.done_at = service_now()
        db.session.flush()
