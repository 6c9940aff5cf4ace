"""What the letter about a new token says."""

from typing import Any

from core.database import db
from core.outbox import Job
from portal.api.forms import SCOPES
from portal.api.models import ApiToken
from portal.web.say import moment


def token_facts(job: Job, site_url: str) -> dict[str, Any] | None:
    """For `token_made`: which token, when, what it may do, and where it is ended. None when it is ended already."""
    row = db.session.get(ApiToken, job.facts["token_id"])
    if row is None or row.revoked_at is not None:
        return None
    may = ", ".join(str(words[0]) for scope, words in SCOPES.items() if scope in row.scope_set)
    return {"when": moment(job.due_at), "name": row.name, "begins": row.begins, "may": may,
            "link": f"{site_url}/account/tokens"}
