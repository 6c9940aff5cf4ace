"""Where somebody is signed in: each device in words, ended one by one or all at once, and a letter for a new one."""

import pytest
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from portal.account.models import SignedIn
from tests.factories import PASSWORD
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of

PHONE = "Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile"


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


def signed_in(site, clock, email: str, says: str = PHONE, client=None) -> Browser:
    browser = Browser(client or site.test_client(), clock)
    fields = hidden_fields(browser.get("/sign-in").text) | {"email": email, "password": PASSWORD}
    assert browser.send("/sign-in", method="POST", data=fields, headers={"User-Agent": says}).status_code == 302
    return browser


def test_a_device_is_signed_out_from_another_and_only_by_its_owner(site, clock, app, people, ada):
    mine, phone = browser_of(site, ada.user, clock), signed_in(site, clock, ada.user.email)
    page = mine.get("/account/security")
    assert "Chrome on Android" in words_of(page)
    number = db.session.scalars(select(SignedIn.id).where(SignedIn.device == PHONE)).one()
    stranger = browser_of(site, people.member().user, clock)
    assert stranger.post(f"/account/security/sessions/{number}/end").status_code == 404
    assert phone.get("/account/").status_code == 200
    assert mine.post(f"/account/security/sessions/{number}/end").status_code == 302
    assert phone.get("/account/").status_code == 302
    assert mine.get("/account/").status_code == 200


def test_everywhere_else_leaves_this_one_and_other_people_alone(site, clock, app, people, ada):
    mine, others = browser_of(site, ada.user, clock), [browser_of(site, ada.user, clock) for _ in range(2)]
    stranger = browser_of(site, people.member().user, clock)
    mine.post("/account/security/sessions/end-others")
    assert [one.get("/account/").status_code for one in (*others, mine, stranger)] == [302, 302, 200, 200]


@pytest.mark.check("logout")
def test_changing_the_password_kills_every_copied_cookie_and_this_devices_own_is_new(site, clock, app, ada):
    mine, other = browser_of(site, ada.user, clock), browser_of(site, ada.user, clock)
    thief = Browser(site.test_client(), clock)
    thief.client.set_cookie("roundtrip", mine.client.get_cookie("roundtrip").value)
    assert mine.fill_in("/account/security/password", password="wandering otters at dusk").status_code == 302
    assert [one.get("/account/").status_code for one in (mine, other, thief)] == [200, 302, 302]


def _news() -> list[dict[str, object]]:
    db.session.rollback()
    return [row.facts for row in db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "new_device"))]


def test_a_device_not_seen_before_is_told_once(site, clock, app, ada):
    signed_in(site, clock, ada.user.email)
    assert _news() == []  # the first one is new to nobody
    phone = signed_in(site, clock, ada.user.email)
    assert _news() == [{"user_id": ada.user_id, "device": "Chrome on Android"}]
    phone.post("/sign-out")
    signed_in(site, clock, ada.user.email, client=phone.client)
    assert len(_news()) == 1


@pytest.mark.one_database
def test_a_forged_device_cookie_is_a_new_device(site, clock, app, ada):
    signed_in(site, clock, ada.user.email)
    client = site.test_client()
    client.set_cookie("roundtrip_device", "forged")
    signed_in(site, clock, ada.user.email, client=client)
    assert len(_news()) == 1
