"""What the letters about downloads and erasures say."""

from typing import Any
from uuid import UUID

from flask import current_app

from core.database import db
from core.outbox import Job, post
from core.time import now
from portal.account.models import Member, User
from portal.messages.deliver import Facts
from portal.privacy.in_the_way import in_the_way_of_erasing
from portal.privacy.models import DataExport, Erasure, ErasureState, ExportState


def tell(user: User, kind: str, once: str, **facts: Any) -> None:
    """Post a letter to them, within the open transaction: a member's goes into their inbox too, to others it is mail alone."""
    if user.member is not None:
        post(kind, member_id=user.member.id, once=once, **facts)
    else:
        post(kind, once=once, user_id=user.id, **facts)


def addressee(job: Job) -> User:
    """Whom a job is about: one of tell(), or one that was posted about a member before others had their rights too."""
    if job.member_id is not None:
        return db.session.get_one(Member, job.member_id).user
    return db.session.get_one(User, job.facts["user_id"])


def data_ready(job: Job, site_url: str) -> Facts | None:
    """While it is there."""
    export = db.session.get(DataExport, UUID(job.facts["export_id"]))
    if export is None or export.state != ExportState.READY:
        return None
    return {"user": addressee(job), "export": export, "link": f"{site_url}/account/privacy"}


def erasure_asked(job: Job, site_url: str) -> Facts | None:
    """While it may still be cancelled."""
    erasure = db.session.get(Erasure, UUID(job.facts["erasure_id"]))
    if erasure is None or erasure.state != ErasureState.ASKED:
        return None
    return {"user": addressee(job), "erasure": erasure,
            "link": f"{site_url}/account/privacy/erase"}


def erasure_waits(job: Job, site_url: str) -> Facts | None:
    """What stands in its way, each with its page; nothing is said when it has gone meanwhile."""
    facts = erasure_asked(job, site_url)
    if facts is None:
        return None
    user, pages = addressee(job), current_app.url_map.bind("")
    waits_for = [(one.says, site_url + pages.build(one.endpoint, one.known)) for one in in_the_way_of_erasing(user, now())]
    return {**facts, "waits_for": waits_for} if waits_for else None
