"""The reviewers' queue: by its clock, for reviewers alone, and dealt out so that nobody gets what is not theirs to decide."""

import csv
import io

import pytest

from portal.account.errors import ReviewersOnly
from portal.account.models import Role
from portal.desk.applications.queue import Matters, next_matter, waiting_count
from portal.desk.needs import needs_of_reviewers
from portal.licence.queries import open_licence_of
from portal.licence.review import take
from portal.signup.decide import decide
from portal.signup.eligibility import LicenceFrom
from portal.signup.models import Verdict
from tests.factories import NOON
from tests.reservations.pages import browser_of, words_of

QUEUE = "/office/applications/"


def listed(reviews, **args) -> list[str]:
    rows = reviews.browser.get(QUEUE, **args).text.split("<tbody>", 1)[1].split("</tbody>")[0]
    return [part.split('"', 1)[0] for part in rows.split(f'href="{QUEUE}')[1:]]


def refuse(browser, matter) -> None:
    answer = browser.post(f"{QUEUE}{matter.id}/refuse", **{"refuse-reasons": ["unreadable"], "refuse-words": "All is dark."})
    assert answer.status_code == 302


def test_everything_that_no_rule_decides_stands_in_one_line_by_its_clock(reviews):
    late = reviews.applied("Lena Frost")
    refused = reviews.applied("Milo Hart")
    refuse(reviews.ottos, refused)
    reviews.clock.forward(hours=23)
    again = reviews.shown_again("Ada Okafor")
    appeal = reviews.appealed(refused)
    reviews.clock.forward(hours=2)
    soon = reviews.applied("Nora Bell")
    reviews.applied("Olga Stern", licence_from=LicenceFrom.US, judged=False)  # the rules are at it
    everything = [str(late.id), *sorted([str(again.id), str(appeal.id)]), str(soon.id)]
    assert listed(reviews) == everything
    assert listed(reviews, sort="-due")[0] == str(soon.id)
    assert listed(reviews, show="overdue") == [str(late.id)]
    assert [listed(reviews, kind=kind) for kind in ("application", "appeal", "licence")] == [
        [str(late.id), str(soon.id)], [str(appeal.id)], [str(again.id)]]
    assert listed(reviews, q="frost") == [str(late.id)]
    assert waiting_count(reviews.clock()) == 4
    reviews.browser.post(f"{QUEUE}{soon.id}/take")
    assert listed(reviews, show="mine") == [str(soon.id)]
    assert str(soon.id) not in listed(reviews, show="nobody")
    reviews.clock.forward(minutes=11)
    assert waiting_count(reviews.clock()) == 5, "what the rules have not decided by now is a person's"
    page = words_of(reviews.browser.get(QUEUE))
    assert "Overdue" in page
    assert "It is from a country" in page or "a country whose licences a person has to look at" in page
    for sort in Matters.SORTS:
        assert len(listed(reviews, sort=sort)) == 5


def test_what_needs_a_reviewer_counts_the_rows_behind_it_on_the_first_page_and_over_every_list(reviews):
    refused = reviews.applied("Milo Hart")
    refuse(reviews.ottos, refused)
    reviews.appealed(refused)
    reviews.applied(), reviews.applied(), reviews.shown_again()
    with reviews.app.test_request_context():
        found = needs_of_reviewers(reviews.clock(), reviews.ines.id)
    assert [need.count for need in found] == [2, 1, 1, 0]  # the last are requests for the reduced tier
    for need in found[:3]:
        assert f"of {need.count}" in words_of(reviews.browser.send(need.href))
    start = words_of(reviews.browser.get("/office/"))
    assert "Appeals to hear" in start
    assert "Disputes" not in start, "which a reviewer may not open"
    assert "Applications (4)" in start
    assert 'class="mark" href="/office/applications/"' in reviews.browser.get(QUEUE).text


