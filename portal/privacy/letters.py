"""What the letters about downloads and erasures say."""

from uuid import UUID

from core.database import db
from core.outbox import Job
from portal.account.models import Member
from portal.messages.deliver import Facts
from portal.privacy.models import DataExport, Erasure, ErasureState, ExportState


def data_ready(job: Job, site_url: str) -> Facts | None:
    """While it is there."""
    export = db.session.get(DataExport, UUID(job.facts["export_id"]))
    if export is None or export.state != ExportState.READY:
        return None
    return {"member": db.session.get_one(Member, job.member_id), "export": export, "link": f"{site_url}/account/privacy"}


def erasure_asked(job: Job, site_url: str) -> Facts | None:
    """While it may still be called off."""
    erasure = db.session.get(Erasure, UUID(job.facts["erasure_id"]))
    if erasure is None or erasure.state != ErasureState.ASKED:
        return None
    return {"member": db.session.get_one(Member, job.member_id), "erasure": erasure,
            "link": f"{site_url}/account/privacy/erase"}
