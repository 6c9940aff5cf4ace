"""A year of asks on the real database, through the real verbs and pages, looked at afterwards by somebody else's rules.

`Year` lives it: members with several devices, trips, cases, mails. `what_was_broken` reads what is in the tables and what stood
on the pages, and says the rules of the specification over it in SQL and sums of its own; of the gate it asks nothing.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, make_url, select, text

from core.database import db, transaction
from core.outbox import OutboxRow, deliver, post
from experience.asks import gate
from experience.asks.gate import Verdict, Why
from experience.asks.pulse import wish_pulses
from experience.asks.solicitations import SOLICITATIONS
from experience.cases.models import Case, State
from experience.record.observe import Scene, scene
from fleet.cars.models import CarReading
from fleet.telematics.port import Action
from portal.account.models import Member, Role
from portal.billing.payers.payer_of import add_business, let_pay
from portal.handlers import handlers
from portal.messages.models import Delivery, Message
from reservations.booking.models import Reservation
from reservations.trip.ask_car import ask_car
from reservations.trip.check import check_car
from reservations.trip.models import CheckStage, Trip
from reservations.trip.return_car import return_car
from tests.conftest import SOAK
from tests.databases import LentDatabase
from tests.experience.cases.given import a_case, again, closed, taken
from tests.factories import NOON, Clock, People, a_car, hours
from tests.reservations.made import a_street, booked
from tests.reservations.pages import Browser, browser_of, hidden_fields

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ASKED = re.compile(r'action="[^"]*/asks/([0-9a-f-]{36})"')
LINK = re.compile(r"http\S+(/asks/by-mail/[^?\s]+)\?answer=\d+")
KINDS = ("ask", "ask_by_mail", "ask_mail", "open_case", "case_closing", "car_command", "deliver_later")
CARS = ("Acorn", "Basil")


# What they live through.

@dataclass
class Seen:
    """A question that stood before a member's eyes at a moment."""

    at: datetime
    member_id: int
    ask_id: str
    where: str


@dataclass
class Task:
    """From when until when somebody was in the middle of something, and on which device; on none: at the car."""

    start: datetime
    end: datetime
    device: int | None = None


@dataclass
class Person:
    """A member, the browsers of their devices, and what stands open in each, perhaps since long ago."""

    member: Member
    car: str
    browsers: list[Browser]
    open: dict[int, tuple[str, dict[str, str]]] = field(default_factory=dict)
    trips: list[str] = field(default_factory=list)  # references of the trips that were driven
    on: Reservation | None = None
    tasks: list["Task"] = field(default_factory=list)