def test_next_deals_out_what_is_due_first_and_never_what_one_may_not_decide(reviews):
    refused = reviews.applied("Milo Hart")
    refuse(reviews.browser, refused)
    reviews.appealed(refused)
    taken, free, mine = (reviews.applied(name) for name in ("Lena Frost", "Nora Bell", "Olga Stern"))
    reviews.ottos.post(f"{QUEUE}{taken.id}/take")
    reviews.browser.post(f"{QUEUE}{mine.id}/take")
    at = reviews.clock()
    assert [next_matter(reviews.ines.id, at), next_matter(reviews.ines.id, at, after=mine.id)] == [mine.id, free.id]
    assert next_matter(reviews.ines.id, at, after=free.id) == mine.id, "round and round"
    assert reviews.browser.get(f"{QUEUE}next", after=str(mine.id)).location == f"{QUEUE}{free.id}"
    assert next_matter(reviews.otto.id, at) == taken.id
    for each in (free, mine):
        reviews.browser.post(f"{QUEUE}{each.id}/approve")
    assert "Nobody waits for you. Well done." in reviews.browser.send(f"{QUEUE}next", follow_redirects=True).text


@pytest.mark.one_database
def test_it_is_open_to_reviewers_and_admin_alone_and_its_pictures_to_reviewers(reviews):
    applied = reviews.applied()
    others = [browser_of(reviews.app, user, reviews.clock) for user in (applied.member.user, reviews.people.member().user, *(
        reviews.people.staff(role) for role in (Role.CX, Role.SUPPORT, Role.FINANCE, Role.FLEET)))]
    admin = browser_of(reviews.app, reviews.people.staff(Role.ADMIN), reviews.clock)
    one = f"{QUEUE}{applied.id}"
    picture = f"/licence/pictures/{open_licence_of(applied.member_id).picture('front').id}"
    for path in (QUEUE, f"{QUEUE}queue.csv", f"{QUEUE}next", one, f"{one}/front"):
        assert [browser.get(path).status_code for browser in others] == [403] * 6, path
        assert (admin.get(path).status_code in (200, 302)) == (not path.endswith("/front")), path
    assert [browser.get(picture).status_code for browser in (*others, admin)] == [200, 404, 403, 403, 403, 403, 403]
    for deed in ("take", "put-back", "approve", "refuse", "picture"):
        assert [browser.post(f"{one}/{deed}").status_code for browser in others] == [403] * 6, deed
        assert admin.post(f"{one}/{deed}").status_code == 403, "who may not see the pictures decides nothing"
    assert ("Reviewers decide this." in words_of(admin.get(one)), 'action="/office' in admin.get(one).text) == (True, False)
    with pytest.raises(ReviewersOnly):
        decide(application=applied, verdict=Verdict.APPROVED, reasons=(), reviewer=reviews.people.staff(Role.ADMIN), now=NOON)
    with pytest.raises(ReviewersOnly):
        take(licence=reviews.shown_again(), reviewer=reviews.people.staff(Role.ADMIN))
    assert reviews.app.test_client().get(QUEUE).location.startswith("/sign-in")


@pytest.mark.one_database
def test_a_spreadsheet_has_every_row_and_no_sealed_word(reviews):
    applied = reviews.applied("=Milo Hart")
    rows = list(csv.DictReader(io.StringIO(reviews.browser.get(f"{QUEUE}queue.csv").text)))
    assert [(row["id"], row["who"], row["why"], row["state"]) for row in rows] == [
        (str(applied.id), "'=Milo Hart", "from_abroad", "submitted")]


@pytest.mark.one_database
def test_drafts_and_what_was_withdrawn_are_nobodys_to_look_at(reviews):
    applied = reviews.applied()
    applied.state = "withdrawn"
    reviews.fresh(applied)
    assert reviews.browser.get(f"{QUEUE}{applied.member_id}").status_code == 404
    assert reviews.browser.get(f"{QUEUE}00000000-0000-0000-0000-000000000001").status_code == 404
