"""What members are told of their fob: where they get it, why it costs something, and nothing to whoever has just left."""

import pytest
from markupsafe import escape
from sqlalchemy import select

from core.database import db
from core.outbox import OutboxRow
from portal.account.leave.leave import leave
from portal.account.models import Role
from portal.billing import words
from portal.billing.ledger.models import LedgerRow
from portal.messages.models import Message
from portal.web.say import CITY_ZONE
from portal.worker import do_due
from reservations.fob.ask import report_lost
from reservations.fob.models import FobWhy
from reservations.fob.queries import fee_for
from tests.factories import NOON
from tests.portal.licence.showing import outside
from tests.reservations.fob.test_fob import issued
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


def test_a_fob_is_picked_up_at_the_office_and_page_letter_and_desk_say_so(app, people, clock):
    ada, fay = people.member(), people.staff(Role.FLEET)
    browser = browser_of(app, ada.user, clock)
    assert browser.post("/account/fob/ask", fee_cents="0").status_code == 302
    page, office = browser.get("/account/fob"), outside().office
    assert "you pick it up at our office" in words_of(page)
    assert f"Our office: {office.address}" in words_of(page)
    assert f'href="{escape(office.map_link)}"' in page.text
    assert "Members pick their fob up at the office" in words_of(browser_of(app, fay, clock).get("/fleet/fobs"))
    issued(people.member("Bo Lindqvist"), fay)
    do_due(app)
    letter = db.session.scalars(select(Message).where(Message.kind == "fob_issued")).one()
    assert letter.subject == "Your fob is ready: pick it up at our office"
    assert office.address in outside().seal.open(letter.body_sealed)


def test_whoever_leaves_gets_no_letter_that_their_fob_was_blocked(app, people):
    ada = people.member()
    issued(ada, people.staff(Role.FLEET))
    leave(member=ada, reason=None, words="", seal=outside().seal, now=NOON)
    assert db.session.scalars(select(OutboxRow.id).where(OutboxRow.kind == "fob_blocked")).all() == []


@pytest.mark.parametrize(("why", "said"), [(FobWhy.LOST, "that you lost"), (FobWhy.STOLEN, "that was stolen")])
def test_the_line_of_another_fob_says_why_there_had_to_be_one(app, people, why, said):
    ada, fay = people.member(), people.staff(Role.FLEET)
    issued(ada, fay)
    report_lost(member=ada, why=why, now=NOON)
    issued(ada, fay, "0000BEEF", fee=fee_for(ada.id, NOON).value)
    (row,) = db.session.scalars(select(LedgerRow).where(LedgerRow.code == "fob_fee"))
    assert said in str(words.why(row, CITY_ZONE))
