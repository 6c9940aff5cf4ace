"""Checks 31 and 40: whatever is sent as a picture of a licence, by whatever name, and of two hundred none does harm."""

import io
import re

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from core import pictures
from core.database import db
from core.files import KEY, BadKey, DiskFiles
from portal.licence.models import LicencePicture, Side
from tests.core.test_pictures import MARK, hostile
from tests.portal.licence.showing import FIELDS, outside, photo
from tests.portal.signup.made import an_applicant
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database
PAGE, UPLOADS, OF_ONE = "/join/licence", 201, 30  # one applicant sends so many in a day
BESIDE = re.compile(r'id="(?:front|back|selfie)-err"')


def _sends(browser, files, *, name="a.jpg"):
    boundary, body = encode_multipart({"csrf_token": browser.token(), **FIELDS, **{
        side: FileStorage(io.BytesIO(sent), name) for side, sent in files.items()}})
    return browser.send(PAGE, method="POST", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def _stored(tmp_path):
    """What lies in the file store, opened, by its key."""
    return {f"{path.parent.parent.name}/{path.name}": outside().seal.open_bytes(path.read_bytes())
            for path in (tmp_path / "files").rglob("*") if path.is_file()}


def _two_hundred(app, people, clock):
    """Send them through the page of joining; the answers, and how many pictures each says something about."""
    answers, browser = [], None
    for first in range(0, UPLOADS, len(Side)):
        if first % OF_ONE == 0:
            browser = browser_of(app, an_applicant(people, f"Applicant {first}").member.user, clock)
        answers.append(_sends(browser, {side: hostile(first + nth) for nth, side in enumerate(Side)}))
    return answers


@pytest.mark.long
@pytest.mark.check("polyglot")
def test_of_two_hundred_hostile_uploads_none_is_stored_none_crashes_and_each_gets_words(app, people, clock, tmp_path):
    answers = _two_hundred(app, people, clock)
    assert {answer.status_code for answer in answers} <= {302, 422}
    assert not _stored(tmp_path)
    assert db.session.scalars(select(LicencePicture)).all() == []
    assert sum(len(BESIDE.findall(answer.text)) for answer in answers) == UPLOADS, "each has words beside it"


@pytest.mark.check("polyglot")
def test_the_comparison_sees_a_hostile_file_that_is_stored_made_anew(app, people, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "_judge_alone", lambda kind, sent: None)
    browser = browser_of(app, an_applicant(people).member.user, clock)
    _sends(browser, {side: photo(40 + nth) + MARK for nth, side in enumerate(Side)})
    assert len(_stored(tmp_path)) == len(Side)


@pytest.mark.check("polyglot")
@pytest.mark.parametrize(("sent", "name", "words"), [
    (photo(40) + b"PK\x03\x04" + MARK, "a.jpg", "something of another kind"),
    (photo(40) + b"<html>" + MARK, "a.jpg", "another kind"), (photo(40, "PNG"), "a.jpg", "says that it is JPEG, and it is PNG"),
    (photo(40), "a.pdf", "says that it is PDF, and it is JPEG"),
    (photo(40), "a\u202egpj.exe", "and it is JPEG"), (photo(40), "a.jpg\0.exe", "and it is JPEG")])
@pytest.mark.parametrize("page", ["licence", "tier"])
def test_each_page_that_takes_pictures_refuses_two_things_in_one_and_a_wrong_label(
        app, people, clock, tmp_path, sent, name, words, page):
    if page == "licence":
        answer = _sends(browser_of(app, an_applicant(people).member.user, clock), {"front": sent}, name=name)
    else:
        browser = browser_of(app, people.member().user, clock)
        boundary, body = encode_multipart({"csrf_token": browser.token(), "benefit": "snap",
                                           "picture": FileStorage(io.BytesIO(sent), name)})
        answer = browser.send("/account/tier", method="POST", data=body,
                              content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422
    assert words in answer.text
    assert not _stored(tmp_path)


@pytest.mark.check("traversal")
@pytest.mark.parametrize("name", [
    "../../../etc/passwd", "..\\..\\x.jpg", "%2e%2e%2fx.jpg", "a\u202egpj.exe.jpg", "x" * 4096 + ".jpg", "/abs/olute.jpg",
    "con", ".htaccess", "a;b\"c.jpg", "<script>.jpg", "a.exe\0.jpg"])
def test_the_name_of_an_upload_is_kept_nowhere(app, people, clock, tmp_path, name):
    browser = browser_of(app, an_applicant(people).member.user, clock)
    assert _sends(browser, {"front": photo(40)}, name=name).status_code == 302
    assert "<script>.jpg" not in browser.get(PAGE).text
    (key,) = _stored(tmp_path)
    assert KEY.fullmatch(key)
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == [key[-32:]]
    picture = db.session.scalars(select(LicencePicture)).one()
    said = browser.get(f"/licence/pictures/{picture.id}").headers
    assert said["Content-Disposition"] == 'inline; filename="licence.jpg"'


@pytest.mark.check("traversal")
@pytest.mark.parametrize("key", ["../etc/passwd", "licence/../../x", "/etc/passwd", "licence/%2e%2e", "licence/" + "g" * 32,
                                 "licence/" + "a" * 32 + "\n", "licence/" + "a" * 32 + "/x", "", "licence\0/" + "a" * 32])
def test_a_key_that_is_not_of_our_making_opens_writes_and_deletes_nothing(tmp_path, key):
    files = DiskFiles(tmp_path / "files")
    for act in (files.get, files.delete, lambda name: files.put(name, b"x")):
        with pytest.raises(BadKey):
            act(key)
    assert list(tmp_path.iterdir()) == []
