"""Taking everything: packed once, whole, for its member alone, and gone after a week."""

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.database import db, transaction
from core.files import FileGone
from core.ids import new_id
from core.refusal import NotFound
from core.sweep import SETTLED
from core.time import wall_now
from portal.account.models import SignedIn
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.models import Benefit
from portal.billing.referrals.models import Referral
from portal.licence.models import LookedFor, PictureView, Side
from portal.privacy import pack
from portal.privacy.errors import DownloadIsOver
from portal.privacy.export import ask_for_export, let_exports_go, newest_export, open_export
from portal.privacy.hand_out import handed_out
from portal.privacy.models import DataExport, ExportDownload
from portal.privacy.register import HOLDERS, TABLES
from portal.privacy.whose import person_of
from portal.worker import do_due
from tests.factories import NOON
from tests.portal.licence.showing import a_sent, photo
from tests.portal.privacy.life import EMAIL, NAME, NUMBER, PHONE, WORDS, a_rich_life
from tests.reservations.made import a_street
from tests.reservations.pages import browser_of, words_of


def _outside(app):
    return app.extensions["adapters"]


def _opened(app, member, at=NOON):
    around = _outside(app)
    newest = newest_export(member.user_id)
    data = open_export(user=member.user, export_id=newest.id, device="Firefox", files=around.files, seal=around.seal, now=at)
    return zipfile.ZipFile(io.BytesIO(data))


def _packed(app, member, clock):
    export = ask_for_export(user=member.user, now=clock())
    do_due(app)
    db.session.rollback()
    return db.session.get_one(DataExport, export.id)


@pytest.mark.check("gdpr")
def test_the_file_has_everything_in_plain_words_and_nobody_else(app, clock, people, tmp_path):
    life = a_rich_life(app, a_street(app, clock), people, tmp_path)
    other = people.member("Bo Lindqvist")
    export = _packed(app, life.member, clock)
    assert (export.state, export.done, export.parts) == ("ready", len(HOLDERS), len(HOLDERS))
    files = _opened(app, life.member, clock())
    told = json.loads(files.read("data.json"))["tables"]
    everything = json.dumps(told, ensure_ascii=False)
    for mine in (NAME, EMAIL, PHONE, NUMBER, f"I like {WORDS}", f"Dear {NAME}", f"Because of {WORDS}", f"No {WORDS} left"):
        assert mine in everything, mine
    for not_mine in (f"{NAME} wants {WORDS}", f"{NAME} had none", "$argon2", other.user.email, "gAAAA"):
        assert not_mine not in everything, not_mine
    assert told["conversation_entries"][1]["by_user_id"] == "one of our staff"
    assert told["reservations"][0]["member_id"] == "you"
    pictures = [name for name in files.namelist() if name.startswith("pictures/")]
    assert [files.read(name)[:2] for name in pictures] == [b"\xff\xd8"] * 3
    sheet = list(csv.DictReader(io.StringIO(files.read("csv/reservations.csv").decode())))
    assert len(sheet) == len(told["reservations"])
    looks = db.session.scalars(select(PictureView.looked_for).where(PictureView.looked_for == LookedFor.EXPORT)).all()
    assert len(looks) == 3
    assert len(db.session.scalars(select(ExportDownload)).all()) == 1
    at_rest = b"".join(path.read_bytes() for path in (tmp_path / "files").rglob("*") if path.is_file())
    assert NAME.encode() not in at_rest
    assert b"PK\x03\x04" not in at_rest


@pytest.mark.one_database
def test_asked_again_within_the_day_it_is_the_same_and_later_another(app, clock, people):
    ada = people.member()
    first = ask_for_export(user=ada.user, now=NOON)
    assert ask_for_export(user=ada.user, now=NOON).id == first.id
    do_due(app)
    assert ask_for_export(user=ada.user, now=NOON + timedelta(hours=23)).id == first.id
    clock.forward(hours=25)
    assert ask_for_export(user=ada.user, now=clock()).id != first.id


