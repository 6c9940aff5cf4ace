"""The working days of finance: disputes decided, tolls passed on, goodwill that needs a second person."""

from datetime import UTC, date, datetime, timedelta

from core.audit import Staff, acting_staff
from core.money import Money
from core.refusal import Refusal
from demo.city import City, Contested
from demo.life import STAFF as ON_DUTY
from demo.neighbours import ADA
from demo.people import person
from demo.wallet import doubt_last_bill
from demo.words import DECISIONS
from portal.billing.adjustments.give import give_credit
from portal.billing.disputes.decide import decide, take
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.reconcile import reconcile

SITTING, BOOKS = 9.6, 20.2  # local hours: disputes in the morning, the processor's books after the day
READS_BACK = timedelta(days=4)  # the first reading goes back to the beginning: one a day would say the same
LEFT_OPEN = timedelta(hours=30)  # what came in lately waits for whoever signs in to the demo


class FinanceOffice:
    """Finance's days."""

    def __init__(self, city: City, ends: datetime) -> None:
        self._city, self._ends = city, ends
        self._finance, self._second = person("finance@example.com").id, person("finance2@example.com").id

    def plan_day(self, day: date) -> None:
        """Have a local day's work happen."""
        dice = self._city.dice(f"finance/{day}")
        if day.weekday() < 5:
            self._at(day, SITTING + dice.uniform(0, 0.5), self._decide)
        if day > (self._ends - READS_BACK).date():
            self._at(day, BOOKS, lambda: reconcile(self._city.outside.payments) and None)

    def plan_last_day(self) -> None:
        """What waits for whoever signs in: a large goodwill for a second person, and a dispute that nobody has taken."""
        self._city.life.plan(self._ends - timedelta(hours=16), self._give_much, ON_DUTY, alone=True)
        self._city.life.plan(self._ends - timedelta(hours=5), lambda: doubt_last_bill(self._city, self._city.members[ADA]))

    def _at(self, day: date, hour: float, do: object) -> None:
        local = datetime(day.year, day.month, day.day, tzinfo=self._city.zone) + timedelta(hours=hour)
        if local.astimezone(UTC) > self._city.life.now:
            self._city.life.plan(local.astimezone(UTC), do, ON_DUTY, alone=True)  # type: ignore[arg-type]  # it returns nothing

    def _decide(self) -> None:
        ripe = [one for one in self._city.contested
                if one.at < self._city.life.now - timedelta(hours=14) and self._city.life.now < self._ends - LEFT_OPEN]
        for one in ripe:
            self._city.contested.remove(one)
            with acting_staff(Staff(self._finance, "finance@example.com", "POST /office/disputes")):
                self._decide_one(one)

    def _decide_one(self, one: Contested) -> None:
        now, line, dice = self._city.life.now, one.dispute.line, self._city.dice(f"dispute/{one.dispute.line_id}")
        share = dice.choices((0, 50, 100), weights=(4, 2, 4))[0]
        try:
            take(dispute=one.dispute, by_user_id=self._finance)
            decide(dispute=one.dispute, back=Money(line.amount.cents * share // 100), reply=dice.choice(DECISIONS[share]),
                   seal=self._city.outside.seal, by_user_id=self._finance, now=now)
        except Refusal:  # withdrawn meanwhile
            return

    def _give_much(self) -> None:
        member = self._city.members[self._city.riders[0].number]
        with acting_staff(Staff(self._second, "finance2@example.com", "POST /office/payers")):
            give_credit(payer=own_payer(member.id), amount=Money(6000), why="car_fault", by_user_id=self._second,
                        once="demo-goodwill", now=self._city.life.now)
