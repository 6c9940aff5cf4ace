"""Letters about who gets into an account. They go by mail alone and at once, whatever was chosen: that is what they are for."""

from typing import Any
from uuid import UUID

from core.outbox import Job
from core.sealed import Seal
from portal.account.security.reset import address_for
from portal.messages.colleagues import send_plain
from portal.messages.mail import Mail
from portal.web.say import moment


def mail_reset(job: Job, mail: Mail, *, site_url: str, seal: Seal, secret: str) -> None:
    """Handle `password_reset`: the link, if the address is somebody's. It is built from the site's own address alone."""
    found = address_for(UUID(job.facts["reset_id"]), seal=seal, secret=secret)
    if found is not None:
        to, token = found
        send_plain(job, to, {"link": f"{site_url}/sign-in/reset/{token}"}, mail)


def security_facts(job: Job, site_url: str) -> dict[str, Any]:
    """For `password_changed` and `new_device`: when, from what device, and where to look after it."""
    return {"when": moment(job.due_at), "device": job.facts.get("device", ""), "link": f"{site_url}/account/security",
            "forgot": f"{site_url}/sign-in/forgot"}