class Year:
    """Everything that may happen between us and a few members; each act lets time pass first."""

    def __init__(self, site: Flask, clock: Clock, *, members: int = 2, devices: int = 2) -> None:
        self.site, self.clock = site, clock
        self.clock.at = NOON - 100 * DAY  # when they joined: the slot of the first recommendation has lapsed by noon
        self.street, self.cx = a_street(site, clock), People().staff(Role.CX)
        self.payer = add_business(name="Acme", email="acme@example.com", at=clock.at)
        self.people = [self._person(number, devices) for number in range(members)]
        self.clock.at = NOON
        self.seen: list[Seen] = []
        self._wishes = count(1)
        self._table = {kind: handler for kind, handler in handlers(
            site.extensions["adapters"], site.config["SITE_URL"]).items() if kind in KINDS}

    def _person(self, number: int, devices: int) -> Person:
        member = People().member(f"Member {number}", card=None)
        let_pay(payer_id=self.payer.id, member_id=member.id, at=self.clock())
        return Person(member, CARS[number], [browser_of(self.site, member.user, self.clock) for _device in range(devices)])

    @property
    def ids(self) -> list[int]:
        return [each.member.id for each in self.people]

    def live(self, acts: Iterable[tuple[float, str, int, Any]]) -> None:
        """Do the acts, each so many days after the one before; the worker works after each of them."""
        for days, act, who, what in acts:
            self.clock.at += days * DAY + MINUTE
            getattr(self, act)(self.people[who % len(self.people)], what)
            self.work()

    def work(self) -> None:
        """Do what is due, as the worker would."""
        for _turn in range(6):
            with scene(Scene(actor="system")):
                if not deliver(self._table, limit=50, about=self.ids):
                    return

    # Acts. `what` is a device, a solicitation, an answer: whatever the act needs.

    def wish(self, person: Person, what: str) -> None:
        """Somebody wants to ask something; about the last trip when it is about a trip."""
        trip = self._last(person)
        if SOLICITATIONS[what].of_trip and trip is None:
            return
        with transaction():
            post("ask", member_id=person.member.id, once=f"wish-{next(self._wishes)}", solicitation=what,
                 reservation_id=trip.id if trip is not None and SOLICITATIONS[what].of_trip else None,
                 sensor_missing=not db.session.get_one(CarReading, a_car(name=person.car).id).online)

    def pulse(self, person: Person, _what: Any) -> None:
        wish_pulses({person.member.id: person.member.joined_at}, self.clock())

    def drive(self, person: Person, _what: Any) -> None:
        """Book the car for now, come to it, and drive away."""
        if person.on is None:
            start = (self.clock.at - NOON) // (15 * MINUTE) * 0.25 + 0.25
            trip = booked(person.member, a_car(name=person.car), hours(start, start + 2), now=self.clock())
            self.clock.at = trip.starts_at
            check_car(reservation=trip, stage=CheckStage.OUTSIDE, now=self.clock())
            ask_car(reservation=trip, action=Action.UNLOCK, now=self.clock())
            person.on = trip

    def bring_back(self, person: Person, _what: Any) -> None:
        if person.on is not None:
            db.session.rollback()
            began = db.session.get_one(Trip, person.on.id).start_odometer
            return_car(reservation=person.on, odometer=int(began) + 5, energy=100, now=self.clock())
            person.trips.append(person.on.reference)
            person.on = None

    def book_ahead(self, person: Person, _what: Any) -> None:
        """Book for a quarter of an hour from now and stand before the car, until the time is over."""
        if person.on is None:
            start = (self.clock.at - NOON) // (15 * MINUTE) * 0.25 + 0.25
            trip = booked(person.member, a_car(name=person.car), hours(start, start + 0.5), now=self.clock())
            person.tasks.append(Task(trip.starts_at - 30 * MINUTE, trip.ends_at))
            self._look(person, 0, f"/trips/{trip.reference}")

    def sensor(self, person: Person, heard: bool) -> None:
        with transaction():
            db.session.get_one(CarReading, a_car(name=person.car).id).online = heard

    def task(self, person: Person, device: int) -> None:
        """Open the page on which a car is booked, and have it lie there; other devices look meanwhile."""
        if person.on is None:
            self._look(person, device, f"/cars/{a_car(name='Acorn').slug}/book")
            self.site.extensions["page_views"].flush()
            person.tasks.append(Task(self.clock.at, self.clock.at + 10 * MINUTE, device))
            self.clock.at += MINUTE
            self.look(person, (device + 1) % len(person.browsers))

    def look(self, person: Person, device: int) -> None:
        """Every page on which a question may stand, on one device."""
        pages = [f"/trips/{person.trips[-1]}/receipt"] if person.trips else []
        for address in ["/trips", *pages, *([f"/trips/{person.on.reference}"] if person.on else []), "/account/"]:
            self._look(person, device, address)
        self.site.extensions["page_views"].flush()

    def look_everywhere(self, person: Person, _what: Any) -> None:
        for device in range(len(person.browsers)):
            self.look(person, device)

    def _look(self, person: Person, device: int, address: str) -> None:
        for task in person.tasks:  # who goes to another page there has left it
            if task.device == device:
                task.end = min(task.end, self.clock.at)
        page = person.browsers[device % len(person.browsers)].get(address).text
        for ask_id in ASKED.findall(page):
            self.seen.append(Seen(self.clock.at, person.member.id, ask_id, address))
            person.open[device % len(person.browsers)] = (ask_id, hidden_fields(page))

    def tap(self, person: Person, told: tuple[int, str]) -> None:
        """An answer, or "later", on a page that may be open since long ago."""
        device, answer = told
        ask_id, fields = person.open.get(device % len(person.browsers), ("", {}))
        if ask_id:
            person.browsers[device % len(person.browsers)].send(
                f"/asks/{ask_id}", method="POST", data=fields | {"answer": answer, "means": "transit"})

    def mail(self, person: Person, answer: str) -> None:
        """The link of the newest letter, without signing in."""
        letter = db.session.scalars(select(Message).where(
            Message.kind == "ask_mail", Message.member_id == person.member.id).order_by(Message.at.desc()).limit(1)).first()
        if letter is None:
            return
        link, anybody = LINK.findall(self.site.extensions["adapters"].seal.open(letter.body_sealed))[0], Browser(
            self.site.test_client(), self.clock)
        page = anybody.get(link)
        if page.status_code == 200 and 'name="answer"' in page.text:
            anybody.send(link, method="POST", data=hidden_fields(page.text) | {"answer": answer})

    def open_case(self, person: Person, _what: Any) -> None:
        a_case(person.member.id, at=self.clock())

    def close_cases(self, person: Person, _what: Any) -> None:
        for case in db.session.scalars(select(Case).where(
                Case.member_id == person.member.id, Case.state != State.CLOSED)).all():
            if again(case).owner_id is None:
                taken(self.site, case, self.cx.id, at=self.clock())
            closed(self.site, again(case), self.cx.id, at=self.clock())

    def _last(self, person: Person) -> Reservation | None:
        return db.session.scalar(select(Reservation).where(Reservation.reference == person.trips[-1])) if person.trips else None


