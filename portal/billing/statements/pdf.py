"""A statement on paper: one clean Letter sheet after another, with the running balance, totals and page numbers."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from flask_babel import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from portal.account.models import Member
from portal.billing.invoices.issue import rows_of
from portal.billing.invoices.models import Invoice
from portal.billing.payers.models import Payer
from portal.billing.statements.queries import MonthTotals, StatementRow, TripNamed, balance_at, month_bounds, trips_of
from portal.billing.words import basis, label
from portal.web import say

INK, SECOND, RULE = HexColor("#1C1B18"), HexColor("#57534A"), HexColor("#CFC8B6")
SIDE, TOP, BOTTOM = 18 * mm, 20 * mm, 20 * mm
# Helvetica, which every reader has; the site's own face is subset for the web and no TTF.
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
BODY = ParagraphStyle("body", fontName=PLAIN, fontSize=9, leading=12, textColor=INK)
RIGHT = ParagraphStyle("right", parent=BODY, alignment=TA_RIGHT)
STRONG = ParagraphStyle("strong", parent=BODY, fontName=BOLD)
STRONG_RIGHT = ParagraphStyle("strong-right", parent=STRONG, alignment=TA_RIGHT)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8, leading=10.5, textColor=SECOND)
HEAD = ParagraphStyle("head", parent=BODY, fontName=BOLD, fontSize=20, leading=24)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row of the sheet, written out; `small` stands under what it is."""

    day: str
    what: str
    small: str
    amount: str
    balance: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is on the paper, in words. Without balances, its rows have three columns."""

    title: str
    address: Sequence[str]  # to whom, a line each
    facts: Sequence[tuple[str, str]]
    rows: Sequence[PaperRow]
    totals: Sequence[tuple[str, str]]  # the last one is the sum
    empty: str = ""
    notes: Sequence[str] = field(default=())
    foot: str = ""


def member_sheet(member: Member, payer: Payer, month: date, rows: Sequence[StatementRow], trips: Mapping[int, TripNamed],
                 at: datetime) -> Sheet:
    """A month of a member's account: `rows` are that month's, oldest first."""
    since, until = month_bounds(month)
    before = balance_at(payer.id, since)
    after = rows[-1].balance.cents if rows else before
    came_to = MonthTotals(payer.id, (month,)).all()[month]
    return Sheet(
        title=_("Statement for %(month)s", month=say.month(month)),
        address=[member.name, member.user.email],
        facts=[(_("Account"), f"M-{member.id:05d}"), (_("Made on"), say.moment(at, year=True)),
               (_("Times"), _("Chicago time") if say.CITY_ZONE.key == "America/Chicago" else say.CITY_ZONE.key)],
        rows=[_paper_row(row.line, trips, say.money(row.balance)) for row in rows],
        totals=[(_("Open before %(day)s", day=say.long_day(month)), say.cents(before)),
                (_("Costs"), say.cents(came_to.costs)), (_("Credit used and given back"), say.cents(came_to.off)),
                (_("Paid, less what was sent back"), say.cents(came_to.paid)),
                (_("Open now") if at < until else _("Open at the end of the month"), say.cents(after))],
        empty=_("Nothing was charged and nothing was paid in this month."),
        notes=[_("Each line is explained on its own page under Account, Statement; there you can also say that it is not "
                 "right. An amount below zero is in your favour.")],
        foot=_("Roundtrip, statement of %(name)s", name=member.name))


def invoice_sheet(invoice: Invoice) -> Sheet:
    """A whole invoice of a business: every row of it, by the day, with its sum and the day by which it is paid."""
    payer, lines = invoice.payer, rows_of(invoice.payer_id, invoice.after_row, invoice.last_row)
    trips = trips_of(lines)
    open_or_paid = ((_("Paid on"), say.day(invoice.paid_at, year=True)) if invoice.paid_at
                    else (_("Please pay by"), say.day(invoice.due_at, year=True)))
    return Sheet(
        title=_("Invoice %(number)s", number=invoice.number), address=[payer.name or "", payer.email or ""],
        facts=[(_("For"), say.month(invoice.month)), (_("Issued on"), say.day(invoice.issued_at, year=True)), open_or_paid],
        rows=[_paper_row(line, trips) for line in lines], totals=[(_("Total"), say.money(invoice.total))],
        notes=[_("Please name the invoice’s number %(number)s with your transfer.", number=invoice.number)],
        foot=_("Roundtrip, invoice %(number)s", number=invoice.number))


def _paper_row(line: Any, trips: Mapping[int, TripNamed], balance: str = "") -> PaperRow:
    trip = trips.get(line.reservation_id or 0)
    small = [basis(line), _("trip %(reference)s with %(car)s", reference=trip.reference, car=trip.car) if trip else ""]
    return PaperRow(say.day(line.at), label(line), say.first_upper(", ".join(part for part in small if part)),
                    say.money(line.amount), balance)


def printable(words: str) -> str:
    """The words in the letters that the built-in faces have: a letter with an accent they lack loses it, a minus becomes
    a dash, and what is left over a question mark."""
    text = words.replace("\N{MINUS SIGN}", "\N{EN DASH}").replace("\N{NARROW NO-BREAK SPACE}", " ")
    return "".join(_letter(each) for each in unicodedata.normalize("NFC", text))


LOOK_ALIKE = str.maketrans("ŁłĐđĦħŦŧıŊŋ", "LlDdHhTtiNn")


def _letter(each: str) -> str:
    for as_is in (each, each.translate(LOOK_ALIKE), *unicodedata.normalize("NFKD", each)[:1]):
        try:
            as_is.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return as_is
    return "?"


def _p(words: str, style: ParagraphStyle = BODY) -> Paragraph:
    return Paragraph(escape(printable(words)), style)


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Knows at the end how many pages there are, and writes it on each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, kept in enumerate(self._pages, 1):
            self.__dict__.update(kept)
            self.setFont(PLAIN, 8)
            self.setFillColor(SECOND)
            self.drawRightString(letter[0] - SIDE, 12 * mm,
                                 printable(_("Page %(number)d of %(all)d", number=number, all=len(self._pages))))
            Canvas.showPage(self)
        super().save()


def statement_pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF file."""
    out = BytesIO()
    document = BaseDocTemplate(
        out, pagesize=letter, leftMargin=SIDE, rightMargin=SIDE, topMargin=TOP, bottomMargin=BOTTOM, lang="en-US",
        title=printable(sheet.title), author="Roundtrip", subject=printable(sheet.foot or sheet.title), creator="Roundtrip",
        displayDocTitle=True)
    frame = Frame(SIDE, BOTTOM, letter[0] - 2 * SIDE, letter[1] - TOP - BOTTOM, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _doc: _around(canvas, sheet)))
    document.build(_story(sheet), canvasmaker=_Numbered)
    return out.getvalue()


