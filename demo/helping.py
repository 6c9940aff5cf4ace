"""The help desk's days: every hour somebody answers what has waited a while, and looks at notes."""

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from core.audit import Staff, acting_staff
from core.refusal import Refusal
from demo.asking_help import OURS
from demo.city import City
from demo.life import STAFF as ON_DUTY
from demo.people import person
from demo.words import HELP_ANSWERS, HELP_TEMPLATES
from portal.desk.help.queue import Conversations
from portal.help.models import Kind
from portal.help.praise import pass_on
from portal.help.remarks.models import RemarkState
from portal.help.remarks.queries import remarks_to_look_at
from portal.help.remarks.write import decide_remark
from portal.help.reply import reply_to
from portal.help.solve import solve
from portal.help.take import take
from portal.help.template import write_template
from portal.web.listing import every_row

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
            for conversation_id, kind in self._rested("ours", LEFT_OPEN, now):
                if dice.random() < 0.72:
                    self._answer(conversation_id, kind, dice)
            for conversation_id, _kind in self._rested("waiting", timedelta(hours=9), now):
                solve(conversation_id=conversation_id, by_user_id=self._support, now=now)
            for row in remarks_to_look_at(""):
                remark = row.Remark
                if remark.state == RemarkState.HELD and remark.at < now - timedelta(hours=3) and remark.once.startswith(OURS):
                    decide_remark(remark_id=remark.id, shown=True, why=None, by_user_id=self._support, now=now)

    def _rested(self, show: str, length: timedelta, now: datetime) -> list[tuple[UUID, Kind]]:
        """The simulated ones of a list of the desk in which nobody has written for so long."""
        rows = every_row(Conversations(show=show, now=now, user_id=self._support))
        return [(row.Conversation.id, Kind(row.Conversation.kind)) for row in rows
                if row.Conversation.last_at < now - length and row.Conversation.once.startswith(OURS)]

    def _answer(self, conversation_id: UUID, kind: Kind, dice: Random) -> None:
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
