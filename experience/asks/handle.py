"""What the outbox hands to the asks: a wish to ask, and an ask that nobody has seen and that goes out by mail."""

from datetime import datetime
from uuid import UUID

from core.database import transaction
from core.outbox import Job, post
from core.time import now
from experience.asks.models import AskRow
from experience.asks.show import show_ask
from experience.asks.solicitations import MAIL
from experience.asks.wish import wish_to_ask
from experience.journey import Step

# What a wish itself is made of; everything else that its job says belongs to its message.
WISHED = frozenset({"solicitation", "reservation_id", "subject", "step", "sensor_missing", "first_wished", "root"})


def handle_wish(job: Job) -> None:
    """`ask`: solicitation (or a moment's name); reservation_id, subject and step if there are any.

    `message`: a solicitation that is a message of its own (news, an invitation) names the job that writes it: that is
    posted, with the same facts, when the gate lets it through.
    """
    facts = job.facts
    if job.member_id is None:
        return
    with transaction():
        ask = wish_to_ask(
            member_id=job.member_id, solicitation=facts["solicitation"], once=_once(job), now=now(),
            reservation_id=facts.get("reservation_id"), subject=facts.get("subject"),
            step=Step(facts["step"]) if facts.get("step") else None, sensor_missing=bool(facts.get("sensor_missing")),
            first_wished=datetime.fromisoformat(facts["first_wished"]) if facts.get("first_wished") else None,
            carries={key: value for key, value in facts.items() if key not in WISHED})
        if ask is not None and facts.get("message"):
            _send_message(ask, facts["message"], job)


def _once(job: Job) -> str:
    """One decision for each job, and for each time that it comes back."""
    root = job.facts.get("root")
    return f"{root}~{job.id}" if root else f"{job.id}"


def _send_message(ask: AskRow, kind: str, job: Job) -> None:
    if show_ask(ask_id=ask.id, channel=MAIL, now=now()):
        post(kind, member_id=job.member_id, once=f"{ask.id}-{kind}", ask_id=str(ask.id),
             **{key: value for key, value in job.facts.items() if key not in WISHED | {"message", "ask_id"}})


def handle_mail(job: Job) -> None:
    """`ask_by_mail`: unless it was seen on a page, or must wait, the letter `ask_mail` is posted with the decision."""
    with transaction():
        if show_ask(ask_id=UUID(job.facts["ask_id"]), channel=MAIL, now=now()):
            post("ask_mail", member_id=job.member_id, once=f"{job.facts['ask_id']}-letter", ask_id=job.facts["ask_id"])
