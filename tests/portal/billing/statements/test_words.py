"""Every row that a member sees has words: what it is, why, the sum and the evidence; and every message has its mail."""

import re
from pathlib import Path

import pytest

from core.money import Money
from portal.billing.ledger.enter import Transfer, billed
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payments.models import Payment, Refund, RefundState, State
from portal.billing.words import became_of, card_name, evidence_of, has_words, refund_became, shown, why
from portal.billing.words.accounts import BASES, LABELS, WHYS
from portal.web.say import CITY_ZONE
from tests.factories import NOON

BOOKS = {"charged_back", "chargeback_won", "chargeback_lost", "processor_fee", "payout"}
NOTICE = {"place": "I-90, plaza 33", "plate": "EK 41 207", "notice": "x", "sent_at": NOON.isoformat()}
FACTS = {
    "membership": {"month": "2026-11", "plan": "regular"},
    "membership_part": {"month": "2026-11", "plan": "regular", "first": 24, "days": 7, "of": 30, "fee_cents": 700},
    "fob_fee": {"last_four": "0142", "asked_at": NOON.isoformat(), "instead_of": "lost"},
    "toll": NOTICE, "ticket": NOTICE,
    "cleaning": {"sent_at": NOTICE["sent_at"]},
    "pass_on_fee": NOTICE, "paid": {"brand": "visa", "last_four": "4242"}, "paid_by_transfer": {"number": "202611-0001"},
    "refunded": {"last_four": "4242"}, "refund_failed": {}, "settled_before": {},
    "given_back": {"why": "dispute", "of": "late_fee", "of_cents": 2000},
    **{f"granted_{kind}": {"why": "goodwill", "days": 90} for kind in ("service", "promo", "referral", "fuel")},
    **{f"used_{kind}": {"why": "WELCOME10", "left_before": 2000} for kind in ("service", "promo", "referral", "fuel")},
    **{f"ended_{kind}": {"why": "goodwill"} for kind in ("service", "promo", "referral", "fuel")},
}


def row(code: str, cents: int = 1000) -> LedgerRow:
    """A row as the ledger would give it back."""
    made = billed(Transfer(Account.RECEIVABLE, Account.DRIVING, Money(1), Origin.QUOTE, code, "rule", 3, "once", NOON,
                           facts=FACTS[code]), Money(cents))
    return LedgerRow(debit_account=made.debit, credit_account=made.credit, amount_cents=made.amount.cents, currency="USD",
                     code=code, rule_version=3, facts=made.facts)


def test_every_code_that_the_money_rooms_enter_has_words():
    written = set()
    for path in Path("portal/billing").rglob("*.py"):
        if "stripe" not in path.parts and path.name != "words.py":
            written |= set(re.findall(r'Origin\.\w+,\s*f?"([a-z_{}.]+)"', path.read_text()))
    kinds = {"{kind}", "{credit.kind}"}
    spelled = {code for code in written if "{" not in code}
    for code in written - spelled:
        assert any(hole in code for hole in kinds), code
        spelled |= {re.sub(r"{.*?}", kind, code) for kind in ("service", "promo", "referral", "fuel")}
    assert len(spelled) > 15
    assert spelled <= set(LABELS), spelled - set(LABELS)
    assert set(LABELS) == set(WHYS) | BOOKS
    assert set(BASES) <= set(LABELS)
    assert set(FACTS) == set(WHYS)
    assert not any(has_words(code) for code in BOOKS)


@pytest.mark.one_database
@pytest.mark.parametrize("code", sorted(FACTS))
@pytest.mark.parametrize("cents", [1000, -1000])
def test_every_row_reads_as_words(app, code, cents):
    with app.test_request_context():
        line, (said, explained) = row(code, cents), (shown(row(code, cents)), why(row(code, cents), CITY_ZONE))
        for words in (said.label, said.amount, explained.question, explained.sentence, explained.sum, explained.evidence,
                      explained.rule):
            assert words
            assert "%(" not in words
            assert "None" not in words
        assert "version 3" in explained.rule
        assert "$10.00" in explained.question
        assert said.credit is (line.amount.cents < 0)


@pytest.mark.one_database
def test_the_question_fits_what_happened(app):
    with app.test_request_context():
        asked = {code: why(row(code, cents), CITY_ZONE).question for code, cents in (
            ("paid", -1000), ("granted_promo", 1000), ("used_promo", -1000), ("given_back", -1000), ("membership", 1000))}
    assert asked == {
        "paid": "What is this payment of $10.00?", "granted_promo": "Why did I get $10.00 of credit?",
        "used_promo": "Why did my credit pay $10.00?", "given_back": "Why did I get $10.00 back?",
        "membership": "Why was I charged $10.00?"}


@pytest.mark.one_database
def test_sums_are_written_out(app):
    with app.test_request_context():
        assert why(row("given_back", -500), CITY_ZONE).sum == "$20.00 − $5.00 = $15.00"
        assert why(row("used_service", -500), CITY_ZONE).sum == "$20.00 − $5.00 = $15.00 left of it"
        assert why(row("membership", 700), CITY_ZONE).sum == "1 month × $7.00 = $7.00"


@pytest.mark.one_database
def test_evidence_stands_in_the_order_in_which_one_asks_whatever_its_names(app):
    with app.test_request_context():
        found = evidence_of({"lane_number": "4", "plate": "EK 41 207", "at": NOON.isoformat(), "place": "I-90", "when": "",
                             "notice": "x", "sent_at": "y"}, CITY_ZONE)
    assert found == [("Where", "I-90"), ("When", "Tue, Nov 24, 12:00 PM"), ("Plate", "EK 41 207"), ("Lane number", "4")]


@pytest.mark.one_database
def test_every_state_of_a_payment_and_a_refund_has_a_word(app):
    with app.test_request_context():
        for state in State:
            assert became_of(Payment(state=state, declined_why="insufficient_funds")).word
        for state in RefundState:
            assert refund_became(Refund(state=state)).word
        assert became_of(Payment(state=State.DECLINED, declined_why="lost_card")).means == "The card was reported lost."
        assert became_of(Payment(state=State.DECLINED, declined_why="odd")).means.startswith("Your bank did not say why")
        assert card_name("amex", "0005") == "American Express ending 0005"
        assert card_name("cartes_bancaires", "1234") == "Cartes bancaires ending 1234"
