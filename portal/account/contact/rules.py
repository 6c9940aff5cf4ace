"""Which way a message may go: pure, from the choices in force, the message and the moment."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.time import LocalTime, from_local, local_time_kind

DAY = 24 * 60  # minutes


class Purpose(StrEnum):
    """What a message is for."""

    SERVICE = "service"  # needed for a trip or for money: its mail cannot be switched off
    CARE = "care"  # answers, and questions how it went
    NEWS = "news"  # what changed, referral, the pulse


class Channel(StrEnum):
    """The ways to a member besides the inbox, which has every message."""

    MAIL = "mail"
    PUSH = "push"
    SMS = "sms"


class Why(StrEnum):
    """Why a message did not go one of the ways, or waits."""

    NOT_CHOSEN = "not_chosen"
    NOT_URGENT = "not_urgent"
    QUIET_HOURS = "quiet_hours"
    NO_DEVICE = "no_device"
    NO_NUMBER = "no_number"
    NOT_OFFERED = "not_offered"  # this site is set up without it
    PUSH_REACHED = "push_reached"
    GONE = "gone"  # every device unsubscribed
    REFUSED = "refused"  # the carrier says that it never will
    NO_ANSWER = "no_answer"  # the carrier did not answer, so far or until we gave up
    MOOT = "moot"  # while it waited, there came to be nothing to say any more


Way = tuple[Purpose, Channel]
ALWAYS: Way = (Purpose.SERVICE, Channel.MAIL)
OPEN_WAYS: tuple[Way, ...] = tuple(
    (purpose, channel) for purpose in Purpose for channel in Channel if (purpose, channel) != ALWAYS)
# Whoever has said nothing: mail, and a notification where they allowed one; text messages only to who asks for them.
FIRST = frozenset({(Purpose.SERVICE, Channel.PUSH), (Purpose.CARE, Channel.MAIL), (Purpose.CARE, Channel.PUSH),
                   (Purpose.NEWS, Channel.MAIL)})


@dataclass(frozen=True, slots=True)
class Choices:
    """What a member chose. Quiet hours are minutes after midnight in `zone`; equal ones: none. Version 0: said nothing."""

    version: int
    ways: frozenset[Way]
    quiet_from: int
    quiet_until: int
    zone: ZoneInfo

    def allow(self, purpose: Purpose, channel: Channel) -> bool:
        """Whether messages of this purpose may go this way at all."""
        return (purpose, channel) == ALWAYS or (purpose, channel) in self.ways

    def quiet_at(self, moment: datetime) -> bool:
        """Whether it is a quiet hour where the member is."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= minute < self.quiet_until
        return minute >= self.quiet_from or minute < self.quiet_until

    def morning_after(self, moment: datetime) -> datetime:
        """When the quiet hours that `moment` falls into end; on a night without that time, when it would have been."""
        local = moment.astimezone(self.zone)
        hour, minute = divmod(self.quiet_until, 60)
        end = datetime.combine(local.date(), time(hour, minute))
        if self.quiet_from > self.quiet_until and local.hour * 60 + local.minute >= self.quiet_from:
            end += timedelta(days=1)
        if local_time_kind(end, self.zone) is LocalTime.NEVER:
            end += timedelta(hours=1)
        instant = from_local(end, self.zone)
        return instant if instant > moment else from_local(end, self.zone, fold=1)

    def without(self, ways: Iterable[Way]) -> "Choices":
        """The same with these ways shut."""
        return replace(self, ways=self.ways - frozenset(ways))

    def with_ways(self, ways: Iterable[Way]) -> "Choices":
        """The same with these ways open."""
        return replace(self, ways=self.ways | frozenset(ways))


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Skip:
    """It does not go this way."""

    why: Why


@dataclass(frozen=True, slots=True)
class Wait:
    """It goes this way when the quiet hours are over."""

    until: datetime


def judge(choices: Choices, purpose: Purpose, channel: Channel, at: datetime, *, urgent: bool) -> Go | Skip | Wait:
    """Whether a message may go this way now.

    In quiet hours service mail goes, and what is urgent; other service messages are left to the mail, because a notification
    of yesterday's helps nobody; care and news wait for the morning. A text message about the service is for what is urgent.
    """
    if not choices.allow(purpose, channel):
        return Skip(Why.NOT_CHOSEN)
    service = purpose is Purpose.SERVICE
    if channel is Channel.SMS and service and not urgent:
        return Skip(Why.NOT_URGENT)
    if not choices.quiet_at(at) or (service and (urgent or channel is Channel.MAIL)):
        return Go()
    return Skip(Why.QUIET_HOURS) if service else Wait(choices.morning_after(at))
