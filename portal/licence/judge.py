"""Having a licence checked: read and noted, asked outside of any transaction, and written down."""

from datetime import datetime, timedelta
from uuid import UUID

from core.database import db, hold_nothing_open, transaction
from core.files import Files
from core.outbox import Job, post
from core.sealed import Seal
from core.time import now as clock
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus
from portal.licence.decide import accept_licence, refuse_licence
from portal.licence.models import Licence, LicenceStatus, LookedFor, Side
from portal.licence.open_picture import note_look, unsealed
from portal.licence.port import LicenceCheck, Says, Shown, Verdict
from portal.licence.queries import number_is_of_another
from portal.licence.reasons import LicenceReason
from portal.licence.submit import details_of
from portal.web.say import CITY_ZONE


def judge(*, licence: Licence, check: LicenceCheck, files: Files, seal: Seal, now: datetime) -> Verdict:
    """Ask the check about a licence that was sent, and write down what it says. Another member's number makes the clearest one
    unclear. Raises core.outbox.TryLater when nobody answers; then nothing is written."""
    shown = _read(licence, files, seal, now)
    number_known = number_is_of_another(licence)
    once = f"licence-{licence.id}-{licence.submitted_at:%Y%m%d%H%M%S}-{shown.today}"
    hold_nothing_open()
    verdict = check.look(shown, once=once)
    if shown.expires_on < shown.today and verdict.says is not Says.REFUSED:  # whatever a service says
        verdict = Verdict(Says.REFUSED, (LicenceReason.EXPIRED,))
    if number_known:
        says = Says.REFUSED if verdict.says is Says.REFUSED else Says.UNCLEAR
        verdict = Verdict(says, (*verdict.reasons, LicenceReason.NUMBER_KNOWN))
    with transaction():
        held = db.session.get_one(Licence, licence.id, with_for_update={"of": Licence}, populate_existing=True)
        held.checked_at, held.verdict = now, str(verdict.says)
        held.reasons = [str(reason) for reason in verdict.reasons]
    return verdict


def _read(licence: Licence, files: Files, seal: Seal, now: datetime) -> Shown:
    details, pictures = details_of(licence, seal), {}
    for picture in licence.pictures:
        pictures[Side(picture.side)] = unsealed(picture, files.get(picture.file_key), seal)
        note_look(picture, None, LookedFor.CHECK, now)
    assert details.held_since is not None  # what was sent is whole: a CHECK
    assert details.expires_on is not None
    return Shown(licence.country, licence.region, details.number, details.name, licence.member.born_on, details.held_since,
                 details.expires_on, now.astimezone(CITY_ZONE).date(), pictures)


def handle_check(job: Job, check: LicenceCheck, files: Files, seal: Seal) -> None:
    """Handle the outbox's `licence_check`: a member's new licence counts when it is clear, is refused with its reasons, or
    waits for a person."""
    licence, now = db.session.get_one(Licence, UUID(job.facts["licence_id"])), clock()
    if licence.status != LicenceStatus.PENDING or licence.member.status == MemberStatus.APPLICANT:
        return
    verdict = judge(licence=licence, check=check, files=files, seal=seal, now=now)
    with transaction():
        db.session.refresh(licence, with_for_update={"of": Licence})
        if licence.status != LicenceStatus.PENDING:
            return
        if verdict.says is Says.CLEAR:
            accept_licence(licence=licence, by_id=None, now=now)
        elif verdict.says is Says.REFUSED:
            refuse_licence(licence=licence, reasons=verdict.reasons, by_id=None, now=now)
        else:
            licence.due_at = now + timedelta(minutes=policies_at(now)["join_decided"].value)
            return
        tell_decided(licence, now)


def tell_decided(licence: Licence, now: datetime) -> None:
    """Write to its member what became of it, within the open transaction."""
    post("licence_decided", member_id=licence.member_id, due=now, once=f"licence_decided-{licence.id}-{now.isoformat()}",
         licence_id=str(licence.id))
