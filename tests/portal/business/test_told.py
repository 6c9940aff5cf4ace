"""What somebody is told who drives on an account, or runs one: nobody is put there in silence."""

import pytest
from sqlalchemy import select

from core.database import db, transaction
from core.outbox import OutboxRow
from portal.account.models import MemberStatus
from portal.billing.payers.add_driver import add_driver
from portal.billing.payers.errors import AccountPaused
from portal.messages.models import Message
from portal.worker import do_due
from tests.factories import NOON, hours
from tests.portal.business.made import a_business, drives_with
from tests.reservations.made import booked
from tests.reservations.pages import browser_of

pytestmark = pytest.mark.one_database


def test_whom_finance_puts_on_a_business_reads_so_once_and_how_to_end_it(app, people, clock):
    ben, firm = people.member("Ben Ode"), a_business("Lakeside Ltd")
    for _twice in range(2):
        add_driver(payer_id=firm.id, member_id=ben.id, now=NOON)
    assert db.session.scalars(select(OutboxRow.member_id).where(OutboxRow.kind == "on_account")).all() == [ben.id]
    do_due(app)
    letter = db.session.scalars(select(Message).where(Message.kind == "on_account")).one()
    assert letter.subject == "Lakeside Ltd pays for your trips now"
    said = app.extensions["adapters"].seal.open(letter.body_sealed)
    assert "/account/drivers" in said
    assert "end it here with one tap" in said


def test_each_line_of_the_account_page_leads_to_its_own_business(app, people, clock):
    ada = people.member()
    firms = [a_business(name, admins=(ada.user,)) for name in ("Lakeside Ltd", "Harbor LLC")]
    page = browser_of(app, ada.user, clock).get("/account/").text
    for firm in firms:
        assert f'href="/business/{firm.id}"' in page


def test_nobody_books_on_an_account_whose_owner_pauses(people):
    ada, ben = people.member("Ada Okafor"), people.member("Ben Ode")
    drives_with(ada, ben)
    with transaction():
        ada.status = MemberStatus.PAUSED
    with pytest.raises(AccountPaused) as refused:
        booked(ben)
    assert "Ada Okafor can end the pause" in refused.value.remedy
    with transaction():
        ada.status = MemberStatus.ACTIVE
    assert booked(ben, span=hours(40, 43)).member_id == ben.id
