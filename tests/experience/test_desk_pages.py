"""The CX team's pages: open to them alone, each number with the rows behind it, live without a reload."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select

from core.database import db
from core.outbox import OutboxRow
from core.time import now
from experience.asks.models import Mood, Note
from experience.desk.filters import JourneyFilters, NoteFilters, page_number
from experience.desk.reply import reply
from experience.desk.today import the_day
from experience.desk.words import how_long
from experience.journey import Phase, Step
from fleet.lots.models import Lot
from portal.account.models import Role
from portal.web.say import CITY_ZONE
from tests.experience.given import a_note, browser_of, happened, log, minutes, press, staff_browser, write
from tests.factories import People

PAGES = ["/experience/", "/experience/journey", "/experience/promises", "/experience/promises/rows",
         "/experience/promises.csv", "/experience/voices", "/experience/voices.csv", "/experience/compare",
         "/experience/compare.csv", "/experience/gap", "/experience/views", "/experience/export",
         "/experience/export/events.csv",
         "/experience/export/events.parquet", f"/experience/who/{UUID(int=1)}",
         "/experience/parts/journey", "/experience/journey.csv", "/experience/steps/book.confirm",
         "/experience/journeys/a-trip", "/experience/parts/journeys/a-trip", "/experience/feedback",
         "/experience/parts/feedback", "/experience/feedback.csv", "/experience/feedback/1"]


@pytest.fixture
def lived(site: Flask) -> Flask:
    """A site on which a little has happened."""
    at = now() - minutes(60)
    with site.app_context():
        lot_id = db.session.scalar(select(Lot.id).order_by(Lot.id))
        facts = {"lot_id": lot_id, "car_class": "wagon", "car_id": 1}
        write(happened(Step.BOOK_CONFIRM, Phase.ENTERED, at, session="s", facts=facts),
              happened(Step.BOOK_CONFIRM, Phase.REFUSED, at + minutes(1), session="s", journey="a-trip", facts=facts,
                       error_code="car_taken", duration_ms=31),
              happened(Step.BOOK_CONFIRM, Phase.SUCCEEDED, at + minutes(2), session="s", journey="a-trip", facts=facts,
                       attempt=2))
        a_note(site, member=People().member(), words="<b>Taken</b> when I pressed.", step=Step.BOOK_CONFIRM,
               at=at + minutes(3), **facts)
    return site


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements run inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.one_database
@pytest.mark.parametrize("path", PAGES)
def test_the_desk_is_the_teams_alone(lived: Flask, path: str) -> None:
    with lived.app_context():
        browsers = [browser_of(lived, People().member().user), browser_of(lived, People().staff(Role.FLEET))]
    assert [client.get(path).status_code for client in browsers] == [403, 403]
    assert lived.test_client().get(path).status_code == 302
    assert staff_browser(lived).get(path, buffered=True).status_code == 200


@pytest.mark.one_database
@pytest.mark.parametrize("act", ["take", "tag", "status", "reply"])
def test_only_the_team_acts_on_notes(lived: Flask, act: str) -> None:
    lived.config["WTF_CSRF_ENABLED"] = False
    with lived.app_context():
        client = browser_of(lived, People().member().user)
    assert client.post(f"/experience/feedback/1/{act}", data={"words": "x", "tag": "lot"}).status_code == 403
    assert lived.test_client().post(f"/experience/feedback/1/{act}").status_code == 302
    with lived.app_context():
        note = db.session.scalars(select(Note)).one()
        assert (note.owner_id, note.tag, note.status) == (None, None, "new")


def test_the_journey_counts_and_its_numbers_open(lived: Flask) -> None:
    client = staff_browser(lived)
    html = client.get("/experience/journey").text
    assert "/experience/steps/book.confirm?phase=refused&amp;days=28#events" in html
    assert "50.0%" in html
    rows = client.get("/experience/steps/book.confirm?phase=refused&days=28").text
    assert "car_taken" in rows
    assert "/experience/journeys/a-trip" in rows
    assert "1 to 1 of 1" in rows


def test_a_step_without_a_page_says_how_long_it_took_and_not_that_nobody_opened_it(lived: Flask) -> None:
    with lived.app_context():
        write(happened(Step.RETURN_LOCK, Phase.SUCCEEDED, now(), journey="a-trip", measured=(10, 2.5, "s")))
    page = staff_browser(lived).get("/experience/steps/return.lock").text
    assert re.search(r"<b><a [^>]*>2 s</a></b>half within", page)
    assert "</b>Entered" not in page
    assert "</b>Entered" in staff_browser(lived).get("/experience/steps/book.confirm").text


def test_the_figures_of_the_day_are_as_many_as_the_rows_they_open(lived: Flask) -> None:
    with lived.app_context():
        at, midnight = now(), datetime.combine(now().astimezone(CITY_ZONE).date(), time(), CITY_ZONE).astimezone(UTC)
        write(*(happened(Step.RETURN_LOCK, phase, moment, journey=f"trip{n}", measured=(10, 2, "s"))
                for n, (phase, moment) in enumerate([(Phase.SUCCEEDED, at), (Phase.SUCCEEDED, midnight), (Phase.REFUSED, at),
                                                     (Phase.SUCCEEDED, midnight - minutes(1))])))
        with lived.test_request_context():
            (tile,) = [each for each in the_day(at) if each.label == "trips brought back"]
    assert tile.figure == "2"
    behind = staff_browser(lived).get(tile.href).text
    assert len(re.findall(r'<a href="/experience/journeys/trip\d"', behind.split('id="events"')[1].split("</table>")[0])) == 2


def test_what_members_put_right_themselves_is_counted_apart_from_what_stopped_them(site: Flask) -> None:
    with site.app_context():
        at = now()
        write(*(happened(Step.BOOK_CONFIRM, phase, at, session="s", error_code=code) for phase, code in (
            (Phase.REFUSED, "fields"), (Phase.REFUSED, "car_door_open"), (Phase.REFUSED, "car_taken"), (Phase.FAILED, None))))
        with site.test_request_context():
            tile = the_day(at)[-1]
    assert (tile.figure, tile.label) == ("2", "steps refused or failed")
    assert tile.note == "and 2 that members put right themselves: a typo, an open door"


def test_a_lot_where_nothing_happened_has_nothing(lived: Flask) -> None:
    html = staff_browser(lived).get("/experience/steps/book.confirm?lot=9999").text
    assert "No such event in this time" in html


def test_a_journey_tells_its_events_and_notes_in_order_and_no_names(lived: Flask) -> None:
    client = staff_browser(lived)
    html = client.get("/experience/journeys/a-trip").text
    assert html.index("Book: Refused") < html.index("Book: Succeeded")
    assert "reason car_taken" in html
    assert "try 2" in html
    assert "Ada" not in html
    assert client.get("/experience/journeys/nowhere").status_code == 404
    assert client.get("/experience/steps/nowhere").status_code == 404


def test_the_inbox_is_newest_first_and_narrows(lived: Flask) -> None:
    with lived.app_context():
        a_note(lived, mood=Mood.GOOD, step=Step.FIND_SEARCH, words="Found it at once.")
    client = staff_browser(lived)
    html = client.get("/experience/feedback").text
    assert html.index("Found it at once.") < html.index("&lt;b&gt;Taken&lt;/b&gt;")
    for narrow in ("mood=good", "where=find", "where=find.search", "status=new&mood=good", "owner=nobody&mood=good"):
        html = client.get(f"/experience/feedback?{narrow}").text
        assert "Found it at once." in html
        assert "Taken" not in html
    for narrow in ("tag=lot", "owner=9", "status=closed", "lot=9999"):
        assert "No note fits." in client.get(f"/experience/feedback?{narrow}").text
    assert "Taken" in client.get("/experience/feedback?car_class=wagon").text


@pytest.mark.one_database
def test_every_page_of_the_inbox_opens_and_what_is_no_page_is_the_first(lived: Flask) -> None:
    client = staff_browser(lived)
    for page in ("1", "2", "-1", "0", "x", "9" * 30):
        assert client.get(f"/experience/feedback?page={page}").status_code == 200
    for number in ("2147483648", "9223372036854775808", "9" * 30):
        assert client.get(f"/experience/feedback/{number}").status_code == 404


@pytest.mark.one_database
def test_a_note_shows_its_words_and_never_as_markup(lived: Flask) -> None:
    html = staff_browser(lived).get("/experience/feedback/1").text
    assert "&lt;b&gt;Taken&lt;/b&gt; when I pressed." in html
    assert "<b>Taken" not in html


def test_taking_tagging_and_answering_through_the_page(lived: Flask) -> None:
    client, page = staff_browser(lived), "/experience/feedback/1"
    assert press(client, page, f"{page}/take").location == page
    assert press(client, page, f"{page}/tag", tag="car").location == page
    assert press(client, page, f"{page}/reply", words="You drive first next time.").location == page
    html = client.get(page).text
    assert "You drive first next time." in html
    assert "Mara Lind answered" in html
    assert press(client, page, f"{page}/status", status="closed").location == page
    with lived.app_context():
        note = db.session.scalars(select(Note)).one()
        assert (note.tag, note.status) == ("car", "closed")
        assert db.session.scalars(select(OutboxRow)).one().kind == "note_reply"


@pytest.mark.one_database
def test_the_second_who_takes_a_note_is_told_on_its_page_and_may_take_it_over(lived: Flask) -> None:
    page = "/experience/feedback/1"
    first, second = staff_browser(lived), staff_browser(lived, name="Ines Vogt")
    press(first, page, f"{page}/take", instead_of="")
    assert press(second, page, f"{page}/take", instead_of="").location == page
    html = second.get(page).text
    assert "is looking after this note. Nothing was changed." in html
    assert "Take it over from" in html


def test_the_second_who_answers_keeps_what_was_typed(lived: Flask) -> None:
    client, page = staff_browser(lived, name="Ines Vogt"), "/experience/feedback/1"
    with lived.app_context():
        mara = People().staff(Role.CX).id
        reply(note_id=1, by_user_id=mara, words="Mine", seal=lived.extensions["adapters"].seal, now=now())
    answer = press(client, page, f"{page}/reply", words="A long and careful answer.")
    assert answer.status_code == 409
    assert "A long and careful answer." in answer.text
    assert "Mara is looking after this note." in answer.text
    assert "Take it over and send" in answer.text
    assert press(client, page, f"{page}/reply", words="").status_code == 422
    with lived.app_context():
        assert len(db.session.scalars(select(OutboxRow)).all()) == 1


@pytest.mark.one_database
@pytest.mark.one_database
def test_every_key_of_a_note_is_told_on_its_page_and_single_keys_can_be_turned_off(lived: Flask) -> None:
    with lived.app_context():
        a_note(lived, words="No name", at=now())
    for note_id in (1, 2):  # a member's, and a visitor's
        page = staff_browser(lived).get(f"/experience/feedback/{note_id}").text
        told = page.split('<details class="keys">')[1].split("</details>")[0]
        keys = set(re.findall(r'data-key="(\w)"', page))
        assert {"t", "s", "n", "u"} <= keys
        assert keys == set(re.findall(r"<kbd>(\w)</kbd>", told))
        assert "data-keys-on" in told


@pytest.mark.one_database
def test_every_place_of_the_desk_is_in_one_group_and_admins_have_one_more(lived: Flask) -> None:
    def places(role: Role) -> list[str]:
        page = staff_browser(lived, role).get("/experience/promises").text
        return re.findall(r'href="([^"]+)"', page.split('<nav class="places')[1].split("</nav>")[0])

    mine = places(Role.CX)
    assert len(mine) == len(set(mine)) == 15
    assert set(places(Role.ADMIN)) - set(mine) == {"/experience/lookups"}


def test_a_visitors_note_says_why_it_has_no_answer(site: Flask) -> None:
    with site.app_context():
        a_note(site)
    html = staff_browser(site).get("/experience/feedback/1").text
    assert "Nobody to answer." in html
    assert 'action="/experience/feedback/1/reply"' not in html


@pytest.mark.parametrize("path", ["/experience/parts/journey", "/experience/parts/feedback",
                                  "/experience/parts/journeys/a-trip"])
def test_a_live_part_is_sent_only_when_something_is_new(lived: Flask, path: str) -> None:
    client = staff_browser(lived)
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    with lived.app_context():
        write(happened(Step.BOOK_CHANGE, Phase.SUCCEEDED, now(), session="s", journey="a-trip"))
        a_note(lived)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_nobody_counts_again_what_did_not_change(lived: Flask) -> None:
    client = staff_browser(lived)
    etag = client.get("/experience/parts/journey").headers["ETag"]
    with queries() as seen:
        client.get("/experience/parts/journey", headers={"If-None-Match": etag})
    assert not any("GROUP BY" in statement for statement in seen)


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/experience/", "/experience/journey", "/experience/steps/book.confirm",
                                  "/experience/feedback", "/experience/voices", "/experience/voices?q=taken",
                                  "/experience/compare?measure=stopped&step=book.confirm", "/experience/promises",
                                  "/experience/promises?by=lot", "/experience/gap", "/experience/promises/rows",
                                  "/experience/journeys/a-trip"])
def test_the_number_of_queries_does_not_grow_with_the_rows(lived: Flask, path: str) -> None:
    client = staff_browser(lived)
    client.get(path)
    with queries() as few:
        client.get(path)
    with lived.app_context():
        write(*(happened(step, phase, now() - minutes(5), session=f"v{n}", journey="a-trip", facts={"lot_id": n % 7 + 1})
                for n in range(40) for step in (Step.BOOK_CONFIRM, Step.FIND_CAR) for phase in Phase))
        for n in range(30):
            a_note(lived, step=Step.BOOK_CONFIRM, words=f"{n}", lot_id=n % 7 + 1)
    with queries() as many:
        client.get(path)
    assert len(many) == len(few)


def test_the_journey_for_a_spreadsheet_hides_what_could_be_somebody(lived: Flask) -> None:
    at, facts = now() - minutes(30), {"car_class": "wagon"}
    with lived.app_context():
        for number in range(11):
            write(happened(Step.BOOK_CHANGE, Phase.ENTERED, at, session=f"v{number}", facts=facts),
                  happened(Step.BOOK_CHANGE, Phase.SUCCEEDED, at + minutes(2), session=f"v{number}", facts=facts))
        write(happened(Step.BOOK_CHANGE, Phase.REFUSED, at, session="w"))
    answer = staff_browser(lived).get("/experience/journey.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["step"] for row in rows] == list(Step)
    shown = ("entered", "refused", "failed", "succeeded", "ended", "success_share", "median_ms")
    by_step = {row["step"]: [row[column] for column in shown] for row in rows}
    assert by_step["book.confirm"] == ["<10", "<10", "0", "<10", "<10", "", ""]
    assert by_step["book.change"] == ["11", "<10", "0", "11", "12", "0.9167", "120000"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="journey.csv"'


def test_feedback_for_a_spreadsheet_is_without_the_words(lived: Flask) -> None:
    answer = staff_browser(lived).get("/experience/feedback.csv")
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert (row["step"], row["mood"], row["car_class"], row["from_member"]) == ("book.confirm", "bad", "wagon", "yes")
    assert "Taken" not in answer.text
    assert "gAAAA" not in answer.text


def test_what_an_address_does_not_know_narrows_nothing() -> None:
    wild = {"days": "1e9", "lot": "-3", "car_class": "tank", "status": "odd", "where": "moon", "owner": "me",
            "tag": "x"}
    assert JourneyFilters.of(wild) == JourneyFilters()
    assert NoteFilters.of(wild) == NoteFilters()
    assert [page_number({"page": page}) for page in ("", "0", "-1", "x", "7", "99999999")] == [1, 1, 1, 1, 7, 10_000]


@pytest.mark.one_database
@pytest.mark.parametrize(("milliseconds", "words"), [
    (None, "–"), (40, "under 1 s"), (1499, "1 s"), (89_000, "89 s"), (600_000, "10 min"), (9_000_000, "2 h 30 min")])
def test_lengths_of_time_in_words(app: Flask, milliseconds: int | None, words: str) -> None:
    with app.test_request_context():
        assert how_long(milliseconds) == words


@pytest.mark.one_database
def test_staff_leave_no_steps_of_their_own(lived: Flask) -> None:
    client = staff_browser(lived, Role.CX)
    for path in PAGES:
        client.get(path, buffered=True)
    lived.extensions["page_views"].flush()
    with lived.app_context():
        assert {event.actor for event in log()} == {"member", "system"}
