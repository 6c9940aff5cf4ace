"""Booking through the API: what it costs is what is paid, a key acts once, and somebody else's booking is nobody's."""

import json
import threading
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from core.database import db, transaction
from core.outbox import OutboxRow
from core.time import wall_now
from experience.promises.models import Promise
from experience.record.models import Event
from fleet.tariffs.models import Tariff
from portal.account.models import MemberStatus
from portal.api.models import ApiAnswer
from portal.api.once import KEPT, forget_answers
from reservations.booking.cancel import cancel
from reservations.booking.change.change import change
from reservations.booking.change.proposal import Wish
from reservations.booking.models import Reservation, Status
from reservations.booking.queries import my_reservation
from tests.factories import NOON, a_car, hours
from tests.portal.api.machines import Machine, machine_of
from tests.reservations.made import booked

START, END = "2026-11-25T12:00:00-06:00", "2026-11-25T15:00:00-06:00"  # TOMORROW, by the city's clock


def wish(car=None, **more):
    return {"car_id": (car or a_car()).slug, "start": START, "end": END, **more}


def count(table=Reservation):
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_quote_is_what_the_booking_costs(app, machine, clock):
    quote = machine.ask("POST", "/quotes", wish(waiver="plus"))
    assert quote.status_code == 201
    assert sum(line["amount"]["amount"] for line in quote.json["lines"]) == quote.json["total"]["amount"]
    clock.forward(minutes=14)
    made = machine.ask("POST", "/reservations", wish(waiver="plus", quote_id=quote.json["id"]), key="k1")
    assert (made.status_code, made.json["price"]) == (201, quote.json["total"])
    assert (made.json["start"], made.json["end"], made.json["status"]) == (START, END, "booked")
    assert machine.send("GET", made.headers["Location"], headers={"Authorization": f"Bearer {machine.token}"}).json == made.json


def test_a_quote_that_has_run_out_or_is_about_another_time_books_nothing(app, machine, clock):
    quote = machine.ask("POST", "/quotes", wish()).json["id"]
    other = machine.ask("POST", "/reservations", wish(quote_id=quote, waiver="plus") | {"end": "2026-11-25T16:00:00-06:00"},
                        key="a")
    assert (other.status_code, [fault["field"] for fault in other.json["errors"]]) == (422, ["end", "waiver"])
    clock.forward(minutes=16)
    assert machine.ask("POST", "/reservations", wish(quote_id=quote), key="b").json["code"] == "offer_expired"
    unknown = machine.ask("POST", "/reservations", wish(quote_id="nobody"), key="c")
    assert (unknown.status_code, unknown.json["code"]) == (404, "quote_unknown")
    assert count() == 0


def test_a_quote_of_somebody_else_books_nothing(site, app, clock, machine, bo):
    quote = machine_of(site, bo, clock).ask("POST", "/quotes", wish()).json["id"]
    assert machine.ask("POST", "/reservations", wish(quote_id=quote), key="a").json["code"] == "quote_unknown"


def test_the_same_key_and_request_have_the_same_answer_and_book_once(app, machine):
    first = machine.ask("POST", "/reservations", wish(), key="k")
    again = machine.ask("POST", "/reservations", dict(reversed(wish().items())), key="k")
    assert (again.status_code, again.data, again.headers["Location"]) == (201, first.data, first.headers["Location"])
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert count() == 1
    machine.ask("DELETE", f"/reservations/{first.json['id']}")
    assert machine.ask("POST", "/reservations", wish(), key="k").data == first.data  # as it was answered then


def test_the_same_key_with_another_request_is_a_conflict(app, machine):
    machine.ask("POST", "/reservations", wish(), key="k")
    for body in (wish(waiver="plus"), wish(a_car(name="Acorn")) | {"end": "2026-11-25T17:00:00-06:00"}):
        answer = machine.ask("POST", "/reservations", body, key="k")
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_conflict")
    assert machine.ask("POST", "/quotes", wish(), key="k").json["code"] == "idempotency_conflict"
    assert count() == 1


def test_a_refusal_is_an_answer_too(app, machine, bo):
    theirs = booked(bo)
    first = machine.ask("POST", "/reservations", wish(), key="k")
    assert (first.status_code, first.json["code"]) == (409, "car_taken")
    cancel(reservation=theirs, now=NOON)
    assert machine.ask("POST", "/reservations", wish(), key="k").data == first.data
    assert machine.ask("POST", "/reservations", wish(), key="another").status_code == 201


