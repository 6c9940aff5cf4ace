"""The working days of those who look after cars and members: blocks, early rounds, and answers to notes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

from core.audit import Staff, acting_staff
from core.database import transaction
from core.refusal import Refusal
from core.time import Span
from demo.city import City, Said
from demo.life import STAFF as ON_DUTY
from demo.life import SYSTEM
from demo.people import person
from demo.words import ANSWERS, WHY_OUT
from experience.asks.models import NoteStatus, Tag
from experience.desk.own_step import own_step
from experience.desk.reply import reply
from experience.desk.set_status import set_status
from experience.desk.tag import tag_note
from experience.desk.take import take
from experience.journey import STEPS, Stage
from fleet.calendar.hold import taken_spans
from fleet.cars.models import CarState
from fleet.cars.queries import the_car
from fleet.desk.bring_back import bring_back
from fleet.service.block import take_out_of_service
from fleet.service.extend import NEARLY, extend_overdue
from fleet.service.queries import OpenBlocks

SITTINGS = (10.2, 15.4)  # local hours at which the CX team goes through the notes, Monday to Friday
OF_ACCOUNTS = (Stage.JOIN, Stage.PAY, Stage.MANAGE, Stage.LEAVE)
HOURS_OUT = {CarState.CLEANING: (3, 8), CarState.MAINTENANCE: (20, 76), CarState.DAMAGED: (70, 190),
             CarState.TRANSPORT: (2, 6)}


class Office:
    """The staff's days."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._fleet = person("fleet@example.com").id
        self._cx = person("cx@example.com").id

    def share_out_steps(self) -> None:
        """Somebody looks after every step: one of the team what goes on around cars, another what goes on around accounts."""
        admin = person("admin@example.com").id
        with self._acting(admin, "admin@example.com", "POST /experience/steps"), transaction():
            for step, declared in STEPS.items():
                own_step(step=step, user_id=admin if declared.stage in OF_ACCOUNTS else self._cx, now=self._city.life.now)

    def plan_day(self, day: date) -> None:
        """Have a local day's work happen."""
        dice = self._city.dice(f"office/{day}")
        self._at(day, 5.2, self._fill_up, alone=False)  # it changes cars only, nothing of ours
        for _ in range(dice.choice((1, 2, 2)) if day.weekday() < 5 else 1):
            self._at(day, dice.uniform(7.5, 15), self._take_out)
        if day.weekday() < 5:
            for hour in SITTINGS:
                self._at(day, hour + dice.uniform(0, 0.6), self._answer)

    def plan_ends_of_blocks(self) -> None:
        """Put back, in time, what this office has out of service already. What visitors took out is theirs to put back."""
        for block in OpenBlocks().all():
            if block.by_user_id == self._fleet and block.why in WHY_OUT.get(block.state, ()):  # visitors sign in as us
                self._plan_end(self._city.by_id[block.car_id].slug, block.until)

    def _at(self, day: date, hour: float, do: Callable[[], None], *, alone: bool = True) -> None:
        local = datetime(day.year, day.month, day.day, tzinfo=self._city.zone) + timedelta(hours=hour)
        at = local.astimezone(UTC)
        if at > self._city.life.now:
            self._city.life.plan(at, do, ON_DUTY, alone=alone)

    def _fill_up(self) -> None:
        """The early round: parked cars that are nearly empty get fuel."""
        city, dice = self._city, self._city.dice(f"round/{self._city.life.now}")
        for car in city.fleet:
            state = city.garage.unit(city.units[car.id]).state
            if state.energy < 18 and state.locked and not state.engine_on and dice.random() < 0.7:
                city.garage.refuel(city.units[car.id], to_percent=dice.randrange(82, 98), at=city.life.now)

    def _take_out(self) -> None:
        """A car that nobody has booked for the time goes to the wash, the workshop or the body shop."""
        city, dice = self._city, self._city.dice(f"block/{self._city.life.now}")
        state = dice.choices(list(HOURS_OUT), weights=(5, 4, 3, 1))[0]
        until = city.life.now + timedelta(hours=dice.uniform(*HOURS_OUT[state]))
        until = until.replace(minute=0, second=0, microsecond=0)
        for car in dice.sample(city.fleet, min(12, len(city.fleet))):
            box = city.garage.unit(city.units[car.id]).state
            if box.locked and not taken_spans([car.id], Span(city.life.now, until))[car.id]:
                with self._acting(self._fleet, "fleet@example.com", f"POST /fleet/cars/{car.slug}/out-of-service"):
                    if self._out(car.slug, state, dice.choice(WHY_OUT[state]), until):
                        self._plan_end(car.slug, until)
                        return

    def _out(self, slug: str, state: CarState, why: str, until: datetime) -> bool:
        try:
            take_out_of_service(car=the_car(slug), state=state, why=why, until=until, by_user_id=self._fleet,
                                now=self._city.life.now)
        except Refusal:  # somebody has it, or it is out already: the manager picks another car
            return False
        return True

    def _plan_end(self, slug: str, until: datetime) -> None:
        dice = self._city.dice(f"back/{slug}/{until}")
        at = until + timedelta(minutes=dice.uniform(-40, 10) if dice.random() < 0.85 else dice.uniform(60, 600))
        self._city.life.plan(at, lambda: self._put_back(slug), ON_DUTY, alone=True)
        if until - NEARLY < at:
            self._city.life.plan(until - NEARLY, lambda: extend_overdue(self._city.life.now), SYSTEM)

    def _put_back(self, slug: str) -> None:
        with self._acting(self._fleet, "fleet@example.com", f"POST /fleet/cars/{slug}/back-in-service"):
            try:
                bring_back(car=the_car(slug), by_user_id=self._fleet, why="Ready again", now=self._city.life.now)
            except Refusal:  # somebody else was faster
                return

    def _answer(self) -> None:
        """A sitting of the CX team: the notes that have waited a while are taken, tagged and answered or closed."""
        now, dice = self._city.life.now, self._city.dice(f"cx/{self._city.life.now}")
        ripe = [said for said in self._city.said if said.at < now - timedelta(hours=2) and dice.random() < 0.8]
        if not ripe:
            return
        with self._acting(self._cx, "cx@example.com", "POST /experience/feedback"), transaction():
            for said in ripe:
                self._city.said.remove(said)
                self._look_after(said, dice.random(), dice.choice(ANSWERS[said.tag or Tag.OTHER]))

    def _look_after(self, said: Said, how: float, words: str) -> None:
        now = self._city.life.now
        if said.tag is not None:
            take(note_id=said.note_id, by_user_id=self._cx)
            tag_note(note_id=said.note_id, tag=said.tag)
            if said.by_member and how < 0.75:
                reply(note_id=said.note_id, by_user_id=self._cx, words=words, seal=self._city.outside.seal, now=now)
                return
        if how < 0.9:
            set_status(note_id=said.note_id, by_user_id=self._cx, status=NoteStatus.CLOSED, now=now)

    def _acting(self, user_id: int, email: str, why: str) -> AbstractContextManager[None]:
        return acting_staff(Staff(user_id, email, why))

