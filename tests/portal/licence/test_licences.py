"""A licence from its draft to its end: kept, sent, checked, decided, checked again, and its pictures gone in time."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from core.database import db, transaction
from core.outbox import OutboxRow, TryLater, deliver
from core.refusal import NotFound
from core.sealed import Unreadable
from core.sweep import SETTLED
from fleet.tariffs.models import PolicyRow
from portal.account.models import MemberStatus
from portal.handlers import handlers
from portal.licence.decide import accept_licence, hear_licence_again, refuse_licence, reopen_licence
from portal.licence.errors import LicenceIsSent, NotPending, NotWholeYet, NumberIsTaken, TooManyPictures
from portal.licence.judge import judge
from portal.licence.keep_picture import keep_picture
from portal.licence.models import LicenceStatus, PictureView, Side
from portal.licence.open_picture import open_picture
from portal.licence.port import Says
from portal.licence.queries import licence_of, open_licence_of
from portal.licence.reasons import LicenceReason
from portal.licence.submit import draft_of, submit_licence
from portal.licence.timers import look_after_licences
from portal.messages.models import Message
from tests.factories import LICENSED, NOON
from tests.portal.licence.showing import GOOD, a_draft, a_sent, a_verified, outside, photo

DAY = timedelta(days=1)
OTHER = "D400-0000-1111"


def _keep(licence, shade, side=Side.FRONT, now=NOON):
    return keep_picture(licence=licence, side=side, stream=io.BytesIO(photo(shade)), now=now, files=outside().files,
                        seal=outside().seal)


def _judge(licence, now=NOON):
    return judge(licence=licence, check=outside().licences, files=outside().files, seal=outside().seal, now=now)


def _stored(tmp_path):
    return {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()}


def _again(row):
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def _posted(kind):
    return db.session.scalar(select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == kind))


def _work_off():
    while deliver(handlers(outside(), "http://localhost"), limit=50):
        db.session.rollback()


def _policy(key, value):
    with transaction():
        db.session.scalars(select(PolicyRow).where(PolicyRow.key == key)).one().value = value


def test_what_is_stored_of_a_licence_tells_nothing_without_the_key(people, clock):
    licence = a_draft(people.member())
    text = " ".join(str(value) for value in (licence.number_sealed, licence.number_digest, licence.name_sealed))
    assert "1234" not in text
    assert "Okafor" not in text
    assert outside().seal.open(licence.number_sealed) == "D40012345678"


def test_another_picture_of_a_side_takes_the_place_of_the_one_before(people, clock, tmp_path):
    licence = draft_of(people.member(), NOON)
    first = _keep(licence, 10)
    second = _keep(licence, 20)
    assert _again(first).gone_at == NOON
    assert _stored(tmp_path) == {second.file_key.split("/")[1]}
    assert _again(licence).picture(Side.FRONT).id == second.id
    with pytest.raises(NotFound):
        open_picture(picture_id=first.id, viewer=licence.member.user, files=outside().files, seal=outside().seal, now=NOON)


def test_a_picture_that_cannot_be_written_down_leaves_no_file(people, clock, tmp_path):
    licence = a_sent(people.member())
    before = _stored(tmp_path)
    with pytest.raises(LicenceIsSent):
        _keep(licence, 200)
    assert _stored(tmp_path) == before


def test_a_file_that_was_exchanged_is_not_shown_as_the_picture(people, clock):
    licence, files, seal = draft_of(people.member(), NOON), outside().files, outside().seal
    picture = _keep(licence, 10)
    files.delete(picture.file_key)
    files.put(picture.file_key, seal.close_bytes(photo(99)))
    with pytest.raises(Unreadable):
        open_picture(picture_id=picture.id, viewer=licence.member.user, files=files, seal=seal, now=NOON)


@pytest.mark.check("quota")
def test_a_member_sends_so_many_pictures_a_day_and_keeps_so_many_bytes(people, clock):
    licence = draft_of(people.member(), NOON)
    _policy("pictures_a_day", 2)
    _keep(licence, 10)
    _keep(licence, 20)
    with pytest.raises(TooManyPictures):
        _keep(licence, 30)
    assert _keep(licence, 30, now=NOON + DAY)
    assert _keep(draft_of(people.member("Ben Cole"), NOON), 40)  # each has a day of their own
    _policy("pictures_kept", 0)
    with pytest.raises(TooManyPictures):
        _keep(licence, 40, now=NOON + 3 * DAY)


def test_a_licence_is_sent_whole_or_not_at_all(people, clock):
    member = people.member()
    licence = a_draft(member, sides=(Side.FRONT, Side.BACK))
    with pytest.raises(NotWholeYet):
        submit_licence(licence=licence, now=NOON)
    _keep(licence, 200, Side.SELFIE)
    submit_licence(licence=licence, now=NOON)
    assert _again(licence).status == LicenceStatus.PENDING
    with pytest.raises(LicenceIsSent):
        draft_of(member, NOON)
    assert _posted("licence_check") == 1


def test_an_applicants_licence_waits_for_the_application(people, clock):
    applicant = people.member(status=MemberStatus.APPLICANT)
    licence = a_sent(applicant)
    assert _posted("licence_check") == 0
    assert _judge(licence).says is Says.CLEAR
    found = _again(licence)
    assert (found.status, found.verdict, found.checked_at) == (LicenceStatus.PENDING, "clear", NOON)
    assert _again(applicant).licence_until is None


@pytest.mark.parametrize(("number", "expires_on", "status", "reasons"), [
    (GOOD, date(2029, 3, 1), LicenceStatus.VERIFIED, []),
    (GOOD, date(2026, 11, 23), LicenceStatus.REFUSED, ["expired"]),
    ("D400-0000-9902", date(2029, 3, 1), LicenceStatus.REFUSED, ["not_a_licence"]),
    ("D400-0000-9904", date(2029, 3, 1), LicenceStatus.PENDING, ["face_differs"]),
    ("12345", date(2029, 3, 1), LicenceStatus.PENDING, ["number_unusual"]),
])
def test_the_check_decides_what_it_can_and_leaves_the_rest_to_a_person(people, clock, number, expires_on, status, reasons):
    member = people.member()
    licence = a_sent(member, number=number, expires_on=expires_on)
    _work_off()
    found = _again(licence)
    assert (found.status, found.reasons) == (status, reasons)
    assert (found.due_at is not None) is (status == LicenceStatus.PENDING)
    assert _again(member).licence_until == (expires_on if status == LicenceStatus.VERIFIED else LICENSED)
    letters = db.session.scalars(select(Message.subject).where(Message.member_id == member.id)).all()
    assert len([subject for subject in letters if "licence" in subject]) == (status != LicenceStatus.PENDING)


def test_the_check_is_asked_outside_of_any_transaction_and_again_when_it_is_silent(people, clock):
    licence = a_sent(people.member(), number="D400-0000-9906")
    with pytest.raises(TryLater):
        _judge(licence)
    found = _again(licence)
    assert (found.status, found.verdict, found.checked_at) == (LicenceStatus.PENDING, None, None)
    looks = db.session.execute(select(PictureView.user_id, PictureView.looked_for)).all()
    assert looks == [(None, "check")] * 3


def test_a_number_that_another_member_has_is_looked_at_by_a_person_and_counts_once(people, clock):
    a_verified(people.member())
    second = a_sent(people.member("Ben Cole"))
    verdict = _judge(second)
    assert (verdict.says, verdict.reasons) == (Says.UNCLEAR, (LicenceReason.NUMBER_KNOWN,))
    with pytest.raises(NumberIsTaken):
        accept_licence(licence=second, by_id=None, now=NOON)
    assert _again(second).status == LicenceStatus.PENDING


def test_a_licence_is_decided_once_and_may_be_mended_or_heard_again(people, clock):
    member = people.member()
    licence = a_sent(member)
    reopen_licence(licence=licence, reasons=["unreadable"])
    assert (open_licence_of(member.id).status, _again(licence).reasons) == (LicenceStatus.DRAFT, ["unreadable"])
    submit_licence(licence=licence, now=NOON)
    refuse_licence(licence=licence, reasons=["face_differs"], by_id=None, now=NOON)
    with pytest.raises(NotPending):
        accept_licence(licence=licence, by_id=None, now=NOON)
    hear_licence_again(licence=licence)
    accept_licence(licence=licence, by_id=None, now=NOON)
    assert licence_of(member.id).id == licence.id


def test_a_member_is_warned_once_at_least_thirty_days_ahead_and_told_when_it_has_ended(people, clock):
    member = people.member()
    licence = a_verified(member, expires_on=date(2027, 1, 10))
    clock.at = NOON + 12 * DAY  # 35 days before it ends
    for _day in range(2):
        look_after_licences(clock.at, outside().files)
        _work_off()
        clock.at += DAY
    assert db.session.scalars(select(Message.subject)).all() == [
        "Your licence counts until Sun, Jan 10, 2027: show us the next one"]
    clock.at = NOON + 47 * DAY  # its last day
    look_after_licences(clock.at, outside().files)
    assert _again(licence).status == LicenceStatus.VERIFIED
    clock.at += DAY
    look_after_licences(clock.at, outside().files)
    _work_off()
    assert _again(licence).status == LicenceStatus.EXPIRED
    assert db.session.scalars(select(Message.subject).order_by(Message.at.desc())).first() == "Your licence has expired"
    assert not _again(member).is_licensed_on(date(2027, 1, 11))


@pytest.mark.parametrize(("number", "until"), [(GOOD, date(2029, 3, 1)), ("D400-0000-9901", date(2027, 6, 29))])
def test_it_is_checked_again_after_half_a_year_and_what_is_not_clear_then_ends_in_time(people, clock, number, until):
    member = people.member()
    licence = a_verified(member, number=number)
    clock.at = NOON + 182 * DAY
    look_after_licences(clock.at, outside().files)
    _work_off()
    found = _again(licence)
    assert (found.status, found.recheck_on) == (LicenceStatus.VERIFIED, date(2027, 11, 23))
    assert _again(member).licence_until == until
    assert _posted("licence_ends") == (until != date(2029, 3, 1))


def test_pictures_go_when_the_days_after_the_decision_are_over_and_who_looked_stays(people, clock, tmp_path):
    verified, waiting = a_verified(people.member()), a_sent(people.member("Ben Cole"), number=OTHER)
    open_picture(picture_id=verified.picture(Side.FRONT).id, viewer=verified.member.user, files=outside().files,
                 seal=outside().seal, now=NOON)
    look_after_licences(NOON + 29 * DAY, outside().files)
    assert len(_stored(tmp_path)) == 6
    look_after_licences(NOON + 30 * DAY, outside().files)
    assert len(_stored(tmp_path)) == 3
    assert {picture.gone_at is None for picture in _again(waiting).pictures} == {True}
    assert _again(verified).pictures == []
    assert db.session.scalar(select(func.count()).select_from(PictureView)) == 1


def test_the_pictures_of_a_draft_that_nobody_goes_on_with_go_too(people, clock, tmp_path):
    a_draft(people.member())
    look_after_licences(NOON + 29 * DAY, outside().files)
    assert len(_stored(tmp_path)) == 3
    look_after_licences(NOON + 31 * DAY, outside().files)
    assert _stored(tmp_path) == set()


@pytest.mark.check("quota")
def test_files_that_nobody_points_at_are_swept_once_no_transaction_can_be_about_them(people, clock, tmp_path):
    files, kept = outside().files, _keep(draft_of(people.member(), NOON), 10)
    files.put("licence/" + "0" * 32, b"left behind")
    look_after_licences(NOON, files)
    assert len(_stored(tmp_path)) == 2
    with time_machine.travel(datetime.now(UTC) + 2 * SETTLED, tick=False):
        look_after_licences(NOON, files)
    assert _stored(tmp_path) == {kept.file_key.split("/")[1]}
