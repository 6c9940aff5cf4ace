"""What a member has agreed to: for which purpose, in which version, since when, and how to withdraw it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from portal.account.contact.choose import hold_choices, keep
from portal.account.contact.in_force import choices_of, versions_of
from portal.account.contact.models import ContactChoice, PushDevice
from portal.account.contact.number import number_of, written
from portal.account.contact.rules import OPEN_WAYS, Channel, Purpose
from portal.account.models import Member
from portal.account.needs.models import MemberNeeds
from portal.signup.models import Application
from reservations.feed.models import CalendarFeed

WRITING: dict[Purpose, Any] = {
    Purpose.SERVICE: _l("Being told of your trips and your money beside the mail"),
    Purpose.CARE: _l("Answers, and questions how it went"),
    Purpose.NEWS: _l("News, and what we ask of everybody twice a year")}
CHANNELS: dict[Channel, Any] = {Channel.MAIL: _l("mail"), Channel.PUSH: _l("notifications"), Channel.SMS: _l("text messages")}


THERE = _l("Change it there")
USUAL = _l("Nobody asked you: it is so for everybody who has chosen nothing.")


@dataclass(frozen=True, slots=True)
class Consent:
    """One thing that was agreed to. `version` is of the words or of the choices; `since`: none where nobody was asked, and then
    `unasked` says why it is so. It is withdrawn by the purpose's own button, or on the page that is named."""

    what: str
    version: str
    since: datetime | None
    purpose: Purpose | None = None
    endpoint: str = ""
    do: Any = THERE
    unasked: Any = USUAL


def consents_of(member: Member, now: datetime) -> list[Consent]:
    """All that is in force now."""
    return [*_terms(member), *_writing(member, now), *_shared(member)]


def _terms(member: Member) -> list[Consent]:
    agreed = db.session.execute(select(Application.terms_version, Application.submitted_at).where(
        Application.member_id == member.id, Application.terms_version.is_not(None)).order_by(
            Application.submitted_at.desc()).limit(1)).first()
    version, since = (agreed[0] or "", agreed[1]) if agreed is not None else ("", None)
    return [Consent(_("The house rules, as long as you are a member"), version, since, endpoint="leave.show",
                    do=_l("Leave Roundtrip"),
                    unasked=_l("We have no record that you were asked: your membership was not begun by an application here."))]


def _writing(member: Member, now: datetime) -> list[Consent]:
    versions, chosen, found = versions_of(member.id), choices_of(member.id, now), []
    for purpose, says in WRITING.items():
        ways = [CHANNELS[channel] for channel in Channel if (purpose, channel) in chosen.ways & frozenset(OPEN_WAYS)]
        if ways:
            first = _first_with(versions, purpose)
            version, since = (str(first.version), first.at) if first is not None else (_("as it begins"), None)
            found.append(Consent(f"{says}: {', '.join(str(way) for way in ways)}", version, since, purpose))
    return found


def _first_with(versions: list[ContactChoice], purpose: Purpose) -> ContactChoice | None:
    """The version since which this purpose has been allowed without a break; None when nobody said anything."""
    first = None
    for version in versions:  # newest first
        if not any(way.startswith(f"{purpose}.") for way in version.ways):
            break
        first = version
    return first


def _shared(member: Member) -> list[Consent]:
    found, number = [], number_of(member.id)
    needs, feed = db.session.get(MemberNeeds, member.id), db.session.get(CalendarFeed, member.id)
    if needs is not None:
        found.append(Consent(_("Keeping what you told us of your needs"), str(needs.consent_version), needs.agreed_at,
                             endpoint="needs.show"))
    if number is not None:
        found.append(Consent(_("Texting %(number)s", number=written(number.number)), "1", number.verified_at,
                             endpoint="contact.show"))
    for device in db.session.scalars(select(PushDevice).where(PushDevice.member_id == member.id).order_by(PushDevice.added_at)):
        found.append(Consent(_("Notifications on “%(device)s”", device=device.name), "1", device.added_at,
                             endpoint="contact.show"))
    if feed is not None:
        found.append(Consent(_("A calendar program that reads your trips"), "1", feed.since, endpoint="feed.show"))
    return found


def withdraw_consent(*, member: Member, purpose: Purpose, now: datetime) -> None:
    """Write no more for this purpose, by any way that can be closed; a new version of the choices says so. Again changes
    nothing."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member) as seen, transaction():
        hold_choices(member.id)
        before = choices_of(member.id, now)
        closing = [way for way in before.ways if way[0] is purpose and way in OPEN_WAYS]
        if closing:
            keep(member.id, before.without(closing), "page", now)
        else:
            seen.was_repeated()
