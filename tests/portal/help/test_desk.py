"""The help desk's pages: the queue by its clock, nothing typed is lost, and every deed by two people at once."""

import pytest
from sqlalchemy import select

from core.audit import AuditRow
from core.database import db
from experience.cases.models import Rule, Severity
from experience.cases.open import Hit, open_case
from experience.cases.take import take as take_case
from experience.insight.models import Lookup
from experience.journey import Step
from experience.record.pids import pid_of
from portal.account.models import Role
from portal.help.context import About
from portal.help.mail_in import read_mail
from portal.help.models import Conversation, Entry, Kind, Status
from portal.help.praise import praise_of
from portal.help.remarks.write import write_remark
from portal.help.start import Call
from portal.help.take_mail import take_mail
from portal.help.template import fill, write_template
from portal.help.write import write_entry
from tests.portal.help.made import LEILA, by_mail
from tests.reservations.made import booked
from tests.reservations.pages import Browser, browser_of, hidden_fields, words_of


@pytest.fixture
def ana(site, clock, desk) -> Browser:
    return browser_of(site, desk.ana, clock)


@pytest.fixture
def ben(site, clock, desk) -> Browser:
    return browser_of(site, desk.ben, clock)


def _answer(browser, conversation, page, **typed):
    return browser.send(f"/office/help/{conversation.id}/answer", method="POST", data=hidden_fields(page) | typed)


def _queue(browser, **args) -> list[str]:
    rows = browser.get("/office/help/", **args).text.split("<tbody>", 1)[1].split("</tbody>")[0]
    return [part.split('"', 1)[0] for part in rows.split('href="/office/help/')[1:]]


def test_the_queue_stands_by_the_time_we_promised_and_finds_people_numbers_steps_and_words(desk, people, ana):
    bo, cleo = people.member("Bo Lindqvist"), people.member("Cleo Park")
    late = desk.asked(bo, "The heater rattles")
    desk.clock.forward(hours=5)
    soon = desk.asked(cleo, "Where is the charger?")
    booked(cleo, now=desk.clock())
    urgent = desk.asked(cleo, "Help!", kind=Kind.URGENT)
    done = desk.asked(bo, "Never mind")
    desk.answered(done)
    assert _queue(ana) == [str(late.id), str(urgent.id), str(soon.id)]
    assert _queue(ana, show="late") == [str(late.id)]
    assert _queue(ana, show="urgent") == [str(urgent.id)]
    assert _queue(ana, show="mine") == [str(done.id)] or desk.ana.id != done.owner_id
    assert set(_queue(ana, show="all", q="lindq")) == {str(late.id), str(done.id)}
    assert _queue(ana, q=soon.reference.upper()) == [str(soon.id)]
    assert _queue(ana, q="rattles") == [str(late.id)]
    assert "have it in their words" in ana.get("/office/help/", q="rattles").text
    assert _queue(ana, q="nobody says this") == []


def test_two_on_one_item_get_a_kind_conflict_and_nothing_typed_is_lost(desk, people, ana, ben):
    asked = desk.asked(people.member())
    address = f"/office/help/{asked.id}"
    before = ben.get(address).text
    assert _answer(ana, asked, ana.get(address).text, words="It is in the trunk.").status_code == 302
    desk.clock.forward(minutes=2)
    refused = _answer(ben, asked, before, words="Have you looked in the trunk?")
    assert refused.status_code == 409
    told = words_of(refused)
    assert "Ana answered 2 min ago. Read it, then send yours. What you typed is still here." in told
    assert "It is in the trunk." in told
    assert "Have you looked in the trunk?" in refused.text
    assert "Take it over and send" in told
    assert _answer(ben, asked, refused.text, words="Found it?").status_code == 302
    assert [each.words for each in desk.said(asked) if each.words][1:] == ["It is in the trunk.", "Found it?"]
    assert desk.again(asked).owner_id == desk.ben.id


def test_who_answers_what_a_colleague_has_just_taken_is_told_and_may_take_it_over_with_the_same_words(desk, people, ana, ben):
    asked = desk.asked(people.member())
    before = ben.get(f"/office/help/{asked.id}").text
    ana.post(f"/office/help/{asked.id}/take")
    refused = _answer(ben, asked, before, words="I know this one.")
    assert (refused.status_code, "Ana is looking after this conversation." in words_of(refused)) == (409, True)
    assert "I know this one." in refused.text
    assert _answer(ben, asked, refused.text, words="I know this one.").status_code == 302
    assert desk.again(asked).owner_id == desk.ben.id


