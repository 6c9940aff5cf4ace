"""What the CX team asks of the gate: who may be asked now and why not, what was logged, and how much each question brings."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import BigInteger, Select, String, cast, func, select

from core.database import db
from core.refusal import NotFound
from experience.asks.around import NewsChoice
from experience.asks.gate import Situation, Verdict, Why, Wish, judge
from experience.asks.history import pasts_of
from experience.asks.in_force import rules_at
from experience.asks.mailing import SUBJECT, subject_of
from experience.asks.models import Answer, AskLog, AskRow, AskState, Logged, Mailing
from experience.asks.models.asks import NEWS
from experience.asks.solicitations import SOLICITATIONS, Solicitation
from experience.asks.wording import wording_in
from experience.cases.models import Case
from experience.cases.models import State as CaseState
from experience.cases.open import has_open_case
from experience.desk.ask_audience import Audience, size_of
from experience.record.models import Identity
from portal.account.contact.in_force import news_choice, news_choices
from portal.account.member_facts import member_facts
from portal.account.models import Member, MemberStatus, User
from reservations.booking.queries import is_at_the_car, is_driving, who_drives, who_is_at_the_car

LOOK_BACK = timedelta(days=28)
SAMPLE = 1000  # members who are judged for the counts of a page
MOST_JUDGED = 5000  # of an audience, before it is written to
SCATTER, MODULUS = 2_654_435_761, 4_294_967_296  # Knuth's multiplicative hash
AFTER_A_TRIP = "receipt_expectation"


@dataclass(frozen=True, slots=True)
class Standing:
    """One member: what the gate would say now, and when they were asked last."""

    member_id: int
    verdict: Verdict
    asked_at: datetime | None
    asks: int


@dataclass(frozen=True, slots=True)
class Members:
    """Everybody who drives with us, by their ids; `at_random`: in an order that tells nothing of them."""

    at_random: bool = False

    def select(self) -> Select[tuple[int, datetime]]:
        order = (cast(Member.id, BigInteger) * SCATTER) % MODULUS if self.at_random else Member.id
        return select(Member.id, Member.joined_at).where(Member.status == MemberStatus.ACTIVE).order_by(order)

    def count(self) -> Select[int]:
        return select(func.count()).select_from(Member).where(Member.status == MemberStatus.ACTIVE)


def sample() -> dict[int, datetime]:
    """Everybody, or as many as can be judged while somebody waits for the page, and since when they are members."""
    return {member_id: since for member_id, since in db.session.execute(Members(at_random=True).select().limit(SAMPLE))}


def one_page(number: int, size: int) -> dict[int, datetime]:
    """One page of everybody."""
    return {member_id: since for member_id, since in db.session.execute(
        Members().select().limit(size).offset((number - 1) * size))}


def how_many() -> int:
    """How many drive with us."""
    return db.session.scalar(Members().count()) or 0


def standings(what: Solicitation, members: Mapping[int, datetime], now: datetime, *,
              subject: str | None = None) -> list[Standing]:
    """What the gate would say if these members were asked this now, drawn. A few reads, however many they are."""
    rules, ids = rules_at(now), list(members)
    past = pasts_of(ids, rules, now)
    driving, there, cases = who_drives(), who_is_at_the_car(now), who_has_a_case()
    news = news_choices(ids, now) if what.news else {}
    found = []
    for member_id, since in members.items():
        mine, choice = past.get(member_id, []), news.get(member_id, NewsChoice())
        situation = Situation(member_id, since, driving=member_id in driving, mid_task=member_id in there,
                              open_case=member_id in cases, wants_news=choice.wanted, quiet_until=choice.quiet_until)
        found.append(Standing(member_id, judge(Wish(what, subject=subject), mine, situation, rules, now),
                              max((each.at for each in mine), default=None), len(mine)))
    return found


@dataclass(frozen=True, slots=True)
class WouldGet:
    """An audience before the gate: how many it has, and of how many it was asked what the gate would say."""

    size: int
    judged: int
    counts: list[tuple[Why | None, int]]


def would_get(what: Solicitation, version: int, audience: Audience, now: datetime) -> WouldGet:
    """How many of an audience would get news in these words now, and why the others would not."""
    wording_in(what.key, current_app.config["BABEL_DEFAULT_LOCALE"], version)
    members = {member_id: since for member_id, since in db.session.execute(audience.select(what.key, now).limit(MOST_JUDGED))}
    found = standings(what, members, now, subject=subject_of(version))
    return WouldGet(size_of(audience, what.key, now), len(found), counted(found))


@dataclass(frozen=True, slots=True)
class Mailings:
    """What was sent, newest first, with how many members have had those words."""

    def select(self) -> Any:
        had = (select(AskRow.solicitation, AskRow.subject, func.count().label("n")).where(NEWS)
               .group_by(AskRow.solicitation, AskRow.subject).subquery())
        return (select(Mailing, func.coalesce(had.c.n, 0), User.name).join(User, User.id == Mailing.by_user_id)
                .outerjoin(had, (had.c.solicitation == Mailing.solicitation)
                           & (had.c.subject == SUBJECT + cast(Mailing.wording_version, String)))
                .order_by(Mailing.at.desc(), Mailing.id))

    def count(self) -> Select[int]:
        return select(func.count()).select_from(Mailing)


def counted(found: list[Standing]) -> list[tuple[Why | None, int]]:
    """How many may be asked, and how many not for each reason, the commonest first."""
    return Counter(each.verdict.why for each in found).most_common()


def who_has_a_case() -> frozenset[int]:
    """Members with a case that is not closed."""
    return frozenset(db.session.scalars(select(Case.member_id).where(Case.state != CaseState.CLOSED)))


def verdicts_of(member_id: int, now: datetime) -> list[tuple[Solicitation, Verdict]]:
    """What the gate would say of each solicitation. Raises NotFound for nobody."""
    facts = member_facts(member_id)
    if facts is None:
        raise NotFound(member_id=member_id)
    rules, news = rules_at(now), news_choice(member_id, now)
    past = pasts_of([member_id], rules, now).get(member_id, [])
    situation = Situation(member_id, facts.since, is_driving(member_id), is_at_the_car(member_id, now),
                          has_open_case(member_id), facts.active, news.wanted, news.quiet_until)
    return [(what, judge(Wish(what), past, situation, rules, now)) for what in SOLICITATIONS.values()]


def pids_of(member_ids: list[int]) -> dict[int, UUID]:
    """The random ids under which members appear in the log; those who were never seen have none."""
    return {ref: pid for ref, pid in db.session.execute(
        select(Identity.ref, Identity.pid).where(Identity.kind == "member", Identity.ref.in_(member_ids)))}


def member_behind(pid: UUID) -> int:
    """The member of a random id, to look up what we asked them; it is shown to nobody. Raises NotFound."""
    found = db.session.scalar(select(Identity.ref).where(Identity.kind == "member", Identity.pid == pid))
    if found is None:
        raise NotFound(pid=str(pid))
    return found


@dataclass(frozen=True, slots=True)
class MemberLog:
    """Everything that was logged of one member's asks, newest first."""

    member_id: int

    def select(self) -> Any:
        return (select(AskLog, Answer.value, Answer.metric).outerjoin(Answer, Answer.ask_id == AskLog.ask_id)
                .where(AskLog.member_id == self.member_id).order_by(AskLog.at.desc(), AskLog.id.desc()))

    def count(self) -> Select[int]:
        return select(func.count()).select_from(AskLog).where(AskLog.member_id == self.member_id)


