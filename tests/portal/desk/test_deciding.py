"""Disputes are taken and decided with a reply; what is more than one person gives waits for a second one, never oneself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import db
from core.money import Money
from core.outbox import OutboxRow
from portal.billing.adjustments.give import give_credit
from portal.billing.adjustments.models import Adjustment
from portal.billing.disputes.decide import take
from portal.billing.disputes.models import Dispute
from portal.desk.disputes import Disputes
from tests.reservations.pages import words_of


def fresh(dispute):
    db.session.rollback()
    return db.session.get(Dispute, dispute.id, populate_existing=True)


def decide(browser, dispute, back, reply="The car's own reading shows it."):
    return browser.post(f"/office/disputes/{dispute.id}/decide", back=back, reply=reply)


def taken(office, cents=3000):
    dispute = office.disputed(office.charged(office.payer(), cents))
    take(dispute=dispute, by_user_id=office.paul.id)
    return dispute


def test_the_members_words_are_opened_on_the_page_and_sealed_in_the_table(office):
    dispute = office.disputed(office.charged(office.payer()), "The tank <b>was</b> full.")
    page = office.browser.get(f"/office/disputes/{dispute.id}").text
    assert "The tank &lt;b&gt;was&lt;/b&gt; full." in page
    assert "tank" not in dispute.words_sealed


def test_nobody_decides_what_they_have_not_taken(office):
    dispute = office.disputed(office.charged(office.payer()))
    page = f"/office/disputes/{dispute.id}"
    assert "Nobody looks into it yet." in words_of(office.browser.get(page))
    assert decide(office.browser, dispute, "5.00").status_code == 302
    assert fresh(dispute).outcome is None
    office.browser.post(f"{page}/take", instead_of="")
    assert fresh(dispute).owner_id == office.paul.id
    assert "Paul Lindqvist looks into it." in words_of(office.rheas.get(page))


def test_a_dispute_that_somebody_took_meanwhile_is_not_taken_from_them_unseen(office):
    dispute = taken(office)
    page = f"/office/disputes/{dispute.id}"
    office.rheas.post(f"{page}/take", instead_of="")
    assert fresh(dispute).owner_id == office.paul.id
    office.rheas.post(f"{page}/take", instead_of=str(office.paul.id))
    assert fresh(dispute).owner_id == office.rhea.id


@pytest.mark.parametrize(("back", "outcome"), [("0.00", "stands"), ("12.50", "partly"), ("30.00", "given_back")])
def test_it_is_decided_with_an_amount_and_a_reply_that_the_member_gets(office, back, outcome):
    dispute = taken(office)
    assert decide(office.browser, dispute, back, "We looked at the car's reading.").status_code == 302
    dispute = fresh(dispute)
    assert (dispute.outcome, dispute.decided_by) == (outcome, office.paul.id)
    assert "We looked at the car" not in dispute.reply_sealed
    assert db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "dispute_decided")).one().member_id == dispute.member_id
    assert "We looked at the car’s reading." in words_of(office.browser.get(f"/office/disputes/{dispute.id}")).replace("'", "’")


@pytest.mark.parametrize(("typed", "said"), [
    ({"back": "12,50"}, "Write it like 12.50."), ({"back": "30.01"}, "write $30.00 or less."), ({"reply": " "}, "Say why")])
def test_what_cannot_be_decided_stays_on_the_page_as_it_was_typed(office, typed, said):
    dispute = taken(office)
    answer = office.browser.post(f"/office/disputes/{dispute.id}/decide", **{"back": "5.00", "reply": "A long reply.", **typed})
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert "A long reply." in answer.text or "reply" in typed
    assert fresh(dispute).outcome is None


def test_above_the_limit_a_second_person_decides_it_and_the_reply_goes_out_then(office):
    dispute = taken(office, 20_000)
    decide(office.browser, dispute, "150.00")
    adjustment = db.session.scalars(select(Adjustment)).one()
    page = f"/office/adjustments/{adjustment.id}"
    assert fresh(dispute).outcome is None
    assert "It waits for a second person." in words_of(office.browser.get(f"/office/disputes/{dispute.id}"))
    assert "Agree and give" not in office.browser.get(page).text
    assert "You asked for this, so somebody else has to decide it." in words_of(office.browser.get(page))
    assert office.browser.post(f"{page}/decide", agree="yes").status_code == 403
    assert office.rheas.post(f"{page}/decide", agree="yes").status_code == 302
    assert (fresh(dispute).outcome, fresh(dispute).back_cents) == ("partly", 15_000)


def test_while_it_waits_nobody_decides_it_another_way(office):
    dispute = taken(office, 20_000)
    decide(office.browser, dispute, "150.00")
    decide(office.browser, dispute, "10.00")
    assert fresh(dispute).outcome is None
    assert len(db.session.scalars(select(Adjustment)).all()) == 1


def test_what_a_second_person_turned_down_is_said_and_not_left_waiting_for_nobody(office):
    dispute = taken(office, 20_000)
    decide(office.browser, dispute, "150.00")
    adjustment = db.session.scalars(select(Adjustment)).one()
    office.rheas.post(f"/office/adjustments/{adjustment.id}/decide", agree="no")
    answer = decide(office.browser, dispute, "150.00")
    assert answer.status_code == 409 or "waits for a second person" in words_of(
        office.browser.get(f"/office/disputes/{dispute.id}"))
    assert decide(office.browser, dispute, "90.00").status_code == 302


def test_a_decided_adjustment_is_not_decided_again(office):
    adjustment = give_credit(payer=office.payer(), amount=Money(9000), why="goodwill", by_user_id=office.paul.id, once="x",
                             now=office.clock())
    page = f"/office/adjustments/{adjustment.id}/decide"
    assert [office.rheas.post(page, agree=word).status_code for word in ("no", "yes")] == [302, 409]
    assert office.rheas.post(page, agree="perhaps").status_code == 302


def test_disputes_stand_by_their_clock_and_narrow_to_overdue_mine_and_nobodys(office):
    first, second = taken(office), office.disputed(office.charged(office.payer("Daniel Osei")))
    office.clock.forward(days=2)
    third = office.disputed(office.charged(office.payer("Zoe Quill")))

    def listed(**asked):
        question = Disputes(**asked, now=first.due_at + timedelta(hours=1), user_id=office.paul.id)
        assert question.count() == len(db.session.execute(question.select()).all())
        return [row.Dispute.id for row in db.session.execute(question.select())]

    assert listed()[-1] == third.id
    assert set(listed(show="overdue")) == {first.id, second.id}
    assert listed(show="mine") == [first.id]
    assert set(listed(show="nobody")) == {second.id, third.id}
    assert listed(show="decided") == []
    assert listed(q="quill") == [third.id]
    assert listed(payer=str(third.payer_id)) == [third.id]


@pytest.mark.one_database
def test_a_list_of_adjustments_marks_ones_own(office):
    give_credit(payer=office.payer(), amount=Money(9000), why="goodwill", by_user_id=office.paul.id, once="x",
                now=office.clock())
    assert "yours: not by you" in words_of(office.browser.get("/office/adjustments"))
    assert "yours: not by you" not in words_of(office.rheas.get("/office/adjustments"))
    assert "$90.00" not in words_of(office.browser.get("/office/adjustments", show="not_mine"))
