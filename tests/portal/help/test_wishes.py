"""Suggestions and notes for other members: one wish is one row, nothing unseen or forbidden is shown."""

import pytest
from sqlalchemy import select

from core.database import db
from core.refusal import NotFound
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.help.errors import NotThere, OneIsWaiting
from portal.help.remarks.models import Remark, RemarkState, RemovedWhy
from portal.help.remarks.queries import remarks_about
from portal.help.remarks.rules import NotAllowed, not_allowed
from portal.help.remarks.write import HasToComeOut, decide_remark, reply_to_remark, report, write_remark
from portal.help.suggestions.models import Suggestion, SuggestionState, Wanted
from portal.help.suggestions.queries import Suggestions
from portal.help.suggestions.suggest import answer_suggestion, suggest, vote
from tests.reservations.made import booked
from tests.reservations.pages import browser_of, words_of


def _votes() -> dict[str, int]:
    return {row.Suggestion.wish: row.votes for row in Suggestions().all()}


def test_the_same_wish_of_several_members_is_one_suggestion_with_their_votes(desk, people):
    ada, bo, lot = people.member(), people.member(), db.session.scalars(select(Lot).order_by(Lot.id)).first()
    given = {"wanted": Wanted.LOT, "lot": lot, "car_class": None, "words": "", "seal": desk.seal, "now": desk.clock()}
    one = suggest(member=ada, **given)
    assert suggest(member=bo, **given).id == one.id
    assert suggest(member=bo, **given).id == one.id
    assert _votes() == {f"lot:{lot.neighbourhood}": 2}
    vote(member=bo, suggestion_id=one.id, wants=False, now=desk.clock())
    assert _votes() == {f"lot:{lot.neighbourhood}": 1}
    answer_suggestion(suggestion_id=one.id, state=SuggestionState.NOT_NOW, answer="No parking to rent there.",
                      by_user_id=desk.ana.id, now=desk.clock())
    assert [letter["To"] for letter in desk.letters()] == [ada.user.email]
    assert "No parking to rent there." in desk.letters()[0].get_content()
    with pytest.raises(NotFound):
        vote(member=bo, suggestion_id=one.id, wants=True, now=desk.clock())
    assert suggest(member=bo, **given).id != one.id  # times change


def test_a_place_is_kept_as_its_neighbourhood_and_the_list_is_public(site, clock, desk, people, visitor):
    browser = browser_of(site, people.member().user, clock)
    typed = {"wanted": "lot", "near": "2733 W 18th St", "words": ""}
    assert browser.fill_in("/help/suggestions/new", **typed).status_code == 302
    assert browser.fill_in("/help/suggestions/new", wanted="lot", near="zzzz qqqq").status_code == 422
    assert browser.fill_in("/help/suggestions/new", wanted="car", lot="", car_class="van").status_code == 422
    made = db.session.scalars(select(Suggestion)).one()
    listed = words_of(visitor.get("/help/suggestions"))
    assert f"A lot in {made.neighbourhood}" in listed
    assert "1 member wants it" in listed
    assert "2733" not in listed


@pytest.mark.parametrize(("words", "found"), [
    ("Gate sticks, push hard", []), ("Level 2, bay 14, turn left after 300 feet", []), ("Opens 24/7 since 2026", []),
    ("See www.example.com", [NotAllowed.LINK]), ("text me at 312-555-0123", [NotAllowed.PHONE]),
    ("mail bo@example.net", [NotAllowed.MAIL]), ("bo (at) example net", [NotAllowed.MAIL]),
    ("the van AB 12345 blocks it", [NotAllowed.PLATE]), ("my own car ZX 77881", []),
])
def test_what_may_not_stand_in_public_is_told_by_its_letters(words, found):
    assert not_allowed(words, ["AB 12345", "ZX 77881"], "ZX 77881") == found


def test_a_note_is_left_by_who_was_there_looked_at_first_and_shown_to_the_next(site, clock, desk, people, street, visitor):
    bo = people.member()
    trip = booked(bo)
    car = db.session.get(Car, trip.car_id)
    given = {"member": bo, "car": car, "lot": None, "words": "The gate sticks, push hard", "now": clock()}
    with pytest.raises(NotThere):
        write_remark(**given, once="a")
    street.unlocked(trip)
    with pytest.raises(HasToComeOut):
        write_remark(**given | {"words": "Call 312 555 0123"}, once="b")
    remark = write_remark(**given, once="c")
    assert (remark.state, write_remark(**given, once="c").id) == (RemarkState.HELD, remark.id)
    with pytest.raises(OneIsWaiting):
        write_remark(**given, once="d")
    assert "push hard" not in visitor.get(f"/cars/{car.slug}").text
    decide_remark(remark_id=remark.id, shown=True, why=None, by_user_id=desk.ana.id, now=clock())
    reply_to_remark(remark_id=remark.id, reply="We oil it on Monday.", by_user_id=desk.ana.id, now=clock())
    for address in (f"/cars/{car.slug}",):
        told = visitor.get(address).text
        assert "The gate sticks, push hard" in told
        assert "We oil it on Monday." in told
        assert "Okafor" not in told.split("<main", 1)[1]
    assert "push hard" in browser_of(site, bo.user, clock).get(f"/trips/{trip.reference}").text
    assert write_remark(**given | {"words": "Second bay from the left"}, once="e").state == RemarkState.SHOWN


def test_three_reports_hide_a_note_until_somebody_looks_and_its_writer_hears_why(desk, people, clock, street):
    bo = people.member()
    trip = street.unlocked(booked(bo))
    lot = db.session.get(Lot, trip.lot_id)
    remark = write_remark(member=bo, car=None, lot=lot, words="The guard is a fool", once="a", now=clock())
    decide_remark(remark_id=remark.id, shown=True, why=None, by_user_id=desk.ana.id, now=clock())
    first, *others = (people.member() for _ in range(3))
    for member in (first, first, *others):
        assert remarks_about(now=clock(), lot_id=lot.id) != []
        report(member=member, remark_id=remark.id, why=RemovedWhy.RUDE, now=clock())
    assert remarks_about(now=clock(), lot_id=lot.id) == []
    decide_remark(remark_id=remark.id, shown=False, why=RemovedWhy.RUDE, by_user_id=desk.ana.id, now=clock())
    assert db.session.get(Remark, remark.id).state == RemarkState.REMOVED
    letter = next(each for each in desk.letters() if each["Subject"] == "Your note for other members is not shown")
    assert (letter["To"], "It is rude" in letter.get_content()) == (bo.user.email, True)
