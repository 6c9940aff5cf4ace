"""The other lines of an account in words: memberships, what is passed on, credit, payments, and what is given back."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.money import Money
from portal.billing.words.codes import Explained, Facts, about, card_name, credit_kind, evidence_of, moment, plan_name, reason
from portal.web import say

KINDS = ("service", "promo", "referral", "fuel")


def _card(facts: Facts) -> str:
    """The card of a payment, as far as its row says."""
    if not facts.get("last_four"):
        return _("a card")
    if not facts.get("brand"):
        return _("the card ending %(four)s", four=facts["last_four"])
    return card_name(facts["brand"], facts["last_four"])


def _passed_on(facts: Facts, what: str) -> str:
    return _("%(what)s, %(place)s", what=what, place=facts["place"]) if facts.get("place") else what


def _month(written: str) -> str:
    year, month = written.split("-")
    return say.month(date(int(year), int(month), 1))


def _first(facts: Facts) -> date:
    """The first day that a part of a month costs."""
    year, month = facts["month"].split("-")
    return date(int(year), int(month), int(facts["first"]))


def _reduced(facts: Facts, words: str) -> str:
    """The same, and that the reduced tier is taken off it."""
    if "off_percent" not in facts:
        return words
    return _("%(words)s, reduced tier: %(percent)s off %(fee)s", words=words, percent=say.percent(facts["off_percent"]),
             fee=say.cents(facts["full_cents"]))


def _kind(kind: str) -> Callable[[Facts], str]:
    return lambda facts: credit_kind(kind)


LABELS: dict[str, Callable[[Facts], str]] = {
    "membership": lambda facts: _("Membership for %(month)s", month=_month(facts["month"])),
    "membership_part": lambda facts: _("Membership from %(day)s to the end of the month", day=say.long_day(_first(facts))),
    "fob_fee": lambda facts: _("Another fob, ending in %(four)s", four=facts["last_four"]),
    "toll": lambda facts: _passed_on(facts, _("Toll")),
    "ticket": lambda facts: _passed_on(facts, _("Ticket")),
    "cleaning": lambda facts: _passed_on(facts, _("Cleaning")),
    "pass_on_fee": lambda facts: _("Fee for passing it on"),
    **{f"granted_{kind}": _kind(kind) for kind in KINDS},
    **{f"used_{kind}": lambda facts: _("Paid with your credit") for kind in KINDS},
    **{f"ended_{kind}": lambda facts: _("Credit that ended") for kind in KINDS},
    "paid": lambda facts: _("Paid with %(card)s", card=_card(facts)),
    "paid_by_transfer": lambda facts: _("Paid by transfer"),
    "refunded": lambda facts: _("Sent back to %(card)s", card=_card(facts)),
    "refund_failed": lambda facts: _("A refund came back to us"),
    "given_back": lambda facts: _("Given back: %(what)s", what=about(facts["of"])),
    "settled_before": lambda facts: _("Settled before"),
    # Between our own books: for the office only.
    "charged_back": lambda facts: _("Taken back by the bank"),
    "chargeback_won": lambda facts: _("Chargeback won"),
    "chargeback_lost": lambda facts: _("Chargeback lost"),
    "processor_fee": lambda facts: _("Fee of the card processor"),
    "payout": lambda facts: _("Paid out to our bank"),
}

BASES: dict[str, Callable[[Facts], str]] = {
    "membership": lambda facts: _reduced(facts, _("%(plan)s plan", plan=plan_name(facts["plan"]))),
    "membership_part": lambda facts: _reduced(facts, _("%(plan)s plan, %(days)d of %(of)d days", days=facts["days"],
                                                       of=facts["of"], plan=plan_name(facts["plan"]))),
    "fob_fee": lambda facts: _("As shown when you asked for it"),
    "toll": lambda facts: _("At cost, you were told before"),
    "ticket": lambda facts: _("At cost, you were told before"),
    "cleaning": lambda facts: _("At cost, you were told before"),
    **{f"{what}_{kind}": lambda facts: say.first_upper(reason(facts["why"])) for what in ("granted", "ended")
       for kind in KINDS},
    **{f"used_{kind}": _kind(kind) for kind in KINDS},
    "paid_by_transfer": lambda facts: _("Invoice %(number)s", number=facts["number"]),
    "refund_failed": lambda facts: _("It is yours still, and stands on your balance"),
    "given_back": lambda facts: say.first_upper(reason(facts["why"])),
    "settled_before": lambda facts: _("Bills before this ledger began"),
}

QUESTIONS: dict[str, Callable[[str], str]] = {  # where "charged" and "get" would be the wrong words
    "granted_": lambda amount: _("Why did I get %(amount)s of credit?", amount=amount),
    "used_": lambda amount: _("Why did my credit pay %(amount)s?", amount=amount),
    "ended_": lambda amount: _("Why did %(amount)s of my credit end?", amount=amount),
    "paid": lambda amount: _("What is this payment of %(amount)s?", amount=amount),
    "paid_by_transfer": lambda amount: _("What is this payment of %(amount)s?", amount=amount),
    "refunded": lambda amount: _("What are these %(amount)s?", amount=amount),
    "refund_failed": lambda amount: _("What became of the refund of %(amount)s?", amount=amount),
    "given_back": lambda amount: _("Why did I get %(amount)s back?", amount=amount),
    "settled_before": lambda amount: _("What are these %(amount)s?", amount=amount),
}


def _size(amount: Money) -> str:
    return say.money(Money(abs(amount.cents), amount.currency))


def _why_membership(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The %(plan)s plan costs this for each calendar month that you drive with us.", plan=plan_name(facts["plan"])),
            _("1 month × %(amount)s = %(amount)s", amount=say.money(amount)),
            _("You were on the %(plan)s plan when %(month)s began", plan=plan_name(facts["plan"]),
              month=_month(facts["month"])))


def _why_membership_part(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The month in which you join, end a pause or come back costs only the days that are left of it, that day "
              "included."),
            _("%(fee)s × %(days)d of %(of)d days = %(amount)s", fee=say.cents(facts["fee_cents"]), days=facts["days"],
              of=facts["of"], amount=say.money(amount)),
            _("You were on the %(plan)s plan from %(day)s on", plan=plan_name(facts["plan"]), day=say.long_day(_first(facts))))


def _why_fob(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    said = {"lost": _("You asked for another fob in place of one that you lost. The first one is free."),
            "stolen": _("You asked for another fob in place of one that was stolen. The first one is free."),
            "broken": _("You asked for another fob in place of one that broke, as one had within a year before. The first one, "
                        "and one a year that breaks, are free.")}
    return (said.get(facts.get("instead_of") or "", _("You asked for another fob. The first one is free.")),
            _("1 × %(amount)s = %(amount)s", amount=say.money(amount)),
            _("Asked for %(at)s; the fee stood on the button", at=moment(facts["asked_at"], zone)))


def _why_passed_on(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    seen = [f"{name}: {value}" for name, value in evidence_of(facts, zone)]
    if facts.get("sent_at"):
        seen.append(_("we told you on %(time)s", time=moment(facts["sent_at"], zone)))
    return (_("This came up on a trip of yours. We pass it on as it is, after you had time to answer."),
            _("At cost: %(amount)s", amount=say.money(amount)), "; ".join(seen))


def _why_pass_on_fee(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("For each toll and each ticket that reaches us, we find the trip, tell you and pay. This is the fee for it."),
            _("1 × %(amount)s = %(amount)s", amount=say.money(amount)), _why_passed_on(facts, amount, zone)[2])


def _why_granted(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("It pays your next bills before a card does. Reason: %(reason)s.", reason=reason(facts["why"])),
            _("Given: %(amount)s", amount=_size(amount)), _("It ends after %(days)d days", days=facts["days"]))


def _why_used(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    before = facts["left_before"]
    return (_("Credit is used before a card is asked, and what ends first is used first."),
            _("%(before)s − %(amount)s = %(left)s left of it", before=say.cents(before), amount=_size(amount),
              left=say.cents(before - abs(amount.cents))),
            _("Credit given: %(reason)s", reason=reason(facts["why"])))


def _why_ended(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Credit lives for a time, and this was left of it when that was over."),
            _("Left at its end: %(amount)s", amount=_size(amount)), _("Credit given: %(reason)s", reason=reason(facts["why"])))


def _why_paid(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("This much of what you owed was taken from your card, once."), _("Taken: %(amount)s", amount=_size(amount)),
            say.first_upper(_card(facts)))


def _why_transfer(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("A transfer for this invoice came to our bank."), _("Received: %(amount)s", amount=_size(amount)),
            _("Invoice %(number)s", number=facts["number"]))


def _why_refunded(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You had paid more than your bills cost, so we sent it back to the card it came from. It shows there within "
              "5 days."), _("Sent: %(amount)s", amount=_size(amount)), say.first_upper(_card(facts)))


def _why_refund_failed(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Your bank did not take the refund. The money is yours still: it stands on your balance and pays your next "
              "bill."), _("Back on your balance: %(amount)s", amount=_size(amount)), _("The bank’s answer"))


def _why_given_back(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    of = facts["of_cents"]
    return (_("We took this off a line of your bill. Reason: %(reason)s.", reason=reason(facts["why"])),
            _("%(of)s − %(amount)s = %(left)s", of=say.cents(of), amount=_size(amount), left=say.cents(of - abs(amount.cents))),
            _("The line it corrects: %(what)s", what=about(facts["of"])))


def _why_settled_before(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("These bills are older than this ledger. They count as paid, so that nobody is asked for them again."),
            _("Settled: %(amount)s", amount=_size(amount)), _("The bills of that time, line by line above"))


WHYS: dict[str, Callable[[Facts, Money, ZoneInfo], Explained]] = {
    "membership": _why_membership, "membership_part": _why_membership_part,
    "fob_fee": _why_fob, "toll": _why_passed_on, "ticket": _why_passed_on, "cleaning": _why_passed_on,
    "pass_on_fee": _why_pass_on_fee, "paid": _why_paid, "paid_by_transfer": _why_transfer, "refunded": _why_refunded,
    "refund_failed": _why_refund_failed, "given_back": _why_given_back, "settled_before": _why_settled_before,
    **{f"granted_{kind}": _why_granted for kind in KINDS}, **{f"used_{kind}": _why_used for kind in KINDS},
    **{f"ended_{kind}": _why_ended for kind in KINDS},
}
