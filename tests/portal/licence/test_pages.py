"""The pages of the licence: a member shows one, sees what we have of it, and nobody else sees its pictures."""

import io
from datetime import date

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from core.database import db
from core.outbox import deliver
from portal.account.models import Member, Role
from portal.handlers import handlers
from portal.licence.models import Licence, LicencePicture, LicenceStatus, LookedFor, PictureView, Side
from portal.licence.queries import licence_of
from tests.portal.licence.showing import FIELDS, a_draft, a_verified, outside, photo
from tests.reservations.pages import Browser, browser_of

pytestmark = pytest.mark.one_database
NEW = "/account/licence/new"


def _post(client, *, do="send", **given):
    files = {side: (io.BytesIO(sent), f"{side}.jpg") for side, sent in given.items() if side in frozenset(Side)}
    fields = FIELDS | {name: value for name, value in given.items() if name not in frozenset(Side)}
    return client.post(NEW, do=do, **fields, **files)


def _upload(client, files, token=None):
    """A form with files that no client of a test would keep in memory."""
    boundary, body = encode_multipart({"csrf_token": token or client.token(), **FIELDS, **{
        side: FileStorage(io.BytesIO(sent), "a.jpg") for side, sent in files.items()}})
    return client.send(NEW, method="POST", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def stranger(app, clock):
    return Browser(app.test_client(), clock)


def work_off():
    """What the worker does with what is due."""
    while deliver(handlers(outside(), "http://localhost"), limit=50):
        db.session.rollback()


def _all():
    return {"front": photo(10), "back": photo(20), "selfie": photo(30)}


def test_a_member_shows_a_new_licence_and_reads_until_when_it_counts(app, people, clock):
    member = people.member()
    client = browser_of(app, member.user, clock)
    answer = _post(client, **_all())
    assert (answer.status_code, answer.location) == (302, "/account/licence")
    assert "We are looking at the licence that you sent." in client.get("/account/licence").text
    work_off()
    shown = client.get("/account/licence").text
    assert "ends in 678" in shown
    assert "Thu, Mar 1, 2029" in shown
    assert "D40012345678" not in shown
    assert db.session.get(Member, member.id, populate_existing=True).licence_until == date(2029, 3, 1)
    assert "Your new licence counts from now on" in client.get("/inbox").text


def test_what_is_right_is_kept_whatever_else_is_wrong(app, people, clock):
    member = people.member()
    client = browser_of(app, member.user, clock)
    answer = _post(client, front=photo(10), back=b"<html>", expires_on="")
    assert answer.status_code == 422
    for words in ("This file is no photo, whatever its name says.",):
        assert words in answer.text
    kept = db.session.scalars(select(LicencePicture)).all()
    assert [picture.side for picture in kept] == ["front"]
    answer = _post(client, expires_on="")
    assert answer.status_code == 422
    for words in ("This picture is still missing.", "Type the day on which it expires."):
        assert words in answer.text
    assert f"/licence/pictures/{kept[0].id}" in answer.text
    assert 'value="D40012345678"' in client.get(NEW).text


def test_the_same_picture_for_two_sides_is_refused_in_words(app, people, clock):
    client = browser_of(app, people.member().user, clock)
    answer = _post(client, front=photo(10), back=photo(10), selfie=photo(30))
    assert answer.status_code == 422
    assert "Two of the three pictures are the same one." in answer.text


@pytest.mark.check("fields")
def test_a_picture_is_open_to_its_member_and_to_reviewers_and_each_look_is_written_down(app, people, clock):
    member, other = people.member(), people.member("Ben Cole")
    picture = a_draft(member).picture(Side.FRONT)
    address, reviewer = f"/licence/pictures/{picture.id}", people.staff(Role.REVIEWER)
    own = browser_of(app, member.user, clock).get(address)
    assert (own.status_code, own.mimetype, own.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    headers = own.headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert headers["Content-Disposition"] == 'inline; filename="licence.jpg"'
    assert browser_of(app, reviewer, clock).get(address).status_code == 200
    nothing = browser_of(app, other.user, clock)
    assert nothing.get(address).status_code == 404
    nobodys = nothing.get("/licence/pictures/00000000-0000-4000-8000-000000000000")
    assert nobodys.status_code == 404
    for role in (Role.CX, Role.SUPPORT, Role.FINANCE, Role.FLEET, Role.ADMIN):
        assert browser_of(app, people.staff(role), clock).get(address).status_code in (403, 404), role
    assert stranger(app, clock).get(address).status_code == 302
    looks = db.session.execute(select(PictureView.user_id, PictureView.looked_for).order_by(PictureView.id)).all()
    assert looks == [(member.user_id, LookedFor.OWN), (reviewer.id, LookedFor.REVIEW)]
    assert "one of our reviewers, the front" in browser_of(app, member.user, clock).get("/account/licence").text


@pytest.mark.check("files", "traversal")
def test_files_lie_sealed_under_names_of_our_own_and_no_address_leads_to_them(app, people, clock, tmp_path):
    member = people.member()
    picture = a_draft(member, sides=(Side.FRONT,)).picture(Side.FRONT)
    stored = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [picture.file_key.split("/")[1]]
    assert stored[0].stat().st_mode & 0o077 == 0
    assert b"\xff\xd8\xff" not in stored[0].read_bytes()
    client = browser_of(app, member.user, clock)
    for guess in (f"/files/{picture.file_key}", f"/static/files/{picture.file_key}", f"/licence/pictures/{picture.file_key}",
                  f"/{picture.file_key}"):
        assert client.get(guess).status_code == 404


@pytest.mark.check("oversize")
def test_a_form_that_is_too_large_is_answered_in_words_and_strangers_get_no_more_room(app, people, clock):
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    member = people.member()
    client = browser_of(app, member.user, clock)
    heavy = photo(10) + bytes(14_000_000)
    answer = _upload(client, {"front": heavy})
    assert answer.status_code == 422
    assert "This file is larger than 12 MB." in answer.text
    answer = _upload(client, dict.fromkeys(Side, heavy))
    assert answer.status_code == 413
    assert "These files are larger than 37 MB together" in answer.text
    answer = _upload(stranger(app, clock), {"front": bytes(2_000_000)})
    assert answer.status_code == 413
    assert "Send less than 1 MB at once." in answer.text
    assert db.session.scalar(select(func.count()).select_from(LicencePicture)) == 0


def test_a_licence_is_shown_by_whoever_has_just_proved_who_they_are(app, people, clock):
    app.config["STEP_UP_MINUTES"] = -1
    client = browser_of(app, people.member().user, clock)
    answer = client.get(NEW)
    assert (answer.status_code, answer.location) == (302, "/sign-in/again?next=/account/licence/new")


def test_a_refused_licence_says_why_and_how_to_mend_it(app, people, clock):
    member = people.member()
    client = browser_of(app, member.user, clock)
    _post(client, number="D400-1234-9905", **_all())
    work_off()
    shown = client.get("/account/licence").text
    assert "We cannot read the pictures of it." in shown
    assert "Take them again: in daylight" in shown
    assert licence_of(member.id) is None
    assert db.session.scalars(select(Licence.status)).all() == [LicenceStatus.REFUSED]


def test_the_newest_licence_takes_the_place_of_the_one_before(app, people, clock):
    member = people.member()
    before = a_verified(member)
    client = browser_of(app, member.user, clock)
    _post(client, number="D400-9999-0000", expires_on="2033-03-01", **_all())
    work_off()
    assert db.session.get(Licence, before.id, populate_existing=True).status == LicenceStatus.SUPERSEDED
    assert licence_of(member.id).expires_on == date(2033, 3, 1)
