"""Searching help: what people type leads to the answer they mean, slips and other words included, or to a person."""

import pytest

from experience.journey import Step
from portal.help.answers import answers
from portal.help.find import find_answers
from tests.factories import NOON
from tests.portal.site.seen import views_of

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(("typed", "meant"), [
    ("cant unlok my car", "unlock"), ("gas recipt", "fuel"), ("petrol", "fuel"), ("speeding ticket", "ticket"),
    ("i crashed", "accident"), ("tire flat", "accident"), ("deductable", "damage-cost"), ("lost my wallet", "left"),
    ("canceling", "cancel"), ("talk to a human", "reach"), ("running late traffic", "late"), ("smells of smoke", "dirty"),
    ("how much does it cost", "price"), ("where are cars", "where"), ("my card was declined", "declined"),
    ("leave membership", "leaving"), ("wheelchair", "needs"), ("change my email adress", "address"),
    ("download my data", "data"), ("erase everything about me", "data"), ("lost fob", "fob"), ("company invoice", "business"),
    ("my wife wants to drive on my account", "drivers"), ("api token", "programs"), ("refer a friend", "friends"),
    ("food stamps snap", "reduced"), ("promo code", "promo")])
def test_what_is_typed_leads_to_what_is_meant(app, typed, meant):
    with app.test_request_context():
        assert find_answers(answers(NOON), typed)[0].answer.slug == meant


@pytest.mark.parametrize("typed", ["quantum chromodynamics", "the", "zzqq", "?!", "'"])
def test_what_is_in_no_answer_finds_none(app, typed):
    with app.test_request_context():
        assert find_answers(answers(NOON), typed) == []


def test_each_result_comes_with_the_sentence_that_fits(app):
    with app.test_request_context():
        found = find_answers(answers(NOON), "receipt of the pump")[0]
    assert "Enter the receipt within 30" in found.passage
    assert "glove box" not in found.passage


def test_a_search_without_a_result_leads_to_a_person_and_is_counted(site, clock):
    client = site.test_client()
    page = client.get("/help?q=quantum+chromodynamics").text
    assert "No answer here fits that." in page
    assert "/help/contact" in page.split("No answer here fits that.")[1]
    assert client.get("/help?q=fuel").status_code == 200
    assert [(view.step, view.facts) for view in views_of(site)] == [(Step.HELP_CONTACT, {"found": 0})]
