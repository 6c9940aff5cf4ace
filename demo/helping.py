"""The help desk's days: every hour somebody answers what has waited a while, and looks at notes."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from random import Random

from core.audit import Staff, acting_staff
from core.refusal import Refusal
from demo.asking_help import OURS
from demo.city import City
from demo.life import STAFF as ON_DUTY
from demo.people import person
from demo.words import HELP_ANSWERS, HELP_TEMPLATES
from portal.help.models import Kind
from portal.help.praise import pass_on
from portal.help.queries import answered_by_us, waits_for_us
from portal.help.remarks.queries import held_remarks
from portal.help.remarks.write import decide_remark
from portal.help.reply import reply_to
from portal.help.solve import solve
from portal.help.take import take
from portal.help.template import write_template

LEFT_OPEN = timedelta(minutes=50)  # what came in lately waits for whoever signs in
SUPPORT = "support@example.com"


class HelpDesk:
    """The help desk's days: somebody goes round every hour, by day and by night."""

    def __init__(self, city: City, ends: datetime) -> None:
        self._city, self._ends = city, ends
        self._support = person(SUPPORT).id

    def plan_day(self, day: date) -> None:
        """Have a local day's rounds happen."""
        for hour in range(24):
            at = datetime(day.year, day.month, day.day, tzinfo=self._city.zone).astimezone(UTC) + timedelta(hours=hour)
            if self._city.life.now < at <= self._ends:
                self._city.life.plan(at, self._go_round, ON_DUTY, alone=True)

    def write_templates(self) -> None:
        """The answers that are often given."""
        with self._acting("POST /office/help/templates"):
            for name, words in HELP_TEMPLATES:
                write_template(name=name, words=words, by_user_id=self._support, now=self._city.life.now)

    def _go_round(self) -> None:
        """Answer nearly everything that has waited a while; what was answered hours ago and kept quiet is solved."""
        now, dice = self._city.life.now, self._city.dice(f"help desk/{self._city.life.now}")
        with self._acting("POST /office/help"):
            for conversation in waits_for_us(asked_before=now - LEFT_OPEN, once_prefix=OURS):
                if dice.random() < 0.72:
                    self._answer(conversation.id, Kind(conversation.kind), dice)
            for conversation_id in answered_by_us(before=now - timedelta(hours=9), once_prefix=OURS):
                solve(conversation_id=conversation_id, by_user_id=self._support, now=now)
            for remark in held_remarks(before=now - timedelta(hours=3), once_prefix=OURS):
                decide_remark(remark_id=remark.id, shown=True, why=None, by_user_id=self._support, now=now)

    def _answer(self, conversation_id: object, kind: Kind, dice: Random) -> None:
        given = {"conversation_id": conversation_id, "by_user_id": self._support, "now": self._city.life.now}
        try:
            take(**given)  # type: ignore[arg-type]  # an id, a number and a moment
            reply_to(**given, words=dice.choice(HELP_ANSWERS[kind]), seal=self._city.outside.seal)  # type: ignore[arg-type]  # as above
            if kind is Kind.COMPLIMENT:
                pass_on(**given)  # type: ignore[arg-type]  # as above
        except Refusal:  # a visitor of the demo has it in hand
            return

    def _acting(self, why: str) -> AbstractContextManager[None]:
        return acting_staff(Staff(self._support, SUPPORT, why))