@dataclass(frozen=True, slots=True)
class Brought:
    """One solicitation in numbers: the asks that the gate let through, by what has become of them, and what it suppressed."""

    what: Solicitation
    states: Counter[str]
    suppressed: int
    active: bool
    share: int

    @property
    def allowed(self) -> int:
        return self.states.total()

    @property
    def shown(self) -> int:
        return self.allowed - self.states[AskState.OFFERED]

    @property
    def answered(self) -> int:
        return self.states[AskState.ANSWERED]

    @property
    def dismissed(self) -> int:
        return self.states[AskState.DISMISSED]


def by_state(now: datetime) -> Select[tuple[str, str, int]]:
    """The asks that were let through in four weeks, counted by what has become of them; the index has all of it."""
    return (select(AskRow.solicitation, AskRow.state, func.count()).where(AskRow.offered_at >= now - LOOK_BACK)
            .group_by(AskRow.solicitation, AskRow.state))


def not_asked(now: datetime) -> Select[tuple[str, int]]:
    """The wishes that were suppressed in four weeks, counted; the index has all of it."""
    return (select(AskLog.solicitation, func.count()).where(AskLog.at >= now - LOOK_BACK, AskLog.what == Logged.SUPPRESSED)
            .group_by(AskLog.solicitation))


def by_reason(now: datetime) -> Select[tuple[str | None, int]]:
    """The same, counted by why."""
    return (select(AskLog.why, func.count()).where(AskLog.at >= now - LOOK_BACK, AskLog.why.is_not(None))
            .group_by(AskLog.why).order_by(func.count().desc(), AskLog.why))


def brought(now: datetime) -> list[Brought]:
    """What became of the asks of four weeks, by solicitation, and whether it is asked."""
    rules, states = rules_at(now), defaultdict[str, Counter[str]](Counter)
    for key, state, n in db.session.execute(by_state(now)):
        states[key][state] = n
    suppressed = {key: n for key, n in db.session.execute(not_asked(now))}
    return [Brought(what, states[key], suppressed.get(key, 0), bool(rules[f"active_{key}"]), rules[f"share_{key}"])
            for key, what in SOLICITATIONS.items()]


def reasons(now: datetime) -> list[tuple[str, int]]:
    """Why wishes were suppressed in four weeks, the commonest first."""
    return [(str(why), n) for why, n in db.session.execute(by_reason(now))]
