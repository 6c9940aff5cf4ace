"""Anyone may say how a step is going; the words are for the team's eyes only."""

from typing import Any

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from sqlalchemy import select, text

from core.database import db
from experience.asks.models import Note
from experience.journey import Step
from experience.record.pids import pid_of
from tests.experience.given import browser_of, log, press
from tests.factories import People, a_car, csrf_of, hidden, hours
from tests.fleet.made import booked

WORDS = "The bay number is hidden behind the bikes."
A_STEP, NO_STEP = "/how-it-works", "/privacy"


def notes(site: Flask) -> list[Note]:
    with site.app_context():
        return list(db.session.scalars(select(Note).order_by(Note.id)))


def say(client: FlaskClient, **fields: Any) -> Any:
    return press(client, A_STEP, "/feedback", **{"step": "pickup.check", "mood": "bad", "page": A_STEP, **fields})


def test_a_step_asks_quietly_and_other_pages_do_not(visitor: FlaskClient) -> None:
    html = visitor.get(f"{A_STEP}?near=here").text
    assert hidden(html, "step") == "learn.coverage"
    assert hidden(html, "page") == f"{A_STEP}?near=here"
    assert html.count('name="mood"') == 3
    assert '<details id="step-note">' in html
    assert "step-note" not in visitor.get(NO_STEP).text


def test_a_page_about_a_trip_says_which(site: Flask) -> None:
    with site.test_request_context("/"):
        html = render_template("experience/asks/step_note.html", step=Step.PICKUP_CHECK, note_trip="abc123")
    assert hidden(html, "trip") == "abc123"


def test_a_visitors_note_is_kept(site: Flask) -> None:
    answer = say(site.test_client(), words=WORDS)
    assert (answer.status_code, answer.location) == (302, A_STEP)
    note = notes(site)[0]
    assert (note.step, note.mood, note.status, note.member_id, note.facts) == ("pickup.check", "bad", "new", None, {})


def test_thanks_stand_on_the_page_they_come_back_to(site: Flask) -> None:
    client = site.test_client()
    assert "Thank you." in client.get(say(client).location).text


def test_a_script_gets_an_answer_without_a_page(site: Flask) -> None:
    client = site.test_client()
    token = csrf_of(client.get(A_STEP).text)
    answer = client.post("/feedback", data={"csrf_token": token, "step": "pickup.check", "mood": "good"},
                         headers={"X-Requested-With": "steps"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert notes(site)[0].words_sealed is None


def test_a_members_note_carries_the_plan_and_its_event(site: Flask) -> None:
    with site.app_context():
        member = People().member()
        client, member_id = browser_of(site, member.user), member.id
    say(client)
    with site.app_context():
        note = db.session.scalars(select(Note)).one()
        event = log(Step.HELP_CONTACT)[-1]
        assert (note.member_id, note.facts, note.event_id) == (member_id, {"plan": "regular"}, event.id)
        assert (event.phase, event.facts) == ("succeeded", {"about": "pickup.check", "mood": "bad", "plan": "regular"})
        assert event.member_pid == pid_of("member", member_id)


def test_a_note_on_the_members_own_trip_carries_its_facts(site: Flask) -> None:
    with site.app_context():
        member, car = People().member(), a_car()
        trip, client = booked(car, member, hours(0, 2)), browser_of(site, member.user)
        reference, expected = trip.reference, (trip.id, {"car_id": car.id, "car_class": car.car_class,
                                                         "lot_id": car.lot_id, "plan": "regular"})
    say(client, trip=reference)
    with site.app_context():
        note, event = db.session.scalars(select(Note)).one(), log(Step.HELP_CONTACT)[-1]
        assert (note.reservation_id, note.facts) == expected
        assert event.journey_id == str(pid_of("trip", expected[0]))


def test_a_foreign_trip_is_ignored_and_the_note_kept(site: Flask) -> None:
    with site.app_context():
        reference = booked(a_car(), People().member(), hours(0, 2)).reference
        somebody_else = browser_of(site, People().member().user)
    for client in (somebody_else, site.test_client()):
        say(client, trip=reference)
    assert [(note.reservation_id, note.facts) for note in notes(site)] == [(None, {"plan": "regular"}), (None, {})]


def test_words_are_sealed_at_rest(site: Flask) -> None:
    say(site.test_client(), words=f"  {WORDS}\r\nReally.  ")
    with site.app_context():
        raw = db.session.execute(text("SELECT * FROM notes")).mappings().one()
        assert "bikes" not in repr(dict(raw))
        assert "bikes" not in repr([event.facts for event in log()])
        assert site.extensions["adapters"].seal.open(raw["words_sealed"]) == f"{WORDS}\nReally."


@pytest.mark.parametrize(("fields", "told"), [
    ({"step": "pickup.nowhere"}, "which page this is about"), ({"step": ""}, "which page this is about"),
    ({"mood": "furious"}, "Choose good, so-so or bad."), ({"mood": ""}, "Choose good, so-so or bad."),
    ({"words": "x" * 1001}, "longer than 1000 letters"), ({"trip": "x" * 41}, "40")])
def test_what_does_not_hold_is_said_and_nothing_typed_is_lost(site: Flask, fields: dict[str, str], told: str) -> None:
    answer = say(site.test_client(), **{"words": WORDS, **fields})
    assert answer.status_code == 422
    assert told in answer.text
    assert fields.get("words", WORDS) in answer.text
    assert notes(site) == []


def test_a_line_end_counts_as_one_letter(site: Flask) -> None:
    assert say(site.test_client(), words="a\r\n" * 500).status_code == 302


def test_a_note_from_another_site_is_not_taken(site: Flask) -> None:
    assert site.test_client().post("/feedback", data={"step": "pickup.check", "mood": "bad"}).status_code == 400
    assert notes(site) == []


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "",
                                    "javascript:alert(1)", "/\nSet-Cookie: a=b"])
def test_the_way_back_stays_on_this_site(site: Flask, target: str) -> None:
    assert say(site.test_client(), page=target).location == "/"


@pytest.mark.one_database
def test_ten_notes_a_minute_are_enough(limited_site: Flask) -> None:
    client = limited_site.test_client()
    token = csrf_of(client.get(A_STEP).text)
    answers = [client.post("/feedback", data={"csrf_token": token, "step": "pickup.check", "mood": "good"}).status_code
               for _ in range(11)]
    assert answers == [302] * 10 + [429]


def test_a_card_number_in_the_words_is_not_kept(site: Flask, visitor: FlaskClient) -> None:
    say(visitor, words="My card 4242 4242 4242 4242 was refused.")
    assert site.extensions["adapters"].seal.open(notes(site)[0].words_sealed) == "My card •••• 4242 was refused."
