"""A reviewer decides: approved, refused with what the applicant reads, or one picture again; two at once are told kindly."""

import pytest
from sqlalchemy import select

from core.audit import AuditRow, broken_links
from core.database import db
from portal.account.models import MemberStatus
from portal.licence.models import LicenceStatus
from portal.licence.queries import licence_of, open_licence_of
from portal.signup.models import State
from tests.portal.desk.applications.made import posted
from tests.portal.licence.showing import outside
from tests.reservations.pages import words_of

WHY = "The card in the picture is a learner’s permit."


def at(matter) -> str:
    return f"/office/applications/{matter.id}"


def refuse(browser, matter, *, words=WHY, **more):
    return browser.post(f"{at(matter)}/refuse", **{"refuse-reasons": ["not_a_licence"], "refuse-words": words, **more})


def said(row) -> str:
    return outside().seal.read(row.answer_sealed)


def test_whoever_is_approved_drives_at_once_and_their_letter_goes_out(reviews):
    applied = reviews.applied()
    answer = reviews.browser.post(f"{at(applied)}/approve", **{"approve-words": "Welcome, Bo."})
    assert answer.status_code == 302, words_of(answer)
    applied = reviews.fresh(applied)
    assert (applied.state, applied.decided_by_id, said(applied)) == (State.APPROVED, reviews.ines.id, "Welcome, Bo.")
    assert applied.member.status == MemberStatus.ACTIVE
    assert licence_of(applied.member_id).decided_by_id == reviews.ines.id
    assert posted("application_decided", applied.member) == 1


def test_a_refusal_says_the_reasons_and_the_sentence_as_written_and_when_to_apply_again(reviews):
    applied = reviews.applied()
    assert refuse(reviews.browser, applied).status_code == 302
    applied = reviews.fresh(applied)
    assert (applied.state, applied.reasons, said(applied)) == (State.REFUSED, ["not_a_licence"], WHY)
    assert applied.reapply_on is not None
    assert "learner" not in applied.answer_sealed
    page = words_of(reviews.browser.get(at(applied)))
    assert WHY in page
    assert "They may apply again from" in page


@pytest.mark.parametrize(("typed", "told"), [
    ({"refuse-reasons": []}, "Choose one or more of the list."), ({"refuse-words": " "}, "Say it in a sentence"),
    ({"refuse-reasons": ["hair_colour"]}, "Choose one from the list."), ({"refuse-reasons": ["check_unclear"]}, "Choose one")])
def test_nobody_is_refused_without_a_reason_of_the_list_and_a_sentence(reviews, typed, told):
    applied = reviews.applied()
    answer = refuse(reviews.browser, applied, **typed)
    assert answer.status_code == 422
    assert told in words_of(answer)
    assert WHY in words_of(answer) or "refuse-words" in typed
    assert reviews.fresh(applied).state == State.SUBMITTED


def test_one_picture_is_asked_for_with_what_is_wrong_and_everything_else_stays(reviews):
    applied = reviews.applied()
    before = {each.side: each.id for each in open_licence_of(applied.member_id).pictures}
    answer = reviews.browser.post(f"{at(applied)}/picture", **{
        "picture-side": "back", "picture-reason": "unreadable", "picture-words": "The flash hides the number."})
    assert answer.status_code == 302, words_of(answer)
    applied, licence = reviews.fresh(applied), open_licence_of(applied.member_id)
    assert (applied.state, applied.retake, applied.reasons, said(applied)) == (
        State.OPEN, "back", ["unreadable"], "The flash hides the number.")
    assert licence.status == LicenceStatus.DRAFT
    assert {each.side: each.id for each in licence.pictures} == before
    assert posted("application_sent_back", applied.member) == 1
    assert "asked for a new picture: Back" in words_of(reviews.browser.get(at(applied)))


@pytest.mark.parametrize("first", ["approve", "refuse"])
def test_who_decides_what_is_decided_is_told_by_whom_and_how_and_has_their_words_still(reviews, first):
    applied = reviews.applied()
    if first == "approve":
        reviews.ottos.post(f"{at(applied)}/approve")
    else:
        refuse(reviews.ottos, applied, words="Otto was faster, with words of his own.")
    decided = reviews.fresh(applied)
    answer = refuse(reviews.browser, applied)
    told = words_of(answer)
    assert answer.status_code == 409
    assert "decided, sent back or withdrawn meanwhile" in told
    assert "Otto Weiss" in told
    assert WHY in told
    after = reviews.fresh(applied)
    assert (after.state, after.decided_by_id, after.answer_sealed) == (decided.state, reviews.otto.id, decided.answer_sealed)
    assert posted("application_decided", applied.member) == 1


