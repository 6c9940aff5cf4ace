"""What members do with a question: many never look, some say "not now", and a fair share answer, as the trip was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from demo.city import City
from demo.life import SYSTEM
from demo.words import said_of
from experience.asks.answer import answer_ask, dismiss_ask, tell_before
from experience.asks.models import AskRow, AskState, Hope, Means, Mood
from experience.asks.once import wish_once
from experience.asks.open_asks import open_asks
from experience.asks.pulse import wish_pulses
from experience.asks.scale import SCALES
from experience.asks.show import show_ask
from experience.asks.solicitations import MAIL, PAGE
from experience.journey import Ask, Step
from portal.account.member_facts import active_since
from portal.account.models import Member
from reservations.booking.models import Reservation

A_DAY = timedelta(days=1)
LOOKS, ANSWERS, DECLINES = 0.7, 0.42, 0.12  # of those asked, of those who look; about three in ten answer in the end
LOCALE = "en_US"
# How likely each value is, from the lowest up: after a trip on which something went wrong, and after a smooth one.
BAD = {Ask.EXPECTATION: (26, 38, 26, 7, 3), Ask.SATISFACTION: (22, 33, 25, 15, 5), Ask.EASE: (14, 20, 22, 18, 14, 8, 4),
       Ask.RECOMMEND: (4, 3, 5, 7, 9, 14, 15, 17, 15, 7, 4), Ask.VERIFY: (30, 70)}
GOOD = {Ask.EXPECTATION: (1, 5, 47, 32, 15), Ask.SATISFACTION: (1, 3, 12, 46, 38), Ask.EASE: (1, 2, 4, 9, 18, 32, 34),
        Ask.RECOMMEND: (1, 0, 1, 1, 2, 5, 6, 13, 26, 23, 22), Ask.VERIFY: (3, 97)}


def answer_what_is_open(city: City, member: Member, dice: Random, moods: Sequence[Mood],
                        reservation: Reservation | None = None) -> None:
    """The member comes by and does something about what is asked of them, if anything is."""
    for ask in open_asks(member.id, city.life.now):
        about_this = ask.reservation_id is None or (reservation is not None and ask.reservation_id == reservation.id)
        if about_this and dice.random() < LOOKS and _is_seen(city, ask):
            _do(city, ask, dice, bad=Mood.BAD in moods)


def look_at_first_booking(city: City, member: Member, dice: Random, reservation: Reservation) -> None:
    """The page of somebody's first booking asks what they would have used without us, and some tell."""
    ask = wish_once(solicitation="before_first_booking", member_id=member.id, reservation_id=reservation.id, now=city.life.now)
    if ask is not None:
        _do(city, ask, dice, bad=False)


def _is_seen(city: City, ask: AskRow) -> bool:
    return ask.state == AskState.SHOWN or show_ask(ask_id=ask.id, channel=PAGE, now=city.life.now)


def _do(city: City, ask: AskRow, dice: Random, *, bad: bool) -> None:
    what, channel = dice.random(), ask.shown_by or PAGE
    if what < DECLINES:
        dismiss_ask(ask_id=ask.id, channel=channel, now=city.life.now)
    elif what < DECLINES + ANSWERS and ask.metric is None:
        tell_before(ask_id=ask.id, means=dice.choice(tuple(Means)), hope=dice.choice(tuple(Hope)), heard=None, words="",
                    channel=channel, session_id=None, seal=city.outside.seal, now=city.life.now)
    elif what < DECLINES + ANSWERS and ask.metric is not None:
        metric = Ask(ask.metric)
        value = dice.choices(SCALES[metric].values, weights=(BAD if bad else GOOD)[metric])[0]
        mood = Mood.BAD if SCALES[metric].is_bad(value) else Mood.GOOD
        said = said_of(dice, Step(ask.step), mood) if dice.random() < (0.45 if mood is Mood.BAD else 0.12) else None
        answer_ask(ask_id=ask.id, value=value, words=said[0] if said else "", channel=MAIL if channel == MAIL else PAGE,
                   locale=LOCALE, seal=city.outside.seal, now=city.life.now)


def plan_pulses(city: City, ends: datetime) -> None:
    """Once a day wish to ask whoever is due for a recommendation; they answer when they come by next."""
    ours = {member.id: member for member in city.members.values()}

    def wish() -> None:
        wish_pulses({member_id: since for member_id, since in active_since().items() if member_id in ours}, city.life.now)
        if city.life.now + A_DAY <= ends:
            city.life.plan(city.life.now + A_DAY, wish, SYSTEM)

    city.life.plan(city.life.now + A_DAY / 2, wish, SYSTEM)