@pytest.mark.parametrize("deed", ["solve", "answer"])
def test_what_the_member_wrote_meanwhile_is_not_solved_over(desk, people, ana, deed):
    ada = people.member()
    asked = desk.asked(ada)
    before = ana.get(f"/office/help/{asked.id}").text
    write_entry(conversation_id=asked.id, member=ada, words="It smokes now!", seal=desk.seal, now=desk.clock())
    if deed == "solve":
        told = ana.send(f"/office/help/{asked.id}/solve", method="POST", data=hidden_fields(before), follow_redirects=True)
    else:
        told = _answer(ana, asked, before, words="Fine then.", solve="1")
    assert "The member wrote" in words_of(told) or "The member wrote" in told.text
    assert "It smokes now!" in told.text
    assert desk.again(asked).status == Status.NEW
    assert len([each for each in desk.said(asked) if each.words]) == 2


def test_an_answer_and_its_solving_are_one_however_often_the_form_is_sent(desk, people, ana):
    asked = desk.asked(people.member())
    page = ana.get(f"/office/help/{asked.id}").text
    for _time in range(2):
        assert _answer(ana, asked, page, words="Done.", solve="1").status_code == 302
    assert [each.words for each in desk.said(asked) if each.words][1:] == ["Done."]
    assert desk.again(asked).status == Status.SOLVED


def test_next_leads_to_mine_before_nobodys_what_is_due_first_and_to_the_queue_when_nothing_waits(desk, people, ana, ben):
    bo = people.member()
    praise = desk.asked(bo, "Lovely car!", kind=Kind.COMPLIMENT)
    early = desk.asked(bo, "First")
    desk.clock.forward(minutes=5)
    mine = desk.asked(bo, "Second")
    ana.post(f"/office/help/{mine.id}/take")
    theirs = desk.asked(bo, "Third")
    ben.post(f"/office/help/{theirs.id}/take")

    def after(conversation) -> str:
        return ana.get(f"/office/help/next?after={conversation.id}").headers["Location"].rsplit("/", 1)[1]

    assert after(theirs) == str(mine.id)
    assert after(mine) == str(early.id)
    for each in (mine, early):
        desk.answered(each)
    assert after(early) == str(praise.id)
    assert after(praise) == ""


def test_next_goes_round_all_that_wait(desk, people, ana):
    bo, seen = people.member(), []
    asked = [desk.asked(bo, f"Question {number}") for number in range(3)] + [
        desk.asked(bo, "Lovely car!", kind=Kind.COMPLIMENT)]  # which is due at no time
    at = asked[0].id
    for _ in range(5):
        seen.append(at)
        at = ana.get(f"/office/help/next?after={at}").headers["Location"].rsplit("/", 1)[1]
    assert [str(each) for each in seen] == [str(each.id) for each in (*asked, asked[0])]


def test_an_answer_may_solve_with_the_same_press_and_the_desk_takes_it_up_again(desk, people, ana):
    asked = desk.asked(people.member())
    address = f"/office/help/{asked.id}"
    _answer(ana, asked, ana.get(address).text, words="Done.", solve="1")
    assert desk.again(asked).status == Status.SOLVED
    ana.post(f"{address}/reopen")
    assert desk.again(asked).status == Status.OPEN
    ana.send(f"{address}/solve", method="POST", data=hidden_fields(ana.get(address).text))
    assert desk.again(asked).status == Status.SOLVED


def test_a_template_is_put_in_with_its_holes_filled_and_none_is_sent_open(desk, people, ana):
    bo = people.member("{car} Lindqvist")  # whatever a member calls themselves is text
    asked = desk.asked(bo)
    template = write_template(name="Late car", words="Hello {first_name}, {car} is late. {me}", by_user_id=desk.ana.id,
                              now=desk.clock())
    address = f"/office/help/{asked.id}"
    page = _answer(ana, asked, ana.get(address).text, words="Good morning!", template=str(template.id), insert="1")
    assert page.status_code == 200
    assert "Good morning!\n\nHello {car}, {car} is late. Ana" in page.text.replace("\r\n", "\n")
    refused = _answer(ana, asked, page.text, words="Hello Bo, {car} is late. Ana")
    assert (refused.status_code, "Put something in place of {car} first." in refused.text) == (422, True)
    assert ana.fill_in("/office/help/templates", name="Bad one", words="Dear {king}").status_code == 422
    assert ana.fill_in("/office/help/templates", name="Good one", words="Dear {first_name}").status_code == 302
    assert fill("{lot} {lot}", {"lot": "Clark/{me}"}) == "Clark/{me} Clark/{me}"


