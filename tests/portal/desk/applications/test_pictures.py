"""Pictures of licences at the desk: side by side, each look written down and shown, and nothing that is not needed."""

from dataclasses import fields

import pytest
from sqlalchemy import select

from core.database import db
from experience.asks.models import Mood
from experience.asks.say import say_how_it_goes
from experience.journey import Step
from portal.desk.applications.page import Matter, Typed
from portal.licence.models import LookedFor, PictureView
from portal.licence.queries import open_licence_of
from tests.portal.licence.showing import a_verified, outside
from tests.reservations.made import booked
from tests.reservations.pages import words_of


def looks(user):
    return [(each.looked_for, each.picture_id) for each in db.session.scalars(
        select(PictureView).where(PictureView.user_id == user.id).order_by(PictureView.id))]


def test_each_look_is_written_down_and_stands_on_the_page(reviews):
    applied = reviews.applied()
    page = f"/office/applications/{applied.id}"
    sides = {each.side: each.id for each in open_licence_of(applied.member_id).pictures}
    text = reviews.browser.get(page).text
    assert [text.count(f'src="/licence/pictures/{sides[side]}"') for side in ("front", "back", "selfie")] == [1, 1, 1]
    assert looks(reviews.ines) == [], "the page itself shows none: the pictures do"
    answer = reviews.browser.get(f"/licence/pictures/{sides['back']}")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert answer.data.startswith(b"\xff\xd8")
    reviews.browser.get(f"/licence/pictures/{sides['back']}")
    assert looks(reviews.ines) == [(LookedFor.REVIEW, sides["back"])] * 2
    assert "Ines Duarte Back to decide" in words_of(reviews.ottos.get(page))
    assert f'src="/licence/pictures/{sides["selfie"]}"' in reviews.browser.get(f"{page}/selfie").text


@pytest.mark.one_database
def test_a_picture_that_is_not_there_is_said_and_answers_as_nothing(reviews):
    applied = reviews.applied()
    kept = open_licence_of(applied.member_id).picture("back")
    kept.gone_at = reviews.clock()
    db.session.commit()
    page = f"/office/applications/{applied.id}"
    assert "no picture" in words_of(reviews.browser.get(page))
    assert {reviews.browser.get(address).status_code for address in (
        f"{page}/back", f"{page}/top", f"/licence/pictures/{kept.id}")} == {404}


def test_who_was_here_before_and_who_else_has_the_number_is_shown(reviews):
    number = "D400-1234-7777"
    a_verified(reviews.people.member("Greta Lund"), number=number, now=reviews.clock())
    applied = reviews.applied(number="d400 1234 7777")
    told = words_of(reviews.browser.get(f"/office/applications/{applied.id}"))
    assert "Greta Lund has shown a licence of the same number" in told
    assert "D40012347777" in told
    assert "has applied for nothing and shown nothing before" in told
    licence = reviews.shown_again("Ada Okafor")
    before = words_of(reviews.browser.get(f"/office/applications/{licence.id}"))
    assert "by the rules" in before
    assert "came to no clear result" in before


@pytest.mark.one_database
@pytest.mark.check("fields")
def test_a_reviewer_sees_what_the_list_allows_and_nothing_of_trips_money_or_feedback(reviews):
    licence = reviews.shown_again("Ada Okafor")
    member = licence.member
    trip = booked(member, now=reviews.clock())
    say_how_it_goes(member=member, step=Step.FIND_SEARCH, mood=Mood.BAD, words="Sand on the seat.", trip=None, facts={},
                    seal=outside().seal, now=reviews.clock())
    text = reviews.browser.get(f"/office/applications/{licence.id}").text
    for hidden in (trip.reference, trip.car.plate, trip.car.name, "Sand on the seat", "4242", "$"):
        assert hidden not in text.split("<main", 1)[1], hidden
    assert {field.name for field in fields(Typed)} == {
        "name", "email", "born_on", "licence_name", "number", "issued_in", "held_since", "expires_on", "violation_on", "plan"}
    assert {field.name for field in fields(Matter)} == {
        "id", "kind", "state", "member_id", "since", "due_at", "holder_id", "holder", "typed", "doubts", "in_the_way",
        "verdict", "checked_at", "licence_reasons", "pictures", "appeal", "barred", "decided_at", "decider", "reasons",
        "answer", "retake", "reapply_on", "licence_id"}
