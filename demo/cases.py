"""The CX team's cases: taken by their clock, answered, made good when it was bad, and closed with an outcome."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from core.audit import Staff, acting_staff
from core.money import Money
from core.refusal import Refusal
from demo.city import City
from demo.life import STAFF as ON_DUTY
from demo.people import person
from demo.words import BY_TELEPHONE, CASE_ENDS, CASE_WORDS, FIXES, IN_PERSON, YOU_SAID
from experience.cases.change import the_case
from experience.cases.close import close
from experience.cases.fix import Plan, change_fix, plan_fix, publish_fix
from experience.cases.loose_ends import loose_ends
from experience.cases.models import CauseCode, End, FixState, Measure, Severity
from experience.cases.open import open_by_hand
from experience.cases.promise import promise_in_case
from experience.cases.queries import Cases, next_case
from experience.cases.remedy import give_case_credit
from experience.cases.reply import reply
from experience.cases.take import take
from experience.journey import Step
from portal.web.listing import every_row

SITTINGS = (11.1, 16.2)  # local hours, Monday to Friday, and the first one on weekends
AT_ONCE = 8  # cases a sitting
WAIT = timedelta(days=3, hours=2)  # what is left of the clock of a case whose member was given nearly a day to answer
GIVES_THEIR_WORD = 0.08  # of the cases: one of the team promises something in person
DONE_WITHIN = timedelta(days=4)
LEFT_OPEN = timedelta(hours=26)  # what came in lately waits for whoever signs in to the demo


class CaseDesk:
    """Days of looking after cases."""

    def __init__(self, city: City, ends: datetime) -> None:
        self._city, self._ends = city, ends
        self._cx = person("cx@example.com").id

    def plan_day(self, day: date) -> None:
        """Have a local day's sittings happen, but for the last hours."""
        dice = self._city.dice(f"cases/{day}")
        for hour in SITTINGS if day.weekday() < 5 else SITTINGS[:1]:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._city.zone)
            at = (midnight + timedelta(hours=hour + dice.uniform(0, 0.4))).astimezone(UTC)
            if self._city.life.now < at < self._ends - LEFT_OPEN:
                self._city.life.plan(at, self._sit, ON_DUTY, alone=True)

    def plan_board(self) -> None:
        """What the outer loop has done: one fix told to everybody, one idea; and a case by hand for whoever signs in."""
        moments = {self._mend: timedelta(days=9), self._tell: timedelta(days=3), self._idea: timedelta(days=2),
                   self._by_telephone: timedelta(hours=3)}
        for do, before in moments.items():
            self._city.life.plan(self._ends - before, do, ON_DUTY, alone=True)

    def _acting(self) -> AbstractContextManager[None]:
        return acting_staff(Staff(self._cx, "cx@example.com", "POST /experience/fixes"))

    def _mend(self) -> None:
        title, step, hypothesis = FIXES["done"]
        self._plan = Plan(title, step, hypothesis, Measure.MISSED, self._cx)
        with self._acting():
            self._fix = plan_fix(plan=self._plan, by_user_id=self._cx, now=self._city.life.now).id
            change_fix(fix_id=self._fix, plan=self._plan, state=FixState.DOING, seen=1, now=self._city.life.now)

    def _tell(self) -> None:
        with self._acting():
            change_fix(fix_id=self._fix, plan=self._plan, state=FixState.DONE, seen=2, now=self._city.life.now)
            publish_fix(fix_id=self._fix, said=YOU_SAID[0], did=YOU_SAID[1], seen=3, now=self._city.life.now)

    def _idea(self) -> None:
        title, step, hypothesis = FIXES["idea"]
        with self._acting():
            plan_fix(plan=Plan(title, step, hypothesis, Measure.STOPPED, self._cx), by_user_id=self._cx,
                     now=self._city.life.now)

    def _by_telephone(self) -> None:
        member = self._city.members[self._city.riders[2].number]
        with self._acting():
            open_by_hand(member_id=member.id, step=Step.PICKUP_IDENTIFY, severity=Severity.SERIOUS, about="hand:demo",
                         words=BY_TELEPHONE, by_user_id=self._cx, seal=self._city.outside.seal, now=self._city.life.now)

    def _sit(self) -> None:
        now, riders = self._city.life.now, [member.id for member in self._city.members.values()]  # other members are visitors
        with acting_staff(Staff(self._cx, "cx@example.com", "POST /experience/cases")):
            waiting = [row.Case for row in every_row(Cases(show="waiting", user_id=self._cx, now=now))]
            for case in [each for each in waiting if each.owner_id == self._cx and each.due_at < now + WAIT
                         and each.member_id in riders][:AT_ONCE]:
                self._end(case.id, now)
            for _ in range(AT_ONCE):
                found = next_case(self._cx, of=riders)
                if found is None:
                    return
                self._begin(found, now)

    def _begin(self, case_id: UUID, now: datetime) -> None:
        """Take it, answer, and make it good when it was bad."""
        case = the_case(case_id)
        dice, seal = self._city.dice(f"case/{case.id}"), self._city.outside.seal
        try:
            take(case_id=case.id, by_user_id=self._cx, instead_of=case.owner_id, seal=seal, now=now)
            if case.severity == Severity.SEVERE and dice.random() < 0.6:
                give_case_credit(case_id=case.id, amount=Money(dice.choice((500, 1000, 1500))), why="our_mistake",
                                 by_user_id=self._cx, seen=case.version, once=_key(case.id, "credit", dice), now=now)
            if self._city.dice(f"promise/{case.id}").random() < GIVES_THEIR_WORD:
                promise_in_case(case_id=case.id, words=IN_PERSON, due_at=now + DONE_WITHIN, by_user_id=self._cx,
                                seen=case.version, once=_key(case.id, "promise", dice), seal=seal, now=now)
            reply(case_id=case.id, words=dice.choice(CASE_WORDS), waits=True, by_user_id=self._cx, seen=case.version,
                  once=_key(case.id, "reply", dice), seal=seal, now=now)
        except Refusal:  # the member was faster: the next sitting reads it
            return

    def _end(self, case_id: UUID, now: datetime) -> None:
        case = the_case(case_id)
        dice = self._city.dice(f"end/{case.id}/{case.version}")
        outcome = dice.choice(list(CASE_ENDS))
        try:
            close(case_id=case.id, outcome=outcome, cause=dice.choice(list(CauseCode)), words=CASE_ENDS[outcome],
                  by_user_id=self._cx, seen=case.version, once=_key(case.id, "close", dice), seal=self._city.outside.seal,
                  now=now, ends={promise.id: End.DONE for promise in loose_ends(case, now).promises})
        except Refusal:  # the member wrote meanwhile: it is looked at again
            return


def _key(case_id: UUID, what: str, dice: Random) -> str:
    return f"demo-{what}-{case_id}-{dice.getrandbits(32):08x}"