# Who looks at it afterwards.

@dataclass(frozen=True)
class Shown:
    """A question when its member first saw it, from the log and the asks."""

    at: datetime
    solicitation: str
    metric: str | None
    exempt: bool
    reservation_id: int | None


def rows(query: str, **told: Any) -> list[Any]:
    """What the database says."""
    return list(db.session.execute(text(query), told))


def moment(said: Any) -> datetime | None:
    """A moment as either database gives it."""
    if said is None or isinstance(said, datetime):
        return said if said is None or said.tzinfo else said.replace(tzinfo=UTC)
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


def what_was_broken(year: Year) -> list[str]:
    """Every rule of the specification that was broken, and when; nothing: all were kept."""
    db.session.rollback()
    return [f"{person.member.id}: {fault}" for person in year.people for fault in (
        *_bad_moments(year, person), *_too_often(person), *_twice_about_one(person), *_taken_slots(person),
        *_unsaid(year, person))]


def _shown(member_id: int) -> list[Shown]:
    return [Shown(moment(at), key, metric, bool(exempt), trip) for at, key, metric, exempt, trip in rows(
        "SELECT l.at, a.solicitation, a.metric, a.exempt, a.reservation_id FROM ask_log l JOIN asks a ON a.id = l.ask_id "
        "WHERE l.what = 'shown' AND l.member_id = :member ORDER BY l.at, l.id", member=member_id)]


def _seen(year: Year, person: Person) -> list[tuple[datetime, bool, str]]:
    """When a question was before the member's eyes, whether it was a check, and where."""
    exempt = {str(row_id).replace("-", ""): bool(is_exempt) for row_id, is_exempt in rows("SELECT id, exempt FROM asks")}
    mailed = db.session.scalars(select(Delivery.at).join(Message, Message.id == Delivery.message_id).where(
        Message.kind == "ask_mail", Message.member_id == person.member.id, Delivery.channel == "mail",
        Delivery.state == "sent"))
    return ([(each.at, exempt[each.ask_id.replace("-", "")], each.where) for each in year.seen
             if each.member_id == person.member.id]
            + [(at, False, "mail") for at in mailed]
            + [(each.at, each.exempt, each.solicitation) for each in _shown(person.member.id)])


