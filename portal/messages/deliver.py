"""An outbox job becomes a message: once in the inbox, and by the ways its member chose, each of them written down.

What was decided is committed before a carrier is called, and what it answered after; a worker that dies in between asks again
under the same Message-ID, idempotency key or topic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import Table, insert, select, update

from core.database import db, hold_nothing_open, rows_changed, transaction
from core.outbox import RETRY_AFTER, Handler, Job, TryLater, post
from core.time import now
from experience.journey import Step
from experience.record.observe import observe
from portal.account.contact.devices import device_left, devices_of
from portal.account.contact.in_force import choices_of
from portal.account.contact.number import number_of
from portal.account.contact.rules import Channel, Choices, Go, Purpose, Skip, Wait, Why, judge
from portal.account.models import Member
from portal.account.personal import is_erased
from portal.messages.carriers import Carriers
from portal.messages.letter import Outgoing, letter, notification, text
from portal.messages.models import Delivery, Message, State
from portal.messages.promised import letter_went
from portal.messages.push import Device, Push
from portal.messages.undeliverable import Gone, Undeliverable

Facts = dict[str, object]
Gather = Callable[[Job], Facts | None]

ORDER = (Channel.PUSH, Channel.SMS, Channel.MAIL)  # a text message only when no notification got through
TRIES = {Channel.PUSH: 3, Channel.SMS: 5}  # then it is too late for them; mail is tried as long as the outbox does
ABOUT = (("conversation_id", "conversation"), ("reservation_id", "trip"), ("dispute_id", "dispute"), ("notice_id", "notice"),
         ("note_id", "note"))
_deliveries: Table = Delivery.__table__


class Kind:
    """One kind of message: what its template needs, its step and how soon it is promised, and what it is for.

    `urgent`: may break quiet hours and go as a text message; or a question to the gathered facts whether it is. So is
    `purpose` where it depends on what the message says.
    """

    def __init__(self, gather: Gather, step: Step | None, promised: timedelta | None = None, *,
                 purpose: Purpose | Callable[[Facts], Purpose] = Purpose.SERVICE,
                 urgent: bool | Callable[[Facts], bool] = False) -> None:
        self.gather, self.step, self.promised = gather, step, promised
        self._purpose, self._urgent = purpose, urgent

    def purpose_of(self, facts: Facts) -> Purpose:
        """What this very message is for."""
        return Purpose(self._purpose(facts) if callable(self._purpose) else self._purpose)

    def is_urgent(self, facts: Facts) -> bool:
        """Whether this very message cannot wait."""
        return self._urgent(facts) if callable(self._urgent) else self._urgent


@dataclass
class _Way:
    """How far a message is on one way."""

    state: State
    attempts: int = 0
    why: Why | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class _Plan:
    """What was decided just now: the ways, which of them are tried at once, and whom they reach."""

    message: Outgoing
    choices: Choices
    at: datetime
    ways: dict[Channel, _Way]
    now_go: frozenset[Channel]
    devices: list[tuple[UUID, Device]]
    number: str


def deliver_with(kind: Kind, carriers: Carriers) -> Handler:
    """A handler for the outbox that renders, keeps and carries messages of this kind."""

    def handle(job: Job) -> None:
        plan = (_again(job.id, lambda _kind: kind, carriers) if job.attempt > 1 else None) or _write(job, kind, carriers)
        if plan is not None:
            _carry(plan, kind, carriers, job, measured_from=job.due_at)

    return handle


def deliver_later_with(kinds: Mapping[str, Kind], carriers: Carriers) -> Handler:
    """A handler for what waited for the end of the quiet hours."""

    def handle(job: Job) -> None:
        plan = _again(UUID(job.facts["message_id"]), kinds.get, carriers)
        if plan is not None:
            _carry(plan, kinds[plan.message.kind], carriers, job)

    return handle


def thread_of(facts: Mapping[str, Any]) -> str:
    """What a message is about, so that those about one thing stand together; "" for one that stands alone."""
    return next((f"{name}-{facts[key]}" for key, name in ABOUT if facts.get(key)), "")


def _write(job: Job, kind: Kind, carriers: Carriers) -> _Plan | None:
    """Render the message, put it into the inbox and decide its ways; None when there is nothing to say any more, or nobody."""
    facts = None if job.member_id is None or is_erased(job.member_id) else kind.gather(job)
    if facts is None or job.member_id is None:
        return None
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        rendered = current_app.jinja_env.get_template(f"portal/messages/mail/{job.kind}.txt").render(**facts)
    subject, body = rendered.split("\n", 1)
    with transaction():
        urgent = kind.is_urgent(facts)
        message = Message(
            id=job.id, member_id=job.member_id, kind=job.kind, purpose=kind.purpose_of(facts), urgent=urgent,
            thread=thread_of(job.facts), at=now(), facts=job.facts,
            subject=subject.removeprefix("Subject: ").strip(), body_sealed=carriers.seal.close(body.strip() + "\n"))
        db.session.add(message)
        db.session.flush()
        return _decide(message, {}, carriers)


def _again(message_id: UUID, kind_of: Callable[[str], Kind | None], carriers: Carriers) -> _Plan | None:
    """A message that is in the inbox already: decide anew what has not gone yet, by what is chosen now.

    What has nothing to say any more, or was sealed with a key that is gone, goes no way that it has not gone. None for a
    message, or a kind, that is not there.
    """
    with transaction():
        message = db.session.get(Message, message_id, with_for_update={"of": Message})
        kind = kind_of(message.kind) if message else None
        if message is None or kind is None:
            return None
        facts = kind.gather(Job(message.id, message.kind, message.member_id, dict(message.facts), 1, message.at))
        found = db.session.execute(select(_deliveries).where(_deliveries.c.message_id == message_id)).all()
        lost = carriers.seal.read(message.body_sealed) is None
        return _decide(message, {Channel(row.channel): _Way(State(row.state), row.attempts, Why(row.why) if row.why else None,
                                                            row.due_at) for row in found}, carriers, moot=facts is None or lost)


def _decide(message: Message, ways: dict[Channel, _Way], carriers: Carriers, *, moot: bool = False) -> _Plan:
    """Judge every way that is not settled, and keep the judgement, within the open transaction."""
    at, known = now(), frozenset(ways)
    member = db.session.get_one(Member, message.member_id)
    choices = choices_of(member.id, at)
    devices = [(one.id, Device(one.endpoint, one.p256dh, one.auth)) for one in devices_of(member.id)] if carriers.push else []
    number = number_of(member.id) if carriers.sms else None
    now_go = set()
    for channel in ORDER:
        way = ways.setdefault(channel, _Way(State.WAITING))
        if way.state is not State.WAITING:
            continue
        verdict = Skip(Why.MOOT) if moot else judge(choices, Purpose(message.purpose), channel, at, urgent=message.urgent)
        if isinstance(verdict, Go):
            verdict = _in_reach(channel, carriers, bool(devices), number is not None)
        if isinstance(verdict, Skip):
            way.state, way.why, way.due_at = State.SKIPPED, verdict.why, None
        elif isinstance(verdict, Wait):
            way.why, way.due_at = Why.QUIET_HOURS, verdict.until
            post("deliver_later", member_id=member.id, due=verdict.until, message_id=str(message.id),
                 once=f"later-{message.id}-{verdict.until.isoformat()}")
        else:
            way.due_at = None
            now_go.add(channel)
    outgoing = Outgoing(message.id, member.id, member.user.email, message.kind, Purpose(message.purpose), message.urgent,
                        message.at, message.subject, carriers.seal.read(message.body_sealed) or "", dict(message.facts))
    plan = _Plan(outgoing, choices, at, ways, frozenset(now_go), devices, number.number if number else "")
    _keep_all(plan, known)
    return plan


def _in_reach(channel: Channel, carriers: Carriers, has_device: bool, has_number: bool) -> Go | Skip:
    if (channel is Channel.PUSH and carriers.push is None) or (channel is Channel.SMS and carriers.sms is None):
        return Skip(Why.NOT_OFFERED)
    if channel is Channel.PUSH and not has_device:
        return Skip(Why.NO_DEVICE)
    if channel is Channel.SMS and not has_number:
        return Skip(Why.NO_NUMBER)
    return Go()


def _keep_all(plan: _Plan, known: frozenset[Channel]) -> None:
    new = [{"message_id": plan.message.id, "channel": str(channel), "state": str(way.state), "why": way.why, "attempts": 0,
            "at": plan.at, "decided_at": plan.at, "choices_version": plan.choices.version, "due_at": way.due_at}
           for channel, way in plan.ways.items() if channel not in known]
    if new:
        db.session.execute(insert(_deliveries), new)
    for channel in known:
        if channel in plan.now_go or plan.ways[channel].due_at is not None or plan.ways[channel].state is State.SKIPPED:
            _keep(plan, channel, only_waiting=True)


def _keep(plan: _Plan, channel: Channel, *, provider_id: str | None = None, only_waiting: bool = False) -> bool:
    """Write down how far it is; whether that was new."""
    way = plan.ways[channel]
    row = update(_deliveries).where(_deliveries.c.message_id == plan.message.id, _deliveries.c.channel == str(channel))
    # What went stays gone: another worker may have been at it while this one was taken for dead.
    row = row.where(_deliveries.c.state == str(State.WAITING))
    kept = {"state": str(way.state), "why": way.why, "attempts": way.attempts, "due_at": way.due_at, "provider_id": provider_id,
            "decided_at": plan.at, "choices_version": plan.choices.version}
    if not only_waiting or way.state is not State.WAITING:
        kept["at"] = now()
    return bool(rows_changed(row.values(kept)))


def _carry(plan: _Plan, kind: Kind, carriers: Carriers, job: Job, *, measured_from: datetime | None = None) -> None:
    """Try what goes now. Raises TryLater when a carrier did not answer and is to be asked again, or mail was given up."""
    unanswered = ""
    for channel in ORDER:
        if channel not in plan.now_go or _waits_for_push(plan, channel):
            continue
        way = plan.ways[channel]
        if channel is Channel.SMS and plan.ways[Channel.PUSH].state is State.SENT:
            way.state, way.why = State.SKIPPED, Why.PUSH_REACHED
            _settled(plan, channel, kind, job, "", measured_from)
            continue
        way.attempts += 1
        provider_id = ""
        try:
            provider_id = _send(plan, channel, carriers)
        except TryLater as later:
            last = way.attempts >= TRIES.get(channel, len(RETRY_AFTER) * 2) or job.attempt > len(RETRY_AFTER)
            way.state, way.why = State.FAILED if last else State.WAITING, Why.NO_ANSWER
            unanswered = unanswered or (str(later) if not last or channel is Channel.MAIL else "")
        except Undeliverable as never:
            way.state, way.why = State.FAILED, Why.GONE if isinstance(never, Gone) else Why.REFUSED
        else:
            way.state, way.why = State.SENT, None
        _settled(plan, channel, kind, job, provider_id, measured_from)
    if unanswered:
        raise TryLater(unanswered)


def _waits_for_push(plan: _Plan, channel: Channel) -> bool:
    push = plan.ways[Channel.PUSH]
    return channel is Channel.SMS and Channel.PUSH in plan.now_go and push.state is State.WAITING


def _send(plan: _Plan, channel: Channel, carriers: Carriers) -> str:
    message = plan.message
    if channel is Channel.MAIL:
        mail = letter(message, carriers.site_url)
        hold_nothing_open()
        carriers.mail.send(mail)
        return str(mail["Message-ID"])
    if channel is Channel.SMS:
        assert carriers.sms is not None  # _in_reach
        words = text(message, carriers.site_url)
        hold_nothing_open()
        return carriers.sms.send(plan.number, words, once=f"sms-{message.id}")
    assert carriers.push is not None
    hold_nothing_open()
    return _notify(plan, carriers.push)


def _notify(plan: _Plan, push: Push) -> str:
    """Tell every device. One that took it is enough; with none, the worst of the answers is raised."""
    took, later, never = [], None, None
    for device_id, device in plan.devices:
        try:
            took.append(push.send(device, notification(plan.message), urgent=plan.message.urgent, once=str(plan.message.id)))
        except TryLater as error:
            later = error
        except Gone as error:
            never = never or error
            device_left(device_id)
        except Undeliverable as error:
            never = error
    if took:
        return took[0]
    raise later or never or Gone()


def _settled(plan: _Plan, channel: Channel, kind: Kind, job: Job, provider_id: str, measured_from: datetime | None) -> None:
    """Write down what became of a try; mail that went is the kind's step."""
    keep = partial(_keep, plan, channel, provider_id=provider_id or None)
    if kind.step is None or channel is not Channel.MAIL or plan.ways[channel].state is not State.SENT:
        with transaction():
            keep()
        return
    trip = _Ref.of(plan.message.facts.get("reservation_id"))
    with observe(kind.step, member=_Ref(plan.message.member_id), trip=trip) as seen:
        if kind.promised is not None and measured_from is not None:
            seen.measured((now() - measured_from).total_seconds(), "s", expected=kind.promised.total_seconds())
        with transaction():
            if not keep():
                seen.was_repeated()  # another worker was faster
                return
            seen.about("message", plan.message.id, "mailed")
            since = measured_from or plan.message.at
            seen.settles(letter_went(kind.step, plan.message.facts, since, now()))


@dataclass(frozen=True)
class _Ref:
    """What `observe` needs of a member or a trip: its id."""

    id: int

    @staticmethod
    def of(number: int | None) -> "_Ref | None":
        return _Ref(number) if number else None
