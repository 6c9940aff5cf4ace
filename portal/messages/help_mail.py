"""Help's mail: what a member's letter says, and the letters to people who have no account and so no inbox."""

from uuid import UUID

from core.database import db, hold_nothing_open
from core.outbox import Job
from core.sealed import Seal
from portal.account.models import Member
from portal.help.door import Door
from portal.help.models import Conversation, Entry, IncomingMail
from portal.help.remarks.models import Remark, RemovedWhy
from portal.help.reply import exchange
from portal.help.suggestions.models import Suggestion
from portal.help.words import KINDS, REMOVED, SUGGESTION_STATES, step_label
from portal.messages.colleagues import plain_letter
from portal.messages.mail import Mail


def answer_facts(job: Job, seal: Seal, site_url: str) -> dict[str, object] | None:
    """What a member's letter about an answer says; None for one that is for us alone."""
    conversation = db.session.get_one(Conversation, UUID(job.facts["conversation_id"]))
    facts = _facts(conversation, job, seal)
    if facts is None:
        return None
    return facts | {"link": f"{site_url}/inbox/conversations/{conversation.merged_into_id or conversation.id}",
                    "name": db.session.get_one(Member, job.member_id).first_name}


def suggestion_facts(job: Job, site_url: str) -> dict[str, object]:
    """What a member's letter about a suggestion they share says."""
    return {"suggestion": db.session.get_one(Suggestion, UUID(job.facts["suggestion_id"])), "states": SUGGESTION_STATES,
            "name": db.session.get_one(Member, job.member_id).first_name, "link": f"{site_url}/help/suggestions"}


def remark_facts(job: Job, site_url: str) -> dict[str, object] | None:
    """What the writer of a remark that is not shown reads; None when it is shown again."""
    remark = db.session.get_one(Remark, UUID(job.facts["remark_id"]))
    if remark.why is None:
        return None
    return {"remark": remark, "why": REMOVED[RemovedWhy(remark.why)], "link": f"{site_url}/help/contact",
            "name": db.session.get_one(Member, job.member_id).first_name}


def mail_visitor(job: Job, mail: Mail, seal: Seal, door: Door) -> None:
    """Handle the outbox's `help_visitor_mail`: that we have it, or an answer; always with the link to the conversation."""
    conversation = db.session.get_one(Conversation, UUID(job.facts["conversation_id"]))
    to, facts = seal.read(conversation.visitor_sealed), _facts(conversation, job, seal)
    if to and facts is not None:
        letter = plain_letter(job, to, "help_answered" if "entry_id" in job.facts else "help_received",
                              facts | {"link": door.visitor_link(conversation.id), "due_at": conversation.answer_due_at})
        letter["Reply-To"] = door.mail_address(conversation.id)
        letter["References"] = f"<conversation-{conversation.id}@roundtrip.example>"
        hold_nothing_open()
        mail.send(letter)


def mail_bounce(job: Job, mail: Mail, seal: Seal, site_url: str) -> None:
    """Handle the outbox's `help_bounce`: a mail we could not place, told kindly to whoever sent it, without their words."""
    kept = db.session.get_one(IncomingMail, job.facts["mail_id"])
    to = seal.read(kept.from_sealed)
    if to:
        letter = plain_letter(job, to, "help_bounce", {"link": f"{site_url}/help/contact"})
        letter["Auto-Submitted"] = "auto-replied"  # so that no machine answers it
        hold_nothing_open()
        mail.send(letter)


def _facts(conversation: Conversation, job: Job, seal: Seal) -> dict[str, object] | None:
    facts: dict[str, object] = {"what": step_label(conversation.step) or KINDS[conversation.kind],  # type: ignore[index]
                                "reference": conversation.reference, "said": []}
    if "entry_id" not in job.facts:
        return facts
    entry = db.session.get_one(Entry, job.facts["entry_id"])
    return None if entry.internal else facts | {"said": exchange(conversation, entry, seal)}