def _bad_moments(year: Year, person: Person) -> Iterator[str]:
    driving = [(moment(start), moment(end)) for start, end in rows(
        "SELECT t.started_at, t.ended_at FROM trips t JOIN reservations r ON r.id = t.reservation_id "
        "WHERE r.member_id = :member", member=person.member.id)]
    cases = list(_open_times(person.member.id))
    silent = list(_silences(person.member.id))
    for at, exempt, where in _seen(year, person):
        if any(start < at and (end is None or at < end) for start, end in driving):
            yield f"asked while driving at {at} ({where})"
        if not exempt and any(task.start < at < task.end for task in person.tasks):
            yield f"asked in the middle of something at {at} ({where})"
        if any(start < at and (end is None or at < end) for start, end in cases):
            yield f"asked with a case open at {at} ({where})"
        if any(start < at < end for start, end in silent):
            yield f"asked in the silence after two “Not now” at {at} ({where})"


def _open_times(member_id: int) -> Iterator[tuple[datetime, datetime | None]]:
    """When a case of the member was open: from opening or opening again to its closing."""
    for (case_id,) in rows("SELECT id FROM cases WHERE member_id = :member", member=member_id):
        start = None
        for act, at in rows("SELECT act, at FROM case_entries WHERE case_id = :case "
                            "AND act IN ('opened', 'reopened', 'closed') ORDER BY id", case=case_id):
            if act == "closed":
                yield start, moment(at)
            start = None if act == "closed" else moment(at)
        if start is not None:
            yield start, None


def _silences(member_id: int) -> Iterator[tuple[datetime, datetime]]:
    dismissed = [moment(at) for (at,) in rows(
        "SELECT closed_at FROM asks WHERE member_id = :member AND state = 'dismissed' ORDER BY closed_at", member=member_id)]
    for first, second in pairwise(dismissed):
        if second - first <= 365 * DAY:
            yield second, second + 90 * DAY


def _too_often(person: Person) -> Iterator[str]:
    counted = [each for each in _shown(person.member.id) if not each.exempt]
    for first, second in pairwise(counted):
        if second.at - first.at < 7 * DAY:
            yield f"{second.solicitation} came {second.at - first.at} after {first.solicitation}"
    for first, _between, third in zip(counted, counted[1:], counted[2:], strict=False):
        if third.at - first.at < 30 * DAY:
            yield f"three in thirty days up to {third.at}"
    for metric, least in (("ease", 30), ("satisfaction", 30), ("recommend", 166)):
        times = [each.at for each in counted if each.metric == metric]
        if any(later - earlier < least * DAY for earlier, later in pairwise(times)):
            yield f"{metric} came sooner than {least} days"
    pulses = [each.at for each in counted if each.metric == "recommend"]
    if pulses and pulses[0] < person.member.joined_at + 31 * DAY:
        yield "recommendation was asked of somebody new"


def _twice_about_one(person: Person) -> Iterator[str]:
    for exempt, what in ((False, "asked"), (True, "checked")):
        trips = [trip for trip, is_exempt in rows("SELECT reservation_id, exempt FROM asks WHERE member_id = :member "
                                                  "AND reservation_id IS NOT NULL", member=person.member.id)
                 if bool(is_exempt) is exempt]
        if len(trips) != len(set(trips)):
            yield f"{what} twice about one trip"
    for situation, probability in db.session.execute(select(text("l.situation"), text("a.probability")).select_from(
            text("ask_log l JOIN asks a ON a.id = l.ask_id")).where(text("l.what = 'offered' AND a.exempt")).where(
            text("l.member_id = :member")), {"member": person.member.id}):
        if '"sensor_missing": true' not in str(situation).replace("True", "true").replace("'", '"') and probability > 0.05:
            yield f"a check with the sensor there was drawn with {probability}"