@pytest.mark.one_database
def test_it_opens_for_its_member_only_and_until_its_time_is_over(app, clock, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    export, around = _packed(app, ada, clock), _outside(app)
    with pytest.raises(NotFound):
        open_export(user=bo.user, export_id=export.id, device="", files=around.files, seal=around.seal, now=NOON)
    key, late = export.file_key, NOON + timedelta(days=7, minutes=1)
    with pytest.raises(DownloadIsOver):
        _opened(app, ada, late)
    assert let_exports_go(late, around.files) == 1
    db.session.rollback()
    assert (newest_export(ada.user_id).state, newest_export(ada.user_id).file_key) == ("gone", None)
    with pytest.raises(FileGone):
        around.files.get(key)


@pytest.mark.one_database
def test_a_worker_that_dies_while_packing_is_followed_by_another(app, clock, people, monkeypatch):
    ada, before, deaths = people.member(), pack.handed_out, []

    def dies_once(held, *rest):
        if held.table == "contact_choices" and not deaths:
            deaths.append(held)
            raise RuntimeError("killed")
        return before(held, *rest)

    monkeypatch.setattr(pack, "handed_out", dies_once)
    ask_for_export(user=ada.user, now=NOON)
    do_due(app)
    db.session.rollback()
    assert newest_export(ada.user_id).state == "building"
    clock.forward(minutes=10)
    do_due(app)
    db.session.rollback()
    assert newest_export(ada.user_id).state == "ready"


@pytest.mark.one_database
def test_a_damaged_picture_is_named_and_stops_nothing(app, clock, people, tmp_path):
    ada = people.member()
    front, tier = a_sent(ada).picture(Side.FRONT), _a_tier_request(app, ada)
    for key in (front.file_key, tier.file_key):
        (found,) = (path for path in (tmp_path / "files").rglob("*") if path.name == key.rpartition("/")[2])
        found.write_bytes(b"damaged")
    assert _packed(app, ada, clock).state == "ready"
    files = _opened(app, ada, clock())
    assert len([name for name in files.namelist() if name.startswith("pictures/")]) == 2
    said = files.read("README.txt").decode()
    assert said.count("could not be read") == 2
    assert "pictures/licence-front-" in said
    assert "pictures/benefit-" in said


def _a_tier_request(app, member):
    around = _outside(app)
    return ask_for_tier(member=member, benefit=Benefit.SNAP, stream=io.BytesIO(photo()), now=NOON, files=around.files,
                        seal=around.seal)


@pytest.mark.one_database
def test_a_file_that_no_download_points_at_goes_and_a_download_stays(app, clock, people):
    export, files = _packed(app, people.member(), clock), _outside(app).files
    files.put(left_behind := "export/" + "0" * 32, b"of a transaction that was cut off")
    with time_machine.travel(wall_now() + 2 * SETTLED, tick=False):
        let_exports_go(clock(), files)
    assert files.get(export.file_key)
    with pytest.raises(FileGone):
        files.get(left_behind)


@pytest.mark.one_database
def test_one_that_was_never_packed_is_gone_after_two_days_and_can_be_asked_for_anew(app, people):
    ada = people.member()
    first = ask_for_export(user=ada.user, now=NOON)
    let_exports_go(NOON + timedelta(hours=47), _outside(app).files)
    assert newest_export(ada.user_id).state == "building"
    let_exports_go(NOON + timedelta(hours=48), _outside(app).files)
    db.session.expire_all()
    assert newest_export(ada.user_id).state == "gone"
    assert ask_for_export(user=ada.user, now=NOON + timedelta(hours=48)).id != first.id


@pytest.mark.one_database
def test_who_came_by_somebodys_code_reads_it_and_whose_code_it_was_reads_nothing_of_them(app, people):
    ada, bo = people.member(), people.member("Bo Lindqvist")
    with transaction():
        db.session.add(Referral(id=new_id(), by_member_id=ada.id, friend_id=bo.id, state="refused", why="same_licence",
                                joined_at=NOON, decided_at=NOON, gives_cents=1500, gets_cents=1500))
    seal = _outside(app).seal
    of_ada, of_bo = ([row for held in TABLES["referrals"] for row in handed_out(held, person_of(member.user), seal)]
                     for member in (ada, bo))
    assert of_ada == []
    assert [(row["friend_id"], row["by_member_id"]) for row in of_bo] == [("you", "another member’s")]


@pytest.mark.one_database
def test_the_page_shows_how_far_it_is_and_the_file_wants_a_fresh_proof(app, clock, people):
    ada = people.member()
    browser = browser_of(app, ada.user, clock)
    assert browser.post("/account/privacy/download", data={"csrf_token": browser.token()}).status_code == 302
    assert f"0 of {len(HOLDERS)} parts" in words_of(browser.get("/account/privacy"))
    live = browser.get("/account/privacy/download/live")
    assert browser.get("/account/privacy/download/live", headers={"If-None-Match": live.headers["ETag"]}).status_code == 304
    do_due(app)
    db.session.rollback()
    export = newest_export(ada.user_id)
    assert str(export.id) in browser.get("/account/privacy/download/live").text
    taken = browser.get(f"/account/privacy/download/{export.id}")
    assert (taken.status_code, taken.mimetype, taken.headers["Cache-Control"]) == (200, "application/zip", "no-store")
    with transaction():
        for session in db.session.scalars(select(SignedIn).where(SignedIn.user_id == ada.user_id)):
            session.proved_at -= timedelta(hours=1)
    assert browser.get(f"/account/privacy/download/{export.id}").headers["Location"].startswith("/sign-in/again")