def test_internal_notes_hand_overs_and_merges_leave_a_trail(desk, people, ana):
    bo = people.member()
    one, other = desk.asked(bo, "First"), desk.asked(bo, "Second")
    address = f"/office/help/{one.id}"
    ana.post(f"{address}/note", inside="Called twice already")
    ana.post(f"{address}/hand-over", to=str(desk.ben.id), word="Yours, I think")
    ana.post(f"{address}/merge", into=str(other.id))
    told = words_of(ana.get(f"/office/help/{other.id}"))
    for words in ("First", "Second", "Called twice already", "Yours, I think", "Ana handed it over"):
        assert words in told
    assert ana.get(address).headers["Location"].endswith(str(other.id))
    actors = {row.actor for row in db.session.scalars(select(AuditRow).where(AuditRow.object.startswith("conversations/")))}
    assert actors == {f"user {desk.ana.id}"}
    assert "Called twice" not in str([(row.before, row.after) for row in db.session.scalars(select(AuditRow))])


def test_a_call_and_praise_are_handled_from_the_page(site, clock, desk, people, ana):
    from fleet.cars.models import Car
    from portal.help.context import About
    bo, car = people.member(), db.session.scalars(select(Car).where(Car.name == "Acorn")).one()
    call = desk.asked(bo, kind=Kind.CALLBACK, call=Call("+13125550123"))
    assert "+13125550123" in ana.get(f"/office/help/{call.id}").text
    ana.post(f"/office/help/{call.id}/called", reached="yes")
    assert desk.again(call).call_state == "done"
    praise = desk.asked(bo, "Spotless, thank you!", kind=Kind.COMPLIMENT, about=About(car=car, lot=car.lot))
    assert (praise_of(seal=desk.seal, car_id=car.id).count, praise_of(seal=desk.seal, car_id=car.id).said) == (1, [])
    ana.post(f"/office/help/{praise.id}/pass-on")
    assert [words for _at, words in praise_of(seal=desk.seal, lot_id=car.lot_id).said] == ["Spotless, thank you!"]
    fleet = browser_of(site, people.staff(Role.FLEET), clock).get(f"/fleet/cars/{car.slug}").text
    assert "Spotless, thank you!" in fleet
    assert "1 member praised this car." in fleet


@pytest.mark.one_database
def test_the_cx_team_sees_whom_it_answers_only_after_taking_it_and_that_is_written_down(site, clock, desk, people, ana):
    bo = people.member("Bo Lindqvist")
    asked, other = desk.asked(bo, call=Call("+13125550123")), desk.asked(bo)
    mara = people.staff(Role.CX, "Mara Lind")
    cx = browser_of(site, mara, clock)
    address = f"/office/help/{asked.id}"
    for page in (cx.get("/office/help/", show="all").text, cx.get(address).text):
        for told in ("Lindqvist", bo.user.email, "+13125550123"):
            assert told not in page
    assert _queue(cx, show="all", q="lindq") == []
    assert "Lindqvist" in ana.get(address).text
    cx.post(f"{address}/take")
    for told in ("Lindqvist", bo.user.email, "+13125550123"):
        assert told in cx.get(address).text
    looked = db.session.scalars(select(Lookup)).one()
    assert (looked.by_user_id, looked.pid, looked.reason) == (mara.id, pid_of("member", bo.id), "answer")
    assert _answer(cx, other, cx.get(f"/office/help/{other.id}").text, words="In the trunk.").status_code == 302
    assert "Lindqvist" in cx.get(f"/office/help/{other.id}").text
    assert len(db.session.scalars(select(Lookup)).all()) == 1, "one look tells no more the second time"
    ana.post(f"{address}/take", instead_of=str(mara.id))
    assert "Lindqvist" not in cx.get(address).text


@pytest.mark.one_database
def test_whoever_of_the_cx_team_is_handed_a_conversation_or_opens_it_again_can_see_whose_it_is(site, clock, desk, people, ana):
    asked, mara = desk.asked(people.member("Bo Lindqvist")), people.staff(Role.CX, "Mara Lind")
    cx, address = browser_of(site, mara, clock), f"/office/help/{asked.id}"
    ana.post(f"{address}/take", instead_of="")
    ana.post(f"{address}/hand-over", to=str(mara.id), word="For you")
    page = cx.get(address)
    assert "Lindqvist" not in page.text
    assert "See who it is" in words_of(page)
    cx.post(f"{address}/take", instead_of=str(mara.id))
    assert "Lindqvist" in cx.get(address).text
    again = desk.asked(people.member("Cy Adeyemi"))
    _answer(ana, again, ana.get(f"/office/help/{again.id}").text, words="Here you are.", solve="1")
    cx.post(f"/office/help/{again.id}/reopen")
    assert "Adeyemi" in cx.get(f"/office/help/{again.id}").text