def test_what_a_colleague_has_on_the_desk_is_decided_only_by_taking_it_over(reviews):
    applied = reviews.applied()
    reviews.ottos.post(f"{at(applied)}/take")
    answer = refuse(reviews.browser, applied)
    assert answer.status_code == 409
    assert "Otto Weiss has it on the desk." in words_of(answer)
    assert WHY in words_of(answer)
    assert reviews.fresh(applied).state == State.SUBMITTED
    assert refuse(reviews.browser, applied, instead_of=str(reviews.otto.id)).status_code == 302
    assert reviews.fresh(applied).decided_by_id == reviews.ines.id


def test_whoever_took_it_puts_it_back_and_nobody_else_does(reviews):
    applied = reviews.applied()
    reviews.ottos.post(f"{at(applied)}/take")
    reviews.browser.post(f"{at(applied)}/put-back")
    reviews.browser.post(f"{at(applied)}/take", instead_of="")
    assert reviews.fresh(applied).taken_by_id == reviews.otto.id
    reviews.ottos.post(f"{at(applied)}/put-back")
    assert reviews.fresh(applied).taken_by_id is None


def test_nobody_hears_the_appeal_against_their_own_decision(reviews):
    applied = reviews.applied()
    refuse(reviews.browser, applied)
    reviews.appealed(applied)
    page = reviews.browser.get(at(applied))
    assert "You decided this the first time." in words_of(page)
    assert "<img" not in page.text
    assert reviews.browser.get(f"{at(applied)}/front").status_code == 404
    assert reviews.browser.post(f"{at(applied)}/approve").status_code == 403
    assert reviews.fresh(applied).state == State.SUBMITTED
    other = words_of(reviews.ottos.get(at(applied)))
    assert "That was my brother’s car." in other
    assert WHY in other, "why it was refused the first time"
    assert reviews.ottos.post(f"{at(applied)}/approve", **{"approve-words": "You are right."}).status_code == 302
    assert (reviews.fresh(applied).state, reviews.fresh(applied).decided_by_id) == (State.APPROVED, reviews.otto.id)


def test_a_members_new_licence_is_decided_alike(reviews):
    good, bad, blurred = (reviews.shown_again(name) for name in ("Ada Okafor", "Cleo Park", "Daniel Osei"))
    reviews.browser.post(f"{at(good)}/take")
    reviews.browser.post(f"{at(good)}/approve", **{"approve-words": "Good until 2029."})
    refuse(reviews.browser, bad)
    reviews.browser.post(f"{at(blurred)}/picture", **{
        "picture-side": "selfie", "picture-reason": "face_differs", "picture-words": "Take off the helmet."})
    good, bad, blurred = (reviews.fresh(each) for each in (good, bad, blurred))
    assert [each.status for each in (good, bad, blurred)] == [
        LicenceStatus.VERIFIED, LicenceStatus.REFUSED, LicenceStatus.DRAFT]
    assert licence_of(good.member_id).id == good.id
    assert licence_of(bad.member_id).id != bad.id, "the one before goes on"
    assert [said(each) for each in (good, bad, blurred)] == ["Good until 2029.", WHY, "Take off the helmet."]
    for each in (good, bad, blurred):
        assert reviews.browser.get(at(each)).status_code == 200
    assert (blurred.retake, bad.reasons, good.taken_by_id) == ("selfie", ["not_a_licence"], None)
    assert [posted("licence_decided", each.member) for each in (good, bad, blurred)] == [1, 1, 1]


def test_each_deed_leaves_who_did_it_with_before_and_after(reviews):
    applied = reviews.applied()
    reviews.browser.post(f"{at(applied)}/take")
    refuse(reviews.browser, applied)
    rows = db.session.scalars(
        select(AuditRow).where(AuditRow.object == f"applications/{applied.id}").order_by(AuditRow.id)).all()
    assert {row.actor for row in rows} == {f"user {reviews.ines.id}"}
    assert rows[0].after["taken_by_id"] == reviews.ines.id
    decided = next(row for row in rows if "state" in row.after)
    assert (decided.before["state"], decided.after["state"]) == ("submitted", "refused")
    assert decided.after["answer_sealed"] == "(private)"
    assert broken_links() == []
