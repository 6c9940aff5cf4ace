"""Money is typed in dollars and cents, never guessed, and never more than there is."""

import pytest
from werkzeug.datastructures import MultiDict

from core.money import Money
from portal.desk.forms import DecideForm, GiveBackForm

pytestmark = pytest.mark.one_database
MOST = Money(2000)


def typed(app, amount, form=GiveBackForm, field="amount"):
    """The amount and the words beside the field after this was typed."""
    with app.test_request_context(method="POST"):
        made = form(MOST, formdata=MultiDict({field: amount, "why": "goodwill", "once": "0123456789", "reply": "Yes."}),
                    meta={"csrf": False})
        made.validate()
        return made[field].data, [str(error) for error in made[field].errors]


@pytest.mark.parametrize(("words", "cents"), [
    ("12.50", 1250), ("12", 1200), ("$12.50", 1250), (" 12.50 ", 1250), ("0.01", 1), ("20.00", 2000), ("$ 3", 300)])
def test_dollars_and_cents_are_read_exactly(app, words, cents):
    assert typed(app, words) == (Money(cents), [])


@pytest.mark.parametrize("words", [
    "12.5", "12,50", "1.2.3", "-5", "5e3", "twelve", ".50", "1,00", "١٢", "12.505", "12.", "0x10", "NaN", "1 2"])
def test_what_could_be_a_slip_is_not_guessed(app, words):
    assert typed(app, words) == (None, ["Write it like 12.50."])


def test_more_than_there_is_and_nothing_are_refused_with_what_is_possible(app):
    assert typed(app, "20.01")[1] == ["That is more than there is: write $20.00 or less."]
    assert typed(app, "1,000,000.00")[1] == ["That is more than there is: write $20.00 or less."]
    assert typed(app, "9" * 40)[1] == ["Write it like 12.50."]
    assert typed(app, "0.00")[1] == ["That is nothing. Write an amount like 12.50."]
    assert typed(app, "")[1] == ["Say how much, like 12.50."]


def test_a_dispute_may_come_to_nothing_but_not_to_silence(app):
    assert typed(app, "0.00", DecideForm, "back") == (Money(0), [])
    assert typed(app, "", DecideForm, "back")[1] == ["Say how much, like 12.50. Nothing is 0.00."]


def test_a_field_shows_again_what_was_typed(app):
    with app.test_request_context(method="POST"):
        form = GiveBackForm(MOST, formdata=MultiDict({"amount": "12.5"}), meta={"csrf": False})
        form.validate()
        assert 'value="12.5"' in str(form.amount())