def _around(canvas: Canvas, sheet: Sheet) -> None:
    """What stands on every page: the sign at the top, the words at the foot."""
    canvas.saveState()
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 11)
    canvas.drawString(SIDE, letter[1] - 13 * mm, "Roundtrip")
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.5)
    canvas.line(SIDE, letter[1] - 15 * mm, letter[0] - SIDE, letter[1] - 15 * mm)
    canvas.setFont(PLAIN, 8)
    canvas.setFillColor(SECOND)
    canvas.drawString(SIDE, 12 * mm, printable(sheet.foot))
    canvas.restoreState()


def _story(sheet: Sheet) -> list[Any]:
    wide = letter[0] - 2 * SIDE
    top = Table([[[_p(line, STRONG if not number else BODY) for number, line in enumerate(sheet.address)],
                  [Table([[_p(name, SMALL), _p(value)] for name, value in sheet.facts], colWidths=[26 * mm, None],
                         style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 0),
                                           ("BOTTOMPADDING", (0, 0), (-1, -1), 1), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))]]],
                colWidths=[wide * .5, wide * .5],
                style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                                  ("RIGHTPADDING", (0, 0), (-1, -1), 0)]))
    rows = _rows(sheet, wide) if sheet.rows else _p(sheet.empty)
    return [Spacer(1, 4 * mm), _p(sheet.title, HEAD), Spacer(1, 5 * mm), top, Spacer(1, 7 * mm), rows, Spacer(1, 5 * mm),
            _totals(sheet, wide), Spacer(1, 6 * mm), *(_p(note, SMALL) for note in sheet.notes)]


def _rows(sheet: Sheet, wide: float) -> Table:
    balances = any(row.balance for row in sheet.rows)
    head = [_p(_("Date"), STRONG), _p(_("What"), STRONG), _p(_("Amount"), STRONG_RIGHT), _p(_("Balance"), STRONG_RIGHT)]
    body = [[_p(row.day), [_p(row.what), *([_p(row.small, SMALL)] if row.small else [])], _p(row.amount, RIGHT),
             _p(row.balance, RIGHT)] for row in sheet.rows]
    keep = 4 if balances else 3
    widths = [30 * mm, wide - (30 + 26 * (keep - 2)) * mm, *[26 * mm] * (keep - 2)]
    return Table([row[:keep] for row in [head, *body]], colWidths=widths, repeatRows=1, style=TableStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, 0), 1, INK), ("LINEBELOW", (0, 1), (-1, -1), .5, RULE),
        ("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4)]))


def _totals(sheet: Sheet, wide: float) -> Table:
    *parts, (name, amount) = sheet.totals
    body = [[_p(each), _p(value, RIGHT)] for each, value in parts] + [[_p(name, STRONG), _p(amount, STRONG_RIGHT)]]
    return Table(body, colWidths=[wide * .4, 30 * mm], hAlign="RIGHT", style=TableStyle([
        ("LINEABOVE", (0, -1), (-1, -1), 1.5, INK), ("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2), ("NOSPLIT", (0, 0), (-1, -1))]))