def _taken_slots(person: Person) -> Iterator[str]:
    """The slot of the recommendation is reserved: when its day has come, no other ask of ours has taken its place. And what is
    exempt from the counts is never held back by them."""
    for key, metric, why in rows("SELECT solicitation, '', why FROM ask_log WHERE what = 'suppressed' AND member_id = :member",
                                 member=person.member.id):
        if key == "stay_pulse" and why in ("gap", "most"):
            yield f"the recommendation's slot was taken: {why}{metric}"
        if key.endswith("_check") and why in ("gap", "most", "clock", "reserved", "reservation", "mid_task"):
            yield f"a check was held back by {why}"


def _unsaid(year: Year, person: Person) -> Iterator[str]:
    """Whoever was not asked has a line that says why, by which rule; and no wish was dropped without a line."""
    silent = rows("SELECT count(*) FROM ask_log WHERE member_id = :member AND what = 'suppressed' "
                  "AND (why IS NULL OR why = '' OR rule IS NULL OR rule = '' OR rules_version < 1)", member=person.member.id)
    if silent[0][0]:
        yield f"{silent[0][0]} suppressed without a reason"
    undecided = db.session.scalar(select(func.count()).select_from(OutboxRow).where(
        OutboxRow.member_id == person.member.id, OutboxRow.kind == "ask", OutboxRow.done_at.is_(None),
        OutboxRow.last_error.is_not(None) | (OutboxRow.due_at <= year.clock.at)))
    if undecided:
        yield f"{undecided} wishes that nobody decided"
    wished = rows("SELECT count(*) FROM outbox WHERE member_id = :member AND kind = 'ask' AND done_at IS NOT NULL",
                  member=person.member.id)[0][0]
    lines = rows("SELECT count(*) FROM ask_log WHERE member_id = :member AND situation IS NOT NULL AND (what = 'offered' OR "
                 "(what = 'suppressed' AND ask_id IS NULL))", member=person.member.id)[0][0]
    if lines < wished:
        yield f"{wished} wishes and {lines} lines of them"


# The year.

@pytest.fixture
def year(request: pytest.FixtureRequest, site: Flask, app: Flask, clock: Clock) -> Callable[..., Year]:
    """Makes a year on a database of its own: the same life has the same draws, whatever was lived before."""
    url = make_url(site.config["SQLALCHEMY_DATABASE_URI"])

    def start(**more: Any) -> Year:
        db.session.remove()
        db.engine.dispose()
        if url.get_backend_name() == "sqlite":
            for rest in ("-wal", "-shm"):
                Path(f"{url.database}{rest}").unlink(missing_ok=True)
            shutil.copy(request.getfixturevalue("migrated"), str(url.database))
        else:
            lent: LentDatabase = request.getfixturevalue("lent_database")
            lent.put_back()
            db.engine.url = url.set(database=make_url(lent.lend()).database)
        return Year(site, clock, **more)

    return start


USUAL = ["receipt_expectation", "cancel_expectation", "case_closing", "recovery_satisfaction", "help_ease", "you_said",
         "arrive_check", "bay_check"]
ANSWERS = st.sampled_from(["later", "later", "1", "3", "5", "send"])
ACT = st.one_of(
    st.tuples(st.just("wish"), st.sampled_from(USUAL)), st.tuples(st.just("look"), st.integers(0, 1)),
    st.tuples(st.just("look_everywhere"), st.none()), st.tuples(st.just("tap"), st.tuples(st.integers(0, 1), ANSWERS)),
    st.tuples(st.just("mail"), ANSWERS), st.tuples(st.just("task"), st.integers(0, 1)),
    st.tuples(st.sampled_from(["drive", "bring_back", "bring_back", "pulse", "open_case", "close_cases", "close_cases",
                               "book_ahead"]), st.none()),
    st.tuples(st.just("sensor"), st.booleans()))
