"""Forms speak in one voice: ours, once."""

import pytest
from werkzeug.datastructures import MultiDict

from portal.web.forms import Form
from reservations.fuel.forms import FuelForm


@pytest.mark.parametrize(("typed", "field", "words"), [
    ({"amount": "nine"}, "amount", ["The amount lies between $0.01 and $500."]),
    ({"paid_by": "nobody"}, "paid_by", ["Choose one from the list."]),
    ({"once": "x"}, "once", ["Reload the page and send the form again."]),
])
def test_a_field_that_does_not_hold_says_so_once_and_in_our_words(shared_app, typed, field, words):
    whole = {"paid_by": "card", "amount": "20", "volume": "5", "station": "Shell", "once": "a-fuel-form"}
    with shared_app.test_request_context(method="POST"):
        form: Form = FuelForm(MultiDict(whole | typed), meta={"csrf": False})
        form.validate()
        form._say_it_once()
        assert {name: [str(error) for error in errors] for name, errors in form.errors.items()} == {field: words}


def test_the_style_guide_shows_fields_with_and_without_faults(visitor):
    page = visitor.get("/styleguide").text
    assert "Write 10 to 500 characters." in page
    assert 'aria-invalid="true"' in page
