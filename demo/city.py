"""What the acts share: the running life, the cars in it, who lives here, and the worker that hands out jobs."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from core.outbox import Handler, Job, deliver
from core.refusal import Refusal
from core.time import Span
from demo.letters import Letters
from demo.life import SYSTEM, Life
from demo.riders import Place, Rider
from experience.asks.models import Tag
from experience.journey import Phase, Step
from experience.record.observe import Scene, Seen, record
from fleet.cars.queries import CarNow, CarsNow, the_car
from fleet.telematics.embedded import EmbeddedTelematics
from fleet.telematics.listen import keep_readings
from fleet.telematics.player.cars import Garage
from portal.account.models import Member
from portal.adapters import Adapters
from portal.billing.disputes.models import Dispute
from portal.billing.payments.models import PaymentPage
from portal.billing.stripe.embedded.checkout_page import AsksBank
from portal.handlers import handlers

AT_ONCE = 100  # jobs handed out together
WORKER_EVERY = timedelta(minutes=30)  # mail is rendered in rounds, each letter at the moment it was due


class SomethingBroke(RuntimeError):
    """A job of the outbox failed while the city was built: a fault of ours, not a fact of life."""


@dataclass(frozen=True, slots=True)
class Said:
    """A note somebody left, for the CX team to read."""

    note_id: int
    at: datetime
    tag: Tag | None
    by_member: bool


@dataclass(frozen=True, slots=True)
class Contested:
    """A line somebody disputed, for finance to decide."""

    dispute: Dispute
    at: datetime


@dataclass
class City:
    """One running city."""

    seed: int
    life: Life
    garage: Garage
    outside: Adapters
    site_url: str
    only_riders: bool  # leave the jobs of members who are no simulated riders to the site's own worker
    riders: list[Rider] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    plans: dict[int, list[Span]] = field(default_factory=dict)  # by rider: nobody drives two cars at once
    fobs: dict[int, str] = field(default_factory=dict)  # by rider: the number of theirs; who has one holds it to the car
    said: list[Said] = field(default_factory=list)
    contested: list[Contested] = field(default_factory=list)
    broke: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cars = EmbeddedTelematics(self.garage, self.life.clock)
        self.mail = Letters(self.outside.mail)
        table = handlers(replace(self.outside, cars=self.cars, mail=self.mail), self.site_url)
        self._calls_car, self._taps = ({kind: self._watched(table[kind])} for kind in ("car_command", "fob_tap"))
        at_car = {**self._calls_car, **self._taps}
        self._letters = {kind: self._in_time(handler) for kind, handler in table.items() if kind not in at_car}
        self._heard = 0
        self.fleet: list[CarNow] = CarsNow().all()
        self.by_id = {car.id: car for car in self.fleet}
        self._held = [the_car(car.slug) for car in self.fleet]  # held, so that the session need not load them again
        self.units = {car.id: car.vin for car in self._held}
        self.recent: deque[object] = deque(maxlen=100)  # bookings whose letters are still to be written, held as well
        self.zone: ZoneInfo = self.fleet[0].zone

    def dice(self, what: object) -> Random:
        """Dice that fall the same way for the same thing."""
        return Random(f"{self.seed}/{what}")

    @property
    def lots(self) -> Sequence[Place]:
        """Where cars live: a lot with more cars comes up more often."""
        return [Place(car.lot_lat, car.lot_lng) for car in self.fleet]

    # The worker.

    def hear(self) -> None:
        """Take in what the boxes said since the last time."""
        while changes := self.cars.changes(self._heard):
            keep_readings(changes)
            self._heard = changes[-1].sequence

    def call_car(self) -> None:
        """Hand out what members asked of cars just now."""
        self._hand_out(self._calls_car)

    def hold_fob(self, unit: str, number: str) -> None:
        """Somebody holds their fob to a car, and what follows is asked of the car."""
        self.garage.tap(unit, fob=number, at=self.life.now)
        self.hear()
        self._hand_out(self._taps)

    def hand_out_letters(self) -> None:
        """Hand out everything else that is due, each at its own moment."""
        present = self.life.now
        while self._hand_out(self._letters) == AT_ONCE:
            self.life.move_to(present, SYSTEM)
        self.life.move_to(present, SYSTEM)

    def _hand_out(self, table: Mapping[str, Handler]) -> int:
        about = {member.id for member in self.members.values()} if self.only_riders else None
        count = deliver(table, limit=AT_ONCE, about=about)
        if self.broke:
            raise SomethingBroke(repr(self.broke[0])) from self.broke[0]
        return count

    def _watched(self, handler: Handler) -> Handler:
        def handle(job: Job) -> None:
            try:
                handler(job)
            except BaseException as error:
                self.broke.append(error)
                raise
        return handle

    def _in_time(self, handler: Handler) -> Handler:
        watched = self._watched(handler)

        def handle(job: Job) -> None:
            dice = Random(job.id.int)
            seconds = dice.uniform(0.6, 6) if dice.random() < 0.985 else dice.uniform(40, 240)
            self.life.move_to(job.due_at + timedelta(seconds=seconds), SYSTEM)
            watched(job)
        return handle

    # What happens at the card page, and at the bank.

    def give_card(self, page: PaymentPage, token: str, *, bank_says_yes: bool | None = None) -> None:
        """A member gives a test card on the page that was opened for them."""
        assert self.outside.stripe is not None  # a city is built with the embedded Stripe
        if page.processor_id is None:
            return
        asked = self.outside.stripe.complete_page(page.processor_id, token)
        if isinstance(asked, AsksBank):
            self.outside.stripe.complete_page(page.processor_id, token, bank_says_yes=bank_says_yes is not False)

    # What people do on pages.

    def opened(self, step: Step, member: Member | None, *, trip_id: int | None = None, whole: bool = False,
               took_ms: int = 60, **facts: object) -> None:
        """Somebody opened the page of a step; with `whole`, seeing it is all there is to it."""
        seen = Seen(step, member.id if member else None, trip_id)
        seen.note(**facts)
        record(seen, Phase.ENTERED)
        self.life.move_to(self.life.now + timedelta(milliseconds=took_ms), self.life.here)
        if whole:
            record(seen, Phase.SUCCEEDED, took_ms)

    def have(self, at: datetime, do: Callable[[], object], here: Scene = SYSTEM) -> None:
        """Have something done at a moment, as by a page of its own; what is refused does not happen."""
        def act() -> None:
            self.refused(do)

        self.life.plan(at, act, here, alone=True)

    def refused(self, what: Callable[[], object]) -> Refusal | None:
        """Do something that may be refused; a refusal ends the batch, so that it is written before what follows."""
        try:
            what()
        except Refusal as refusal:
            self.life.end_batch()
            return refusal
        return None


def browser(dice: Random) -> Scene:
    """A visit to the site: one session, seen from the member's side."""
    return Scene(session_id=f"{dice.getrandbits(64):016x}", trace_id=f"{dice.getrandbits(64):016x}", actor="member",
                 is_demo=True)

