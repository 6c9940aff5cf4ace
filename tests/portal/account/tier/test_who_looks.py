"""Pictures of benefits and of licences open to reviewers who came in with two factors, and to nobody else at work."""

import io
from uuid import UUID

import pytest

from portal.account.errors import ReviewersOnly
from portal.account.models import Role
from portal.account.tier.ask import ask_for_tier
from portal.account.tier.decide import take
from portal.account.tier.models import Benefit
from portal.licence.models import Side
from tests.factories import NOON
from tests.portal.account.security.made import an_app, at_the_code, code_of
from tests.portal.licence.showing import a_draft, outside, photo
from tests.reservations.pages import browser_of, words_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def pictures(people):
    """Ada, and the addresses of both of her pictures."""
    ada, around = people.member(), outside()
    tier = ask_for_tier(member=ada, benefit=Benefit.SNAP, stream=io.BytesIO(photo()), now=NOON, files=around.files,
                        seal=around.seal)
    return ada, (f"/tier/pictures/{tier.id}", f"/licence/pictures/{a_draft(ada).picture(Side.FRONT).id}")


def _answers(browser, addresses) -> list[int]:
    return [browser.get(address).status_code for address in addresses]


def test_a_reviewer_without_a_second_factor_sees_no_picture(site, app, clock, people, pictures):
    (ada, addresses), ines = pictures, people.staff(Role.REVIEWER)
    site.config["STAFF_SECOND_FACTOR"] = True
    assert _answers(browser_of(app, ines, clock), addresses) == [404, 404]
    assert _answers(browser_of(app, ada.user, clock), addresses) == [200, 200], "her own are hers"
    secret = an_app(site, ines)
    browser = at_the_code(site, clock, ines.email)
    browser.fill_in("/sign-in/code", code=code_of(secret))
    assert _answers(browser, addresses) == [200, 200]


def test_whoever_runs_the_service_sees_no_picture_also_at_the_desk(app, clock, people, pictures):
    _ada, addresses = pictures
    browser = browser_of(app, people.staff(Role.ADMIN), clock)
    assert _answers(browser, addresses) == [403, 403]
    page = browser.get(addresses[0].replace("/tier/pictures/", "/office/tiers/"))
    assert (page.status_code, "for reviewers only" in page.text, addresses[0] in page.text) == (200, True, False)
    assert ("Reviewers decide this." in words_of(page), 'action="/office' in page.text) == (True, False)
    request_id = addresses[0].rsplit("/", 1)[1]
    assert {browser.post(f"/office/tiers/{request_id}/{deed}").status_code
            for deed in ("take", "put-back", "grant", "refuse")} == {403}
    with pytest.raises(ReviewersOnly):
        take(request_id=UUID(request_id), reviewer=people.staff(Role.ADMIN))
