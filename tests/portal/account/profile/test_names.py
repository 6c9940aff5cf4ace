"""Names that people give themselves: those of all scripts are taken, and none carries an address or markup to strangers."""

import pytest
from werkzeug.datastructures import MultiDict

from portal.account.names import name_field
from portal.account.profile.forms import DetailsForm
from portal.business.forms import NewAdminForm
from portal.signup.forms import DetailsForm as JoinForm
from portal.signup.forms import NameForm
from portal.web.forms import Form

pytestmark = pytest.mark.one_database


class Named(Form):
    name = name_field("Name")


def told(app, name, form=Named):
    with app.test_request_context(method="POST"):
        held = form(formdata=MultiDict({"name": name}), meta={"csrf": False})
        held.validate()
        return held.name.errors


@pytest.mark.parametrize("name", [
    "Ada Okafor", "Seán O’Brien", "Anna-Maria d'Arc", "J.R.R. Tolkien", "St. John Smith, Jr.", "José Ñúñez", "李小龍",
    "Владимир",
    "محمد علی", "नरेंद्र मोदी", "Anand s/o Kumar", "Henry Ford 2nd", "Ὀδυσσεύς", "Müller (geb. Groß)", "山田・太郎", "O",
    "می\u200cخواهم"])
def test_names_of_all_scripts_are_taken(app, name):
    assert not told(app, name)


@pytest.mark.parametrize(("name", "words"), [
    ("<b>Ada</b>", "no “<”"), ("Win at evil.example", "web address"), ("https://x.y", "no “:”"), ("WWW evil", "web address"),
    ("Call (312) 555-0123", "web address or a number"), ("ada@evil.example", "no “@”"), ("t.co/x", "web address"),
    ("Ada\u202eOkafor", "cannot be seen"), ("Ada\0", "cannot be seen"), ("{{ 7 }}", "no “{”"), ("Ada 🎉", "no “🎉”"),
    ("...", "has letters"), ("x" * 121, "at most 120 letters")])
def test_what_is_no_name_is_refused_with_what_to_type(app, name, words):
    assert words in str(told(app, name)[0])


@pytest.mark.parametrize("form", [DetailsForm, JoinForm, NameForm, NewAdminForm])
def test_every_form_with_a_persons_name_judges_it_alike(app, form):
    assert "web address" in str(told(app, "Win at evil.example", form)[0])
