"""What the rules decide by themselves: everything clear is approved, what a hard rule forbids is refused, the rest waits for a
person. A rule never decides an appeal."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.files import Files
from core.outbox import Job, TryLater
from core.sealed import Seal
from core.time import now as clock
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus
from portal.licence.judge import judge
from portal.licence.port import LicenceCheck
from portal.signup.decide import conclude
from portal.signup.eligibility import Rules, look_at
from portal.signup.licence import shown
from portal.signup.models import Application, State, Verdict
from portal.signup.progress import has_card
from portal.signup.reasons import Reason
from portal.signup.start import answers_of
from portal.web.say import CITY_ZONE

ALL_CLEAR = "all_clear"
ASKED_SO_OFTEN = 3  # then a person looks, and the check is not waited for


def handle_decision(job: Job, check: LicenceCheck, files: Files, seal: Seal) -> None:
    """Handle the outbox's `decide_application`. Raises TryLater while the check does not answer, but not for ever."""
    application, now = db.session.get_one(Application, UUID(job.facts["application_id"])), clock()
    if application.state != State.SUBMITTED or application.appealed_at is not None:
        return
    doubts = _ask(application.member_id, check, files, seal, now, last=job.attempt >= ASKED_SO_OFTEN)
    decide_by_rule(application=application, doubts=doubts, now=now)


def _ask(member_id: int, check: LicenceCheck, files: Files, seal: Seal, now: datetime, *, last: bool) -> list[Reason]:
    """What the check has against the licence."""
    licence = shown(member_id)
    if licence is None:
        return [Reason.CHECK_UNCLEAR]
    try:
        verdict = judge(licence=licence, check=check, files=files, seal=seal, now=now)
    except TryLater:
        if not last:
            raise
        return [Reason.CHECK_SILENT]
    return [Reason(reason) for reason in verdict.reasons]


def decide_by_rule(*, application: Application, doubts: Collection[Reason], now: datetime) -> None:
    """Decide it if the rules can; else write why they cannot, for the reviewer. One that waits no more, is appealed or on
    somebody's desk, or whose applicant has gone, is left alone. `doubts`: what the check of the licence has against it."""
    with transaction():
        held = db.session.get_one(Application, application.id, with_for_update={"of": Application}, populate_existing=True)
        if held.state != State.SUBMITTED or held.appealed_at is not None or held.taken_by_id is not None:
            return
        if held.member.status != MemberStatus.APPLICANT:
            return
        licence, today = shown(held.member_id), now.astimezone(CITY_ZONE).date()
        answers = answers_of(held, licence)
        assert answers is not None  # an application begins with them
        finding = look_at(answers, Rules.of(policies_at(now)), today, expires_on=licence.expires_on if licence else None)
        found = [*doubts, *finding.doubts, *([] if has_card(held.member_id) else [Reason.CARD_GONE])]
        if not finding.may_join:
            held.decided_by_rule = str(finding.in_the_way[0].reason)
            conclude(held, Verdict.REFUSED, [each.reason for each in finding.in_the_way], now)
        elif not found:
            held.decided_by_rule = ALL_CLEAR
            conclude(held, Verdict.APPROVED, (), now)
        else:
            held.doubts = [str(doubt) for doubt in dict.fromkeys(found)]
