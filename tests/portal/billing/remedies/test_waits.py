"""What waits for a person is shown as waiting, and as given only once it is: on the member's page and in the case."""

import pytest
from sqlalchemy import select

from core.database import db
from core.money import Money
from core.time import now
from experience.cases.models import Case
from experience.cases.remedy import give_case_credit
from experience.promises.kinds import PromiseKind as K
from portal.account.models import Role
from portal.billing.adjustments.give import decide_adjustment
from portal.worker import do_due
from tests.experience.cases.given import a_case, again, closed, key, taken
from tests.factories import NOON
from tests.portal.billing.made import payer
from tests.portal.billing.remedies.test_remedies import broken
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database
FIRST = "Nothing is given yet: somebody of ours looks at it first"
SECOND = "$250.00 (waits for a second person, not given yet)"


def test_a_remedy_that_somebody_looks_at_first_is_not_shown_as_given(app, people, clock):
    member, mara = people.member(), people.staff(Role.CX)
    for number in range(3):
        broken(member, K.CLEAN, f"trip:{number}", actual=1)
    do_due(app)
    do_due(app)
    page = words_of(browser_of(app, member.user, clock).get("/account/promises"))
    assert (page.count("We gave you $10.00 of credit"), page.count(FIRST)) == (2, 1)
    case = db.session.scalars(select(Case)).one()
    closed(app, taken(app, case, mara.id), mara.id)
    assert FIRST not in words_of(browser_of(app, member.user, clock).get("/account/promises"))


@pytest.mark.parametrize("agree", [True, False])
def test_credit_above_ones_limit_waits_in_the_case_and_is_nowhere_shown_as_given(app, people, clock, agree):
    member, mara = people.member(), people.staff(Role.CX)
    case = taken(app, a_case(member.id), mara.id)
    given = give_case_credit(case_id=case.id, amount=Money(25_000), why="goodwill", by_user_id=mara.id,
                             seen=again(case).version, once=key(), now=NOON)
    do_due(app)
    path = f"/experience/cases/{case.id}"
    assert SECOND in words_of(browser_of(app, mara, clock).get(path))
    mine = browser_of(app, member.user, clock)
    assert payer(member).credit_cents == 0
    for page in ("/account/promises", "/account/statement", "/inbox"):
        assert "250.00" not in words_of(mine.get(page)), page
    decide_adjustment(adjustment=given, agree=agree, by_user_id=people.staff(Role.FINANCE).id, now=now())
    do_due(app)
    said = words_of(browser_of(app, mara, clock).get(path))
    assert SECOND not in said
    assert ("$250.00 (turned down, not given)" in said) is not agree
    assert payer(member).credit_cents == (25_000 if agree else 0)
    assert ("250.00" in words_of(mine.get("/inbox"))) is agree
