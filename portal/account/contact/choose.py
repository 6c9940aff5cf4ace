"""Choosing how we write: a new version, in force from this moment on."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.database import db, transaction
from experience.journey import Step
from experience.record.observe import observe
from portal.account.contact.errors import NoNumberYet
from portal.account.contact.in_force import choices_of
from portal.account.contact.models import ContactChoice
from portal.account.contact.number import number_of
from portal.account.contact.rules import OPEN_WAYS, Channel, Choices, Purpose, Way
from portal.account.models import Member


def choose(*, member: Member, ways: Iterable[Way], quiet_from: int, quiet_until: int, zone: ZoneInfo,
           now: datetime) -> Choices:
    """Take the member's choices; the same ones again change nothing. Raises NoNumberYet for texts without a number."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member), transaction():
        hold_choices(member.id)
        wanted = frozenset(ways) & frozenset(OPEN_WAYS)
        if any(channel is Channel.SMS for _purpose, channel in wanted) and number_of(member.id) is None:
            raise NoNumberYet()
        before = choices_of(member.id, now)
        chosen = Choices(before.version, wanted, quiet_from, quiet_until, zone)
        return before if chosen == before and before.version else keep(member.id, chosen, "page", now)


def stop_mails(*, member: Member, purpose: Purpose, now: datetime) -> None:
    """Shut the mails of care or news, from the link in one of them; again changes nothing."""
    with observe(Step.MANAGE_CONTACT_CHOICES, member=member) as seen, transaction():
        hold_choices(member.id)
        before = choices_of(member.id, now)
        way = (purpose, Channel.MAIL)
        if way in before.ways:
            keep(member.id, before.without([way]), "link", now)
        else:
            seen.was_repeated()


def hold_choices(member_id: int) -> None:
    """Let nobody else change this member's choices until the open transaction ends."""
    db.session.execute(select(Member.id).where(Member.id == member_id).with_for_update(of=Member)).one()


def keep(member_id: int, chosen: Choices, made_by: str, now: datetime) -> Choices:
    """Write the next version, within the open transaction that holds the choices."""
    row = ContactChoice(
        member_id=member_id, version=chosen.version + 1, at=now, quiet_from=chosen.quiet_from, quiet_until=chosen.quiet_until,
        ways=sorted(f"{purpose}.{channel}" for purpose, channel in chosen.ways), zone=chosen.zone.key, made_by=made_by)
    db.session.add(row)
    db.session.flush()
    return row.choices
