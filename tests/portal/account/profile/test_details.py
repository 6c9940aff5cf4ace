"""The account in one place: every part says how it stands and leads on; a name and the hours are what their member says."""

import re

import pytest
from sqlalchemy import select

from core.database import db
from core.outbox import deliver
from portal.account.models import MemberStatus, User
from portal.billing.payers.models import Payer
from portal.handlers import handlers
from tests.reservations.made import steps
from tests.reservations.pages import browser_of, words_of


@pytest.fixture
def ada(people):
    return people.member("Ada Okafor")


@pytest.fixture
def browser(site, ada, clock):
    return browser_of(site, ada.user, clock)


@pytest.mark.one_database
@pytest.mark.parametrize("address", ["/account/", "/account/profile"])
@pytest.mark.parametrize("status", [MemberStatus.ACTIVE, MemberStatus.APPLICANT, MemberStatus.CLOSED])
def test_every_part_of_an_account_says_how_it_stands_and_leads_somewhere(site, clock, people, address, status):
    browser = browser_of(site, people.member("Ada Okafor", status=status).user, clock)
    page = browser.get(address)
    ways = re.findall(r'<li><a href="([^"]+)">.*?<b>(.+?)</b><small>(.+?)</small>', page.text)
    assert {"/account/payments", "/account/security", "/account/contact", "/account/tokens"} <= {href for href, _, _ in ways}
    for href, label, state in ways:
        assert state.strip(), label
        assert browser.get(href).status_code in (200, 302), label
    assert "Visa ending 4242" in words_of(page)


@pytest.mark.one_database
def test_hours_are_written_as_the_member_chose(browser, ada):
    saved = browser.fill_in("/account/profile", name="Ada Okafor", hours="24")
    assert saved.status_code == 302
    assert db.session.scalars(select(User.hour24).where(User.id == ada.user_id)).one() is True
    assert re.search(r"value=\"24\"[^>]* checked|checked[^>]* value=\"24\"", browser.get("/account/profile").text)
    assert browser.fill_in("/account/profile", name="Ada Okafor").status_code == 422


def test_a_name_is_the_same_at_the_card_processor_and_saved_again_it_is_no_step(site, app, browser, ada):
    assert browser.fill_in("/account/profile", name="  Ada   Lovelace ", hours="12").status_code == 302
    outside = app.extensions["adapters"]
    deliver(handlers(outside, "https://cars.example"), limit=50)
    customer = db.session.scalars(select(Payer.customer).where(Payer.member_id == ada.id)).one()
    kept = outside.payments.client.v1.customers.retrieve(customer)
    assert (kept.name, kept.email) == ("Ada Lovelace", ada.user.email)
    before = [step for step in steps("succeeded") if step[0] == "manage.details"]
    browser.fill_in("/account/profile", name="Ada Lovelace", hours="12")
    assert [step for step in steps("succeeded") if step[0] == "manage.details"] == before
