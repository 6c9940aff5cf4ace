"""Codes of the ledger in words: plans, kinds of credit, reasons, what a line is about, and what a notice rests on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal.web import say

Facts = Mapping[str, Any]
Explained = tuple[str, str, str]  # the sentence, the sum written out, the evidence


def plan_name(plan: str) -> str:
    """A plan's name."""
    return {"payg": _("Pay-as-you-go"), "regular": _("Regular")}[plan]


def card_name(brand: str, last_four: str) -> str:
    """"Visa ending 4242"."""
    names = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
             "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
    return _("%(brand)s ending %(four)s", brand=names.get(brand, say.first_upper(brand.replace("_", " "))), four=last_four)


def credit_kind(kind: str) -> str:
    """A kind of credit."""
    return {"service": _("Credit, because something went wrong"), "promo": _("Promotion"),
            "referral": _("Credit for inviting someone"), "fuel": _("Fuel credit")}[kind]


def reason(why_code: str) -> str:
    """A reason that is kept as a short code, in words; a promotion’s own code stays as it is."""
    return {
        "goodwill": _("goodwill"), "dispute": _("you disputed it, and you were right"),
        "low_fuel_found": _("you found the tank low"), "our_doing": _("it was our doing"),
        "our_mistake": _("it was our mistake"), "car_fault": _("the car was at fault"),
        "tax": _("the tax on what was given back"), "rebooked": _("somebody else booked time that you gave back"),
        "remedy_taxi": _("the taxi you took because the car was not there"),
        "remedy_car_there": _("the car was not there when your time began"), "remedy_unlock": _("the car did not open in time"),
        "remedy_energy": _("the car had less than a quarter"), "remedy_clean": _("the car was not clean"),
        "remedy_answer": _("our answer came later than promised"), "left": _("you left us"),
        "referral": _("a friend joined with a code, and paid a first trip"),
    }.get(why_code, why_code)


def about(code: str) -> str:
    """What a line is about, in a word or two: for a line that corrects another one."""
    subjects = {
        "day_cap": _("day price"), "miles": _("fuel and miles"), "extra_miles": _("extra miles"),
        "extra_time": _("extra time"), "late_fee": _("late return"), "low_fuel": _("low tank"),
        "fuel_refund": _("fuel receipt"), "refuel_credit": _("refuelling"), "fee_cancelled": _("cancelling fee"),
        "fee_no_show": _("no-show fee"), "fee_given_back": _("time given back late"), "early_return": _("early return"),
        "membership": _("membership"), "membership_part": _("membership"), "fob_fee": _("fob"),
        "toll": _("toll"), "ticket": _("ticket"), "cleaning": _("cleaning"), "pass_on_fee": _("fee for passing on"),
        "promo": _("promo code"), "young_driver": _("young driver"), "reduced_tier": _("reduced tier"),
        "fee_booking": _("booking fee"),
    }
    families = {"time": _("driving time"), "waiver": _("cover"), "tax": _("taxes")}
    return subjects.get(code) or families.get(code.split("_")[0]) or _("a line")


def evidence_of(facts: Facts, zone: ZoneInfo) -> list[tuple[str, str]]:
    """What a notice rests on, as names and values, in the order in which one asks."""
    names = {"place": _("Where"), "at": _("When"), "when": _("When"), "happened_at": _("When"), "plate": _("Plate"),
             "authority": _("From"), "number": _("Their number"), "car": _("Car"), "what": _("What")}
    ours = ("notice", "sent_at")
    known = [key for key in names if facts.get(key)]
    other = [key for key in facts if key not in names and key not in ours and facts[key]]
    return [(names.get(key) or say.first_upper(key.replace("_", " ")), _moment_or_words(str(facts[key]), zone))
            for key in (*known, *other)]


def moment(written: str, zone: ZoneInfo) -> str:
    return say.moment(datetime.fromisoformat(written), zone)


def _moment_or_words(written: str, zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    return say.moment(at, zone) if at.tzinfo else written
