"""The week of the inner loop in numbers, for the desk's page and for the mail of Monday morning."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from core.database import db, transaction
from core.outbox import Job, post, was_posted
from experience.asks.models import Answer, Mood, Note
from experience.asks.scale import SCALES
from experience.cases.alarm import team
from experience.cases.models import Act, Case, CaseEntry, CaseReason
from experience.cases.week import Week, week_at, week_named
from experience.cases.words import RULES
from experience.insight.epoch import epoch_ms
from experience.insight.times import Times, times_of
from experience.insight.wilson import Share, wilson
from experience.journey import STEPS
from experience.promises.kinds import State as Kept
from experience.promises.models import Promise
from portal.web.say import CITY_ZONE

MAILED_FROM = 7  # local hour on Monday
TOP = 8


@dataclass(frozen=True, slots=True)
class Reason:
    """How often a rule was hit at a step."""

    rule: str
    step: str
    n: int


@dataclass(frozen=True, slots=True)
class Digest:
    """One week. Counts are of cases; times are milliseconds from opening."""

    week: Week
    opened: int
    closed: int
    overdue: int
    reopened: int
    first_reply: Times | None
    to_close: Times | None
    reasons: list[Reason]
    said: int
    kept: Share | None

    @property
    def starts(self) -> datetime:
        return self.week.starts


def digest_of(week: Week) -> Digest:
    """The numbers of a week, counted anew; a week that is not over counts up to now."""
    return Digest(
        week, opened=_count(Case.opened_at, week), closed=_cases_with(Act.CLOSED, week),
        overdue=_cases_with(Act.OVERDUE, week), reopened=_cases_with(Act.REOPENED, week),
        first_reply=_times(Case.first_reply_at, week), to_close=_times(Case.closed_at, week),
        reasons=[Reason(*row) for row in db.session.execute(TopReasons(week).select())],
        said=sum(db.session.scalar(select(func.count()).select_from(said.subquery())) or 0
                 for said in (bad_notes(week), bad_answers(week))),
        kept=_kept(week))


def within(moment: Any, week: Week) -> Any:
    """The condition that a moment lies in the week."""
    return and_(moment >= week.starts, moment < week.ends)


def _count(moment: Any, week: Week) -> int:
    return db.session.scalar(select(func.count()).select_from(Case).where(within(moment, week))) or 0


def did(act: Act, week: Week) -> Select[Any]:
    """The cases in which something was done in the week."""
    return select(CaseEntry.case_id).where(CaseEntry.act == act, within(CaseEntry.at, week)).distinct()


def _cases_with(act: Act, week: Week) -> int:
    return db.session.scalar(select(func.count()).select_from(did(act, week).subquery())) or 0


def _times(moment: Any, week: Week) -> Times | None:
    """From opening to a moment that came in the week."""
    rows: Iterable[int] = db.session.scalars(
        select(epoch_ms(moment) - epoch_ms(Case.opened_at)).where(within(moment, week)))
    lengths = sorted(max(0, length) for length in rows)
    return times_of(lengths) if lengths else None


@dataclass(frozen=True, slots=True)
class TopReasons:
    """The most common reasons of a week."""

    week: Week

    def select(self) -> Select[Any]:
        return (select(CaseReason.rule, CaseReason.step, func.count().label("n")).where(within(CaseReason.at, self.week))
                .group_by(CaseReason.rule, CaseReason.step).order_by(func.count().desc(), CaseReason.rule, CaseReason.step)
                .limit(TOP))


def bad_notes(week: Week) -> Select[Any]:
    """Notes in a bad mood."""
    return select(Note).where(Note.mood == Mood.BAD, within(Note.at, week)).order_by(Note.at.desc())


def bad_answers(week: Week) -> Select[Any]:
    """Answers that ask for a person, by each scale's own word."""
    bad = or_(*(and_(Answer.metric == str(metric), Answer.value <= scale.bad)
                for metric, scale in SCALES.items() if scale.bad is not None))
    return select(Answer).where(bad, within(Answer.at, week)).order_by(Answer.at.desc())


def _kept(week: Week) -> Share | None:
    kept, n = db.session.execute(
        select(func.coalesce(func.sum(case((Promise.state == str(Kept.KEPT), 1), else_=0)), 0), func.count())
        .where(within(Promise.settled_at, week), Promise.state.in_([str(Kept.KEPT), str(Kept.BROKEN)]))).one()
    return wilson(int(kept), n)


def plan_digest(now: datetime) -> None:
    """From Monday seven o'clock on, by the city's clock, have the week before mailed to the team: once, also when late."""
    week = week_at(now)
    if now.astimezone(CITY_ZONE) < week.starts.astimezone(CITY_ZONE) + timedelta(hours=MAILED_FROM):
        return
    if not was_posted(f"cx_week-{week.before.name}"):
        post("cx_week", due=now, once=f"cx_week-{week.before.name}", week=week.before.name)


def mail_the_week(job: Job) -> None:
    """Handle the outbox's `cx_week`: one letter for each of the team."""
    with transaction():
        for user_id in team():
            post("cx_digest", due=job.due_at, once=f"cx_digest-{job.facts['week']}-{user_id}", week=job.facts["week"],
                 user_id=user_id)


def digest_letter(job: Job, site_url: str) -> dict[str, Any]:
    """What the mail says: numbers and a link, nobody's words."""
    week = week_named(job.facts["week"])
    assert week is not None  # we named it
    return {"digest": digest_of(week), "RULES": RULES, "STEPS": STEPS, "link": f"{site_url}/experience/digest/{week.name}"}
