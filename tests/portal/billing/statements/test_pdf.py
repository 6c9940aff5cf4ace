"""A statement on paper is a PDF that says what the page says, on as many numbered pages as it takes."""

import re
import zlib
from base64 import a85decode
from datetime import date, timedelta

import pytest

from core.database import db
from core.money import Money
from portal.billing.invoices.issue import issue_invoices
from portal.billing.invoices.models import Invoice
from portal.billing.payers.payer_of import add_business, let_pay
from portal.billing.statements.pdf import PaperRow, Sheet, invoice_sheet, printable, statement_pdf
from portal.web.say import CITY_ZONE
from tests.factories import NOON
from tests.reservations.made import Street, a_street, booked

SHEET = Sheet(title="Statement for November 2026", address=["Ada Okafor", "ada@example.com"], facts=[("Account", "M-00001")],
              rows=[], totals=[("Open now", "$12.40")], empty="Nothing was charged.", foot="Roundtrip, statement of Ada Okafor")


def words_of_pdf(paper: bytes) -> str:
    """Every text that is drawn, in order."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", paper, re.S):
        drawn = zlib.decompress(a85decode(stream.strip(), adobe=False) if not stream.strip().endswith(b"~>")
                                else a85decode(b"<~" + stream.strip(), adobe=True))
        found += re.findall(rb"\(((?:\\.|[^()\\])*)\) Tj", drawn)
    return " ".join(re.sub(rb"\\(\d{3}|.)", lambda m: bytes([int(m[1], 8)]) if m[1].isdigit() else m[1], text).decode("cp1252")
                    for text in found)


def pages_of(paper: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", paper))


def rows(number: int) -> list[PaperRow]:
    return [PaperRow("Tue, Nov 24", f"Line {one} of the bill", "Weekday rate", "$9.00", f"${one}.00") for one in range(number)]


def titled(paper: bytes, title: str) -> bool:
    return f"/Title ({title})".encode() in paper


def test_an_empty_month_says_so_on_one_page(app):
    with app.test_request_context():
        paper = statement_pdf(SHEET)
    assert paper.startswith(b"%PDF-")
    assert paper.rstrip().endswith(b"%%EOF")
    assert titled(paper, "Statement for November 2026")
    words = words_of_pdf(paper)
    for said in ("Ada Okafor", "M-00001", "Nothing was charged.", "$12.40", "Page 1 of 1"):
        assert said in words
    assert pages_of(paper) == 1


def test_a_long_one_goes_on_over_pages_that_are_numbered_and_repeat_their_head(app):
    with app.test_request_context():
        paper = statement_pdf(Sheet(**{each: getattr(SHEET, each) for each in SHEET.__slots__} | {"rows": rows(120)}))
    words, number = words_of_pdf(paper), pages_of(paper)
    assert number > 3
    assert f"Page {number} of {number}" in words
    assert words.count("Balance") == words.count("Roundtrip, statement of Ada Okafor") == number
    assert all(f"Line {one} of the bill" in words for one in range(120))


def test_names_from_everywhere_and_signs_of_markup_are_printed(app):
    with app.test_request_context():
        paper = statement_pdf(Sheet(**{each: getattr(SHEET, each) for each in SHEET.__slots__} | {
            "address": ["Žofia Łukasz <b> & Söhne", "李"], "rows": [PaperRow("", "<i>x</i> & y", "", "−$5.00", "")]}))
    words = words_of_pdf(paper).replace(" ", "")  # each change of the face begins a new text
    for said in ("ŽofiaLukasz<b>&Söhne", "<i>x</i>&y", "–$5.00"):
        assert said in words


@pytest.mark.parametrize(("said", "printed"), [
    ("Đặng", "Dang"), ("naïve – “ok” ’", "naïve – “ok” ’"), ("−3", "–3"), ("陈", "?")])
def test_letters_that_the_face_lacks_are_said_with_those_it_has(said, printed):
    assert printable(said) == printed


def test_a_whole_invoice_has_every_row_its_total_and_its_day(app, people, clock):
    street: Street = a_street(app, clock)
    ada, business = people.member(), add_business(name="Acme Ltd", email="bills@acme.example", at=NOON)
    let_pay(payer_id=business.id, member_id=ada.id, at=NOON)
    trip = booked(ada)
    street.unlocked(trip)
    street.returned(trip)
    clock.at = NOON + timedelta(days=10)
    assert issue_invoices(clock(), CITY_ZONE) == 1
    invoice = db.session.scalars(db.select(Invoice)).one()
    assert (invoice.month, invoice.total) == (date(2026, 11, 1), Money(trip.price_cents))
    with app.test_request_context():
        paper = statement_pdf(invoice_sheet(invoice))
    words = words_of_pdf(paper)
    for said in (invoice.number, "Acme Ltd", "November 2026", trip.reference, f"${trip.price_cents / 100:,.2f}",
                 "Please pay by"):
        assert said in words
    assert "Balance" not in words
    assert titled(paper, f"Invoice {invoice.number}")