def test_keys_are_each_members_own_and_end_after_two_days(site, app, clock, machine, bo):
    machine.ask("POST", "/reservations", wish(), key="k")
    other = machine_of(site, bo, clock).ask("POST", "/reservations", wish(), key="k")
    assert other.json["code"] == "car_taken"
    with transaction():
        for row in db.session.scalars(select(ApiAnswer)):
            row.at = wall_now() - KEPT - timedelta(seconds=1)
    assert machine.ask("POST", "/reservations", wish(), key="k").json["code"] == "car_taken"  # by their own booking
    assert forget_answers(wall_now() - timedelta(minutes=1)) == 0
    assert forget_answers(wall_now()) == 1
    assert count(ApiAnswer) == 1


@pytest.mark.parametrize("key", [None, "", " ", "two words", "x" * 201, "ü"])
def test_booking_needs_a_key_that_can_be_read(app, machine, key):
    headers = {"Authorization": f"Bearer {machine.token}"} | ({} if key is None else {"Idempotency-Key": key})
    answer = machine.send("POST", "/api/v1/reservations", json=wish(), headers=headers)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert count() == 0


def test_what_is_done_under_one_key_at_once_is_done_once(site, app, machine):
    """Twelve clients with one key and one wish: one booking, and one answer for all of them."""
    soon = wall_now() + timedelta(days=2)  # threads go by the wall's clock
    body = {"car_id": a_car().slug, **{name: f"{soon + timedelta(hours=later):%Y-%m-%dT%H:00:00+00:00}"
                                       for name, later in (("start", 0), ("end", 3))}}
    answers, start = [], threading.Barrier(12)

    def go():
        start.wait()
        with site.test_client(use_cookies=False) as client:
            answers.append(client.post("/api/v1/reservations", json=body, headers={
                "Authorization": f"Bearer {machine.token}", "Idempotency-Key": "at-once"}))
    threads = [threading.Thread(target=go) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert [answer.status_code for answer in answers] == [201] * 12
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert (count(), count(ApiAnswer)) == (1, 1)


def test_a_failure_keeps_neither_the_work_nor_an_answer(app, machine, monkeypatch):
    monkeypatch.setattr("portal.api.as_json.written", lambda said: 1 / 0)
    broken = machine.send("POST", "/api/v1/reservations", json=wish(), headers={
        "Authorization": f"Bearer {machine.token}", "Idempotency-Key": "k"})
    assert (broken.status_code, broken.json["code"]) == (500, "failed")
    assert (count(), count(ApiAnswer)) == (0, 0)
    monkeypatch.undo()
    assert machine.ask("POST", "/reservations", wish(), key="k").status_code == 201


def test_a_car_that_is_taken_comes_with_others_that_are_free(app, machine, bo):
    car = a_car()
    booked(bo, car)
    answer = machine.ask("POST", "/reservations", wish(car), key="k")
    assert (answer.status_code, answer.json["code"]) == (409, "car_taken")
    assert answer.json["alternatives"]
    assert car.slug not in {one["id"] for one in answer.json["alternatives"]}
    other = answer.json["alternatives"][0]
    made = machine.ask("POST", "/reservations", {"car_id": other["id"], **other["offered"]}, key="k2")
    assert (made.status_code, made.json["price"]) == (201, other["quote"]["total"])


def test_a_young_member_is_shown_others_at_what_they_pay_themselves(app, ada, machine, bo):
    with transaction():
        ada.born_on = date(2005, 11, 25)
    booked(bo)
    other = machine.ask("POST", "/reservations", wish(), key="k").json["alternatives"][0]
    assert "young_driver" in {line["code"] for line in other["quote"]["lines"]}
    made = machine.ask("POST", "/reservations", {"car_id": other["id"], **other["offered"]}, key="k2")
    assert (made.status_code, made.json["price"]) == (201, other["quote"]["total"])


def test_who_may_not_drive_books_nothing(app, ada, machine):
    with transaction():
        ada.status = MemberStatus.PAUSED
    answer = machine.ask("POST", "/reservations", wish(), key="k")
    assert (answer.status_code, answer.json["code"]) == (403, "may_not_drive")


@pytest.mark.parametrize(("body", "fields"), [
    ({}, ["car_id", "end", "start"]), ({"colour": "red"}, ["car_id", "colour", "end", "start"]),
    ({"car_id": 7, "start": 8, "end": None, "waiver": "none"}, ["car_id", "end", "start", "waiver"]),
    ({"car_id": "acorn", "start": START, "end": END, "price_cents": 1}, ["price_cents"]),
    ({"car_id": "acorn", "start": START, "end": END, "member_id": 1, "status": "returned"}, ["member_id", "status"])])
def test_every_field_at_fault_is_named_and_nothing_is_set_that_may_not_be(app, machine, body, fields):
    answer = machine.ask("POST", "/reservations", body, key="k")
    assert (answer.status_code, answer.json["code"]) == (422, "does_not_hold")
    assert sorted(fault["field"] for fault in answer.json["errors"]) == fields
    assert count() == 0
    stopped = db.session.execute(select(Event.step, Event.phase, Event.channel, Event.session_id, Event.facts)).all()
    assert [row[:4] for row in stopped] == [("book.confirm", "refused", "api", None)]
    assert set(stopped[0].facts["fields"].split(",")) <= {"car_id", "end", "start", "waiver", "form"}


@pytest.mark.parametrize(("sent", "status", "code"), [
    ({"data": "car_id=acorn", "content_type": "application/x-www-form-urlencoded"}, 415, "not_json"),
    ({"data": "{}"}, 415, "not_json"), ({"data": b"{", "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b"[1]", "content_type": "application/json"}, 422, "does_not_hold"),
    ({"data": b"null", "content_type": "application/json"}, 422, "does_not_hold"),
    ({"data": b'{"car_id":"\\u0000"}', "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b'{"car_id":"\\ud800"}', "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b'{"car_id":"\xff"}', "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b"[" * 100_000, "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b'{"x":' + b"9" * 5000 + b"}", "content_type": "application/json"}, 422, "unreadable_json"),
    ({"data": b"x" * 1_100_000, "content_type": "application/json"}, 413, "too_large")])
def test_what_is_no_json_object_is_refused(app, machine, sent, status, code):
    answer = machine.send("POST", "/api/v1/reservations", headers={
        "Authorization": f"Bearer {machine.token}", "Idempotency-Key": "k"}, **sent)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, "application/problem+json", code)


def test_the_list_has_every_booking_once_the_latest_first(app, ada, machine, bo):
    trips = [booked(ada, a_car(), hours(24 + 4 * n, 26 + 4 * n)) for n in range(5)]
    booked(bo, a_car(), hours(48, 50))
    seen, after = [], {}
    while after is not None:
        page = machine.get("/reservations", limit=2, **after).json
        seen += [one["id"] for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert seen == [trip.reference for trip in reversed(trips)]


def test_cancelling_answers_with_its_fee_and_twice_the_same(app, ada, machine, clock):
    trip = booked(ada)
    answer = machine.ask("DELETE", f"/reservations/{trip.reference}", max_fee=0)
    assert (answer.json["status"], answer.json["fee"]) == ("cancelled", {"amount": 0, "currency": "USD"})
    assert machine.ask("DELETE", f"/reservations/{trip.reference}").data == answer.data
    db.session.expire_all()
    assert my_reservation(ada, trip.reference).status == Status.CANCELLED


def test_cancelling_that_costs_more_than_one_is_ready_to_pay_is_refused(app, ada, machine, clock):
    trip = booked(ada)
    clock.forward(hours=23)
    answer = machine.ask("DELETE", f"/reservations/{trip.reference}", max_fee=0)
    assert (answer.status_code, answer.json["code"]) == (409, "dearer_than_shown")
    db.session.expire_all()
    assert my_reservation(ada, trip.reference).status == Status.BOOKED
    assert machine.ask("DELETE", f"/reservations/{trip.reference}").json["fee"]["amount"] > 0


def test_cancelling_under_a_key_happens_once_and_is_answered_the_same(app, ada, machine):
    path = f"/reservations/{booked(ada).reference}"
    first, again = machine.ask("DELETE", path, key="k"), machine.ask("DELETE", path, key="k")
    assert (first.status_code, first.json["status"], "Idempotent-Replayed" in first.headers) == (200, "cancelled", False)
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
    assert machine.ask("DELETE", path, key="k", max_fee=0).json["code"] == "idempotency_conflict"
    assert [tuple(row) for row in db.session.execute(select(Event.step, Event.phase).where(Event.step == "book.cancel"))] == [
        ("book.cancel", "succeeded")]


def test_the_most_that_somebody_would_pay_was_shown_by_nobody(app, ada, machine):
    trip = booked(ada)
    path = f"/reservations/{trip.reference}"
    assert machine.ask("PATCH", path, {"end": "2026-11-25T16:00:00-06:00", "max_difference": 100_000}).status_code == 200
    assert machine.ask("DELETE", path, max_fee=100_000).status_code == 200
    compared = db.session.execute(select(Event.step, Event.expected, Event.actual)
                                  .where(Event.step.in_(("book.change", "book.cancel"))).order_by(Event.step)).all()
    assert [tuple(row) for row in compared] == [("book.cancel", None, None), ("book.change", None, None)]
    assert db.session.scalars(select(Promise.kind).where(Promise.kind == "cancel_fee")).all() == []


def test_a_change_costs_the_difference_and_happens_once(app, ada, machine):
    trip = booked(ada)
    path, later = f"/reservations/{trip.reference}", {"end": "2026-11-25T16:00:00-06:00"}
    refused = machine.ask("PATCH", path, {**later, "max_difference": 0}, key="a")
    assert (refused.status_code, refused.json["code"]) == (409, "change_dearer_than_shown")
    assert machine.get(path).json["end"] == END
    changed = machine.ask("PATCH", path, later, key="b")
    assert (changed.status_code, changed.json["end"], changed.json["start"]) == (200, later["end"], START)
    assert changed.json["price"]["amount"] > trip.price_cents
    assert machine.ask("PATCH", path, later, key="b").data == changed.data
    assert machine.ask("PATCH", path, later, key="c").json["code"] == "nothing_to_change"
    (fault,) = machine.ask("PATCH", path, {"max_difference": 5}, key="d").json["errors"]
    assert (fault["field"], fault["says"]) == ("body", "Send start, end or car_id: what should be another.")


def test_what_a_change_would_cost_is_asked_before_and_changes_nothing(app, ada, bo, machine):
    trip = booked(ada)
    path, later = f"/reservations/{trip.reference}", {"end": "2026-11-25T16:00:00-06:00"}
    said = machine.ask("POST", f"{path}/change-quote", later)
    assert (said.status_code, said.json["kind"], said.json["before"]["amount"]) == (200, "extend", trip.price_cents)
    assert sum(line["amount"]["amount"] for line in said.json["lines"]) == said.json["total"]["amount"]
    assert machine.get(path).json["end"] == END
    more = said.json["difference"]["amount"]
    changed = machine.ask("PATCH", path, later | {"max_difference": more}, key="a")
    assert changed.json["price"]["amount"] == trip.price_cents + more == said.json["total"]["amount"]
    booked(bo, a_car(), hours(30, 32))
    taken = machine.ask("POST", f"{path}/change-quote", {"end": "2026-11-25T19:00:00-06:00"})
    assert (taken.status_code, taken.json["code"]) == (409, "car_taken")


def test_a_car_that_the_member_has_booked_already_is_taken_by_that_booking(app, ada, machine):
    trip = booked(ada)
    answer = machine.ask("POST", "/reservations", wish(), key="a")
    assert (answer.status_code, answer.json["code"], answer.json["reservation_id"]) == (409, "car_taken", trip.reference)
    assert "You have booked" in answer.json["title"]


def test_a_change_into_a_time_that_the_member_has_booked_already_names_that_booking(app, ada, bo, machine):
    trip, next_one = booked(ada), booked(ada, span=hours(28, 30))
    for method, way in (("POST", "/change-quote"), ("PATCH", "")):
        answer = machine.ask(method, f"/reservations/{trip.reference}{way}", {"end": "2026-11-25T17:00:00-06:00"})
        assert (answer.status_code, answer.json["code"]) == (409, "yours_already")
        assert answer.json["reservation_id"] == next_one.reference
    booked(bo, a_car(), hours(31, 33))
    answer = machine.ask("PATCH", f"/reservations/{next_one.reference}", {"end": "2026-11-25T20:00:00-06:00"})
    assert (answer.json["code"], "Nothing was booked." in answer.text, "changed" in answer.json["detail"]) == (
        "car_taken", False, True)


def test_a_class_that_had_no_price_at_the_booking_is_refused_in_words(app, ada, machine):
    trip, van = booked(ada), a_car(car_class="suv")
    with transaction():
        db.session.execute(delete(Tariff).where(Tariff.car_class == "suv"))
    for method, way in (("POST", "/change-quote"), ("PATCH", "")):
        answer = machine.ask(method, f"/reservations/{trip.reference}{way}", {"car_id": van.slug})
        assert (answer.status_code, answer.json["code"]) == (409, "class_without_price")


def test_a_change_into_somebody_elses_time_is_refused_and_changes_nothing(app, ada, bo, machine):
    trip = booked(ada)
    booked(bo, a_car(), hours(27, 29))
    answer = machine.ask("PATCH", f"/reservations/{trip.reference}", {"end": "2026-11-25T16:00:00-06:00"}, key="a")
    assert (answer.status_code, answer.json["code"]) == (409, "car_taken")
    assert machine.get(f"/reservations/{trip.reference}").json["end"] == END


def test_how_easy_a_refused_change_was_is_asked_also_under_a_key(app, ada, bo, machine):
    trip = booked(ada)
    booked(bo, a_car(), hours(27, 29))
    for key in ("a", None):
        machine.ask("PATCH", f"/reservations/{trip.reference}", {"end": "2026-11-25T16:00:00-06:00"}, key=key)
        asked = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "ask")).one()
        assert (asked.facts["solicitation"], asked.facts["reservation_id"]) == ("change_ease", trip.id)


@pytest.mark.parametrize("key", [None, "k"])
def test_what_a_change_leaves_out_stays_as_somebody_else_has_just_made_it(app, ada, machine, key):
    """The start and the car are changed while a machine asks for another end: it waits, and keeps both."""
    trip, other = booked(ada), a_car(car_class="suv")
    path, answers = f"/reservations/{trip.reference}", []
    machine.get(path)  # its token has been used: the next request writes no more about that
    asks = threading.Thread(target=lambda: answers.append(
        machine.ask("PATCH", path, {"end": "2026-11-25T16:00:00-06:00"}, key=key)))
    with transaction():
        change(reservation=trip, wish=Wish(other, hours(23, 27)), shown=None, once="page", now=NOON)
        asks.start()
        time.sleep(0.6)  # it has read what it may read by now, and waits for this one to end
        assert answers == []
    asks.join()
    said = answers[0].json
    assert (answers[0].status_code, said["start"], said["end"], said["car"]["id"]) == (
        200, "2026-11-25T11:00:00-06:00", "2026-11-25T16:00:00-06:00", other.slug)


def _without_number(answer):
    said = json.loads(answer.text)
    del said["request_id"]
    headers = {name: value for name, value in answer.headers if name not in ("X-Request-Id", "Date")}
    return answer.status_code, said, headers


@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", "", None), ("DELETE", "", None), ("PATCH", "", {"end": END}), ("POST", "/change-quote", {"end": END}),
    ("POST", "/unlock", None), ("POST", "/flash", None),
    ("POST", "/return", {"odometer": 1, "energy": 50}), ("POST", "/reports", {"kind": "skipped"}),
    ("POST", "/fuel-stops", {"paid_by": "card", "station": "Shell", "amount": {"amount": 100, "currency": "USD"},
                             "volume_thousandths": 1000}),
    ("GET", "/commands/0193642e-7c00-7abc-8def-0123456789ab", None)])
@pytest.mark.check("idor")
def test_somebody_elses_booking_is_word_for_word_like_none_at_all(site, app, clock, machine, bo, method, path, body):
    theirs = booked(bo).reference
    other = Machine(site, clock, machine.token)
    said = [other.ask(method, f"/reservations/{reference}{path}", body, key=key)
            for reference, key in ((theirs, "one"), ("0" * len(theirs), "two"))]
    assert said[0].status_code == 404
    assert _without_number(said[0]) == _without_number(said[1])


def test_booking_is_a_step_of_the_apis_channel_without_a_visit(site, app, machine):
    machine.ask("POST", "/reservations", wish(), key="k")
    found = db.session.execute(select(Event.step, Event.phase, Event.channel, Event.actor, Event.session_id)
                               .where(Event.step == "book.confirm")).all()
    assert [tuple(row) for row in found] == [("book.confirm", "succeeded", "api", "member", None)]