GAPS = st.sampled_from([0.0, 0.0, 0.03, 0.4, 1.0, 2.0, 4.0, 7.0, 8.0, 13.0, 30.0])
LIFE = st.lists(st.tuples(GAPS, ACT, st.integers(0, 1)).map(lambda said: (said[0], said[1][0], said[2], said[1][1])),
                min_size=20, max_size=50)


@pytest.mark.long
@settings(max_examples=100 if SOAK else 3, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
          derandomize=not SOAK, phases=[Phase.explicit, Phase.generate])  # shrinking takes minutes
@given(life=LIFE)
def test_in_a_year_of_real_members_no_rule_of_the_gate_is_ever_broken(year, life):
    lived = year()
    lived.live(life)
    assert what_was_broken(lived) == []


# Whether whoever looks would see it: each rule is taken out of the gate once.

ANSWER, NOT_NOW, LOOK = (0, "tap", 0, (0, "5")), (0, "tap", 0, (0, "later")), (0, "look", 0, 0)
EASE, MADE_GOOD = (1, "wish", 0, "help_ease"), (8, "wish", 0, "recovery_satisfaction")
A_TRIP = [(1, "drive", 0, None), (0.05, "bring_back", 0, None)]
WITHOUT: dict[Why, list[tuple[float, str, int, Any]]] = {
    Why.DRIVING: [EASE, (0.1, "drive", 0, None), (0.05, "look", 0, 0)],
    Why.MID_TASK: [EASE, (0.4, "task", 0, 0)],
    Why.OPEN_CASE: [EASE, (1, "open_case", 0, None), (1, "look", 0, 0)],
    Why.SILENCE: [EASE, LOOK, NOT_NOW, MADE_GOOD, LOOK, NOT_NOW, (40, "wish", 0, "help_ease"), LOOK],
    Why.RESERVATION: [*A_TRIP, (0.1, "look", 0, 0), (35, "wish", 0, "cancel_expectation")],
    Why.CLOCK: [EASE, LOOK, ANSWER, (8, "wish", 0, "case_closing")],
    Why.RESERVED: [act for turn in range(5) for act in (
        *((3, "pulse", 0, None),) * 3, (4, "wish", 0, ("help_ease", "recovery_satisfaction")[turn % 2]), LOOK, ANSWER)],
    Why.GAP: [EASE, LOOK, ANSWER, (3, "wish", 0, "recovery_satisfaction"), LOOK],
    Why.MOST: [EASE, LOOK, ANSWER, MADE_GOOD, LOOK, ANSWER, (7, "look", 0, 0), *A_TRIP, (1, "look", 0, 0)],
    Why.CHECKED_ALREADY: [(0, "sensor", 0, False), *A_TRIP, *((0.1, "wish", 0, "arrive_check"),) * 2],
}


@pytest.mark.one_database
@pytest.mark.parametrize("rule", WITHOUT)
def test_a_rule_that_is_taken_out_is_missed(year, monkeypatch, rule):
    lived = year(members=1)
    if rule is Why.RESERVED:
        lived.clock.at += 95 * DAY  # near the day of the recommendation
    lived.live(WITHOUT[rule])
    assert what_was_broken(lived) == []
    objections = gate._objections

    def all_but_this(*told: Any) -> Iterator[Verdict]:
        return (verdict for verdict in objections(*told) if verdict.why is not rule)

    monkeypatch.setattr(gate, "_objections", all_but_this)
    again_lived = year(members=1)
    if rule is Why.RESERVED:
        again_lived.clock.at += 95 * DAY
    again_lived.live(WITHOUT[rule])
    assert what_was_broken(again_lived) != []