@pytest.mark.one_database
def test_the_second_one_to_take_a_conversation_is_told_on_it_and_may_take_it_over(desk, people, ana, ben):
    asked = desk.asked(people.member())
    ana.post(f"/office/help/{asked.id}/take", instead_of="")
    refused = ben.send(f"/office/help/{asked.id}/take", method="POST", data={"csrf_token": ben.token(), "instead_of": ""},
                       follow_redirects=True)
    assert refused.status_code == 200
    assert "Ana is looking after this conversation. Nothing was changed." in refused.text
    assert "Take it over from Ana" in words_of(refused)
    assert desk.again(asked).owner_id == desk.ana.id


@pytest.mark.one_database
def test_whoever_answers_sees_that_there_is_a_case_and_links_only_to_what_their_role_opens(site, clock, desk, people, ana):
    bo = people.member("Bo Lindqvist")
    trip, mara = booked(bo), people.staff(Role.CX, "Mara Lind")
    asked = desk.asked(bo, about=About(reservation=trip, car=trip.car, lot=trip.car.lot))
    address, cx = f"/office/help/{asked.id}", browser_of(site, mara, clock)
    assert "nobody looks after it yet" not in words_of(ana.get(address))
    case = open_case(member_id=bo.id, now=clock(), hit=Hit(Rule.HELP, f"conversation:{asked.id}", Step.PICKUP_UNLOCK,
                                                           Severity.SEVERE))
    assert "New , nobody looks after it yet" in words_of(ana.get(address)).replace("New,", "New ,")
    take_case(case_id=case.id, by_user_id=mara.id, seal=desk.seal, now=clock())
    for browser, opens in ((ana, False), (cx, True)):
        page = browser.get(address)
        assert "looked after by Mara Lind" in words_of(page)
        assert (f'href="/experience/cases/{case.id}"' in page.text) == opens
        assert (f'href="/experience/journeys/{pid_of("trip", trip.id)}"' in page.text) == opens
        assert (f"q={trip.reference}" in page.text) != opens
        for link in (f'href="/cars/{trip.car.slug}"', f'href="/lots/{trip.car.lot.slug}"'):
            assert link in page.text
    admin = browser_of(site, people.staff(Role.ADMIN, "Ida Root"), clock)
    assert f'href="/fleet/cars/{trip.car.slug}"' in admin.get(address).text


@pytest.mark.one_database
def test_the_cx_team_sees_no_name_of_who_wrote_a_remark_or_an_unplaced_mail(site, clock, desk, people, street, ana):
    bo = people.member("Bo Lindqvist")
    trip = street.unlocked(booked(bo))
    remark = write_remark(member=bo, car=None, lot=trip.car.lot, words="The gate is narrow.", once="remark", now=clock())
    for sender in (bo.user.email, LEILA):
        take_mail(mail=read_mail(by_mail("help@localhost", "", sender=sender)), door=desk.door, seal=desk.seal, now=clock())
    cx = browser_of(site, people.staff(Role.CX, "Mara Lind"), clock)
    for path in ("/office/help/remarks?show=all", f"/office/help/remarks/{remark.id}"):
        assert "Bo Lindqvist" in ana.get(path).text
        page = cx.get(path).text
        assert "Lindqvist" not in page
        assert f"/experience/who/{pid_of('member', bo.id)}" in page
    kept = ana.get("/office/help/mail").text
    assert LEILA in kept
    hidden = cx.get("/office/help/mail").text
    assert LEILA not in hidden
    assert bo.user.email not in hidden
    assert "an address that is no member’s" in hidden


@pytest.mark.one_database
def test_only_those_who_help_get_in(site, clock, desk, people):
    asked = desk.asked(people.member())
    for role, status in ((Role.SUPPORT, 200), (Role.CX, 200), (Role.ADMIN, 200), (Role.FINANCE, 403), (Role.FLEET, 403)):
        assert browser_of(site, people.staff(role), clock).get(f"/office/help/{asked.id}").status_code == status


def test_mail_that_nobody_could_place_waits_for_somebody_who_can(site, desk, people, ana):
    from portal.help.mail_in import read_mail
    from portal.help.take_mail import take_mail
    asked = desk.visitor_asked()
    tagged = desk.door.mail_address(asked.id)
    kept = take_mail(mail=read_mail(by_mail(tagged, "From my other address", sender="other@example.net")), door=desk.door,
                     seal=desk.seal, now=desk.clock())
    assert (kept.state, kept.why) == ("quarantined", "other_sender")
    assert "From my other address" in ana.get("/office/help/mail").text
    ana.post(f"/office/help/mail/{kept.id}/let-in", reference=asked.reference)
    assert [each.words for each in desk.said(asked)][-1] == "From my other address"
    assert db.session.scalars(select(Conversation.id)).all() == [asked.id]
    assert len(db.session.scalars(select(Entry)).all()) == 2
    assert LEILA not in ana.get("/office/help/mail").text
