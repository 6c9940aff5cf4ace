"""Lines in words: what a line of a price, a bill or a statement is, on what it rests, and the answer to "why was I
charged?"; and what has become of payments and refunds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.money import Money
from portal.billing.payments.models import Payment, Refund, RefundState, State
from portal.web import say


class PriceLine(Protocol):
    """A line of a quote or of a bill."""

    @property
    def code(self) -> str: ...
    @property
    def amount(self) -> Money: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the page's table takes it."""

    label: str
    basis: str
    amount: str
    credit: bool


@dataclass(frozen=True, slots=True)
class Why:
    """A line explained: the question, a sentence, the sum written out, the evidence, the rule with its version."""

    question: str
    sentence: str
    sum: str
    evidence: str
    rule: str


Facts = Mapping[str, Any]


def shown(line: PriceLine) -> Shown:
    """The line for a table of price lines."""
    return Shown(label(line), basis(line), say.money(line.amount), line.amount.cents < 0)


def label(line: PriceLine) -> str:
    """What the line is, in a few words."""
    return (_LABELS.get(line.code) or _ACCOUNT_LABELS[line.code])(line.facts)


def basis(line: PriceLine) -> str:
    """The small print under it."""
    return (_BASES.get(line.code) or _ACCOUNT_BASES.get(line.code, lambda facts: ""))(line.facts)


def has_words(code: str) -> bool:
    """Whether a row of this code is for members' eyes: what moves between our own books is not."""
    return code in _WHYS or code in _ACCOUNT_WHYS


def why(line: PriceLine, zone: ZoneInfo) -> Why:
    """The answer to "why was I charged?" (or "why did I get?")."""
    explain = _WHYS.get(line.code) or _ACCOUNT_WHYS[line.code]
    sentence, total, evidence = explain(line.facts, line.amount, zone)
    return Why(_question(line), sentence, total, evidence,
               _("%(rule)s, version %(version)d", rule=_rule(line.code), version=line.rule_version))


def _question(line: PriceLine) -> str:
    amount = say.money(Money(abs(line.amount.cents), line.amount.currency))
    asked = _QUESTIONS.get(line.code) or _QUESTIONS.get(f"{line.code.split('_')[0]}_")
    if asked is not None:
        return asked(amount)
    if line.amount.cents < 0:
        return _("Why did I get %(amount)s?", amount=amount)
    return _("Why was I charged %(amount)s?", amount=amount)


def _time_label(facts: Facts) -> str:
    return _("%(time)s at %(rate)s an hour", time=say.hours(facts["minutes"]), rate=say.cents(facts["hour_cents"]))


def _percent(facts: Facts) -> str:
    return say.percent(facts["basis_points"] / 100)


_LABELS: dict[str, Callable[[Facts], str]] = {
    "time_weekday": _time_label,
    "time_weekend": _time_label,
    "time_night": _time_label,
    "day_cap": lambda facts: _("Day price: the hours beyond it are free"),
    "reduced_tier": lambda facts: _("Reduced tier, %(percent)s off", percent=say.percent(facts["percent"])),
    "promo": lambda facts: _("Promo code %(code)s", code=facts["code"]),
    "young_driver": lambda facts: _("Driver under %(age)d, %(time)s at %(rate)s an hour", age=facts["under"],
                                    time=say.hours(facts["minutes"]), rate=say.cents(facts["hour_cents"])),
    "fee_booking": lambda facts: _("Booking fee"),
    "waiver_included": lambda facts: _("Cover, %(excess)s excess", excess=say.dollars(facts["excess_cents"])),
    "waiver_plus": lambda facts: _("Cover Plus, %(excess)s excess", excess=say.dollars(facts["excess_cents"])),
    "waiver_premium": lambda facts: _("Cover Premium, no excess"),
    "miles": lambda facts: _("Fuel or charging, and %(miles)s miles", miles=say.number(facts["miles"])),
    "tax_city": lambda facts: _("City lease tax, %(percent)s", percent=_percent(facts)),
    "tax_state": lambda facts: _("State renting tax, %(percent)s", percent=_percent(facts)),
    "tax_city_after": lambda facts: _("City lease tax on the lines after the trip, %(percent)s", percent=_percent(facts)),
    "tax_state_after": lambda facts: _("State renting tax on the lines after the trip, %(percent)s",
                                       percent=_percent(facts)),
    "extra_miles": lambda facts: _("%(over)s miles over %(included)s, at %(rate)s", over=say.number(facts["over"]),
                                   included=say.number(facts["included"]), rate=say.cents(facts["mile_cents"])),
    "extra_time": lambda facts: _("%(time)s longer than booked", time=say.duration(facts["minutes"])),
    "late_fee": lambda facts: _("Back %(time)s late, with someone waiting", time=say.duration(facts["late_minutes"])),
    "low_fuel": lambda facts: _("Returned with the tank below %(least)s", least=say.percent(facts["least_percent"])),
    "fuel_refund": lambda facts: _("Your receipt, refunded"),
    "refuel_credit": lambda facts: _("Thanks for refuelling"),
    "fee_cancelled": lambda facts: _("Cancelled after the free time"),
    "fee_no_show": lambda facts: _("Nobody came"),
    "fee_given_back": lambda facts: _("%(time)s given back after the free time", time=say.duration(facts["minutes"])),
    "early_return": lambda facts: _("Back %(time)s early", time=say.duration(facts["minutes"])),
}

_BASES: dict[str, Callable[[Facts], str]] = {
    "time_weekday": lambda facts: _("Weekday rate, %(plan)s plan", plan=plan_name(facts["plan"])),
    "time_weekend": lambda facts: _("Weekend rate, %(plan)s plan", plan=plan_name(facts["plan"])),
    "time_night": lambda facts: _("Night rate, %(from)s to %(until)s, %(plan)s plan", plan=plan_name(facts["plan"]),
                                  **{"from": say.hour(facts.get("from", 22)), "until": say.hour(facts.get("until", 6))}),
    "reduced_tier": lambda facts: _("Off the driving time"),
    "promo": lambda facts: _promo(facts),
    "young_driver": lambda facts: _("Of each day, %(most)d hours at most", most=facts["most"]),
    "fee_booking": lambda facts: _("Once for each booking"),
    "waiver_included": lambda facts: _("Included. Third-party cover is always in."),
    "waiver_plus": lambda facts: _("%(hour)s an hour, %(day)s a day at most", hour=say.cents(facts["hour_cents"]),
                                   day=say.cents(facts["day_cents"])),
    "waiver_premium": lambda facts: _("%(hour)s an hour, %(day)s a day at most", hour=say.cents(facts["hour_cents"]),
                                      day=say.cents(facts["day_cents"])),
    "miles": lambda facts: _("Included; then %(rate)s a mile", rate=say.cents(facts["mile_cents"])),
    "extra_miles": lambda facts: _("After the trip"),
    "extra_time": lambda facts: _("After the trip, at the normal price"),
    "late_fee": lambda facts: _("After the trip"),
    "low_fuel": lambda facts: _("After the trip, by the car’s own sensor"),
    "fuel_refund": lambda facts: _("Fuel and charging are in the price"),
    "fee_given_back": lambda facts: _("Refunded for each quarter-hour that somebody else has"),
    "early_return": lambda facts: _("%(percent)s of the unused time", percent=say.percent(facts["percent"])),
    "refuel_credit": lambda facts: _("%(minutes)d minutes of driving", minutes=facts["minutes"]),
}


def _promo(facts: Facts) -> str:
    if facts["percent"]:
        return _("%(percent)s off the time", percent=say.percent(facts["percent"]))
    return _("Up to %(amount)s off the time", amount=say.cents(facts["cents"]))


def plan_name(plan: str) -> str:
    """A plan's name."""
    return {"payg": _("Pay-as-you-go"), "regular": _("Regular")}[plan]


def _rule(code: str) -> str:
    rules = {
        "extra_miles": _("Included distance"), "miles": _("Included distance"), "late_fee": _("Late returns"),
        "low_fuel": _("The tank at the return"), "refuel_credit": _("Refuelling credit"), "fuel_refund": _("Fuel and charging"),
        "fee_cancelled": _("Cancelling"), "fee_no_show": _("No-shows"),
        "fee_given_back": _("Cancelling"), "early_return": _("Early returns"), "extra_time": _("Tariff"),
        "membership": _("Membership fee"), "membership_part": _("Membership fee"), "fob_fee": _("Fobs"),
        "toll": _("Passed on at cost"), "ticket": _("Passed on at cost"),
        "cleaning": _("Passed on at cost"), "pass_on_fee": _("Fee for passing on"), "paid": _("Payments"),
        "paid_by_transfer": _("Invoices"), "refunded": _("Refunds"), "refund_failed": _("Refunds"),
        "promo": _("Promo codes"), "reduced_tier": _("Reduced tier"), "young_driver": _("Young drivers"),
        "fee_booking": _("Booking fee"),
        "given_back": _("Corrections"), "settled_before": _("Start of this ledger"),
    }
    families = {"waiver": _("Damage cover"), "tax": _("Taxes"), "granted": _("Credit"), "used": _("Credit"),
                "ended": _("Credit")}
    return rules.get(code) or families.get(code.split("_")[0]) or _("Tariff")


Explained = tuple[str, str, str]


def _quoted() -> str:
    return _("Your quote, frozen when you booked")


def _why_time(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You booked the car for this time."),
            _("%(time)s × %(rate)s an hour = %(amount)s", time=say.hours(facts["minutes"]),
              rate=say.cents(facts["hour_cents"]), amount=say.money(amount)), _quoted())


def _why_cap(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("A day never costs more than its day price, so we took the rest off."),
            _("Day price %(weekday)s, weekends %(weekend)s; taken off: %(amount)s", weekday=say.cents(facts["day_cents"]),
              weekend=say.cents(facts["weekend_day_cents"]), amount=say.money(-amount)), _quoted())


def _why_tier(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You have the reduced tier. It takes something off the driving time, and not off cover or fees."),
            _("%(of)s × %(percent)s = %(amount)s", of=say.cents(facts["of_cents"]), percent=say.percent(facts["percent"]),
              amount=say.money(-amount)), _quoted())


def _why_promo(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    if facts["percent"]:
        arithmetic = _("%(of)s × %(percent)s = %(amount)s", of=say.cents(facts["of_cents"]),
                       percent=say.percent(facts["percent"]), amount=say.money(-amount))
    else:
        arithmetic = _("Up to %(most)s of %(of)s = %(amount)s", most=say.cents(facts["cents"]),
                       of=say.cents(facts["of_cents"]), amount=say.money(-amount))
    return (_("You booked with the code %(code)s. It takes something off the driving time, and not off cover or fees.",
              code=facts["code"]), arithmetic, _quoted())


def _why_young(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Our insurer asks more for drivers under %(age)d. What counts is the age when the trip starts; of each day we "
              "count %(most)d hours at most.", age=facts["under"], most=facts["most"]),
            _("%(time)s × %(rate)s an hour = %(amount)s", time=say.hours(facts["minutes"]),
              rate=say.cents(facts["hour_cents"]), amount=say.money(amount)),
            _("The day of birth on your licence"))


def _why_booking_fee(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Each booking in this city has a fee, however long it is."), say.money(amount), _quoted())


def _why_waiver(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You chose this cover. If the car is damaged, the most you pay is %(excess)s.",
              excess=say.dollars(facts["excess_cents"])),
            _("For the time booked: %(amount)s", amount=say.money(amount)), _quoted())


def _why_miles(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Fuel or charging and these miles are in the price."), say.money(amount), _quoted())


def _why_tax(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The city and the state tax car sharing; we pass it on as it is."),
            _("%(of)s × %(percent)s = %(amount)s", of=say.cents(facts["of_cents"]), percent=_percent(facts),
              amount=say.money(amount)), _("The lines above"))


def _why_extra_miles(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You drove %(driven)s miles. %(included)s are included; each mile after that is %(rate)s.",
              driven=say.number(facts["driven"]), included=say.number(facts["included"]),
              rate=say.cents(facts["mile_cents"])),
            _("(%(driven)s − %(included)s) × %(rate)s = %(amount)s", driven=say.number(facts["driven"]),
              included=say.number(facts["included"]), rate=say.cents(facts["mile_cents"]), amount=say.money(amount)),
            _("Odometer %(start)s at the start and %(end)s at the end, read by the car",
              start=say.number(facts["odometer_start"]), end=say.number(facts["odometer_end"])))


def _why_extra_time(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The trip ended after the time you had booked. The extra time costs the normal price."),
            _("%(time)s at the rates of your quote = %(amount)s", time=say.duration(facts["minutes"]),
              amount=say.money(amount)),
            _("Booked until %(booked)s, ended %(ended)s", booked=_moment(facts["booked_end"], zone),
              ended=_moment(facts["ended_at"], zone)))


def _why_late(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Another member was waiting for the car. The first %(grace)d minutes are free; then each quarter-hour "
              "costs %(step)s, at most %(most)s.", grace=facts["grace_minutes"], step=say.cents(facts["step_cents"]),
              most=say.cents(facts["most_cents"])),
            _("%(steps)d × %(step)s = %(amount)s", steps=facts["steps"], step=say.cents(facts["step_cents"]),
              amount=say.money(amount)),
            _("%(minutes)d minutes late, by the lock’s clock", minutes=facts["late_minutes"]))


def _why_low(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("The tank was below %(least)s at the return, and the next member had to fill it first.",
              least=say.percent(facts["least_percent"])),
            say.money(amount), _("Tank at the return: %(percent)s, read by the car",
                                 percent=say.percent(facts["energy_percent"])))


def _why_refund(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("Fuel and charging are in the price, and you paid yourself."), say.money(-amount),
            _("The stop you logged on this trip"))


def _why_credit(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You refuelled a car that was below %(below)s.", below=say.percent(facts["below"])),
            _("%(minutes)d minutes at %(rate)s an hour = %(amount)s", minutes=facts["minutes"],
              rate=say.cents(facts["hour_cents"]), amount=say.money(-amount)),
            _("Tank before the stop: %(percent)s, read by the car", percent=say.percent(facts["energy_before"])))


def _why_fee(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    if facts.get("kept_cents"):
        return (_("You gave time of this trip back after the free time to cancel was over. It costs what it added to the "
                  "price, at most a day, also when you cancel the rest; what somebody else then had of it is refunded."),
                _("Given back before %(kept)s, fee %(amount)s", kept=say.cents(facts["kept_cents"]),
                  amount=say.money(amount)),
                _("Cancelled %(at)s", at=_moment(facts["at"], zone)))
    return (_("The free time to cancel was over. The fee is the price, capped at one day."),
            _("Price %(price)s, fee %(amount)s", price=say.cents(facts["price_cents"]), amount=say.money(amount)),
            _("Free until %(until)s, ended %(at)s", until=_moment(facts["free_until"], zone),
              at=_moment(facts["at"], zone)))


def _why_given_back_late(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You gave this time back after the free time to cancel was over. It costs what it added to the price, "
              "at most a day; each quarter-hour that somebody else then had is refunded."),
            _("%(time)s = %(amount)s", time=say.duration(facts["minutes"]), amount=say.money(amount)),
            _("Given back %(at)s", at=_moment(facts["at"], zone)))


def _why_early(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You brought the car back early, so somebody else can book the rest of your time."),
            _("%(percent)s of %(worth)s = %(amount)s", percent=say.percent(facts["percent"]),
              worth=say.cents(facts["worth_cents"]), amount=say.money(-amount)),
            _("Booked until %(booked)s, ended %(ended)s", booked=_moment(facts["booked_end"], zone),
              ended=_moment(facts["ended_at"], zone)))


def _moment(written: str, zone: ZoneInfo) -> str:
    return say.moment(datetime.fromisoformat(written), zone)


_WHYS: dict[str, Callable[[Facts, Money, ZoneInfo], Explained]] = {
    "time_weekday": _why_time, "time_weekend": _why_time, "time_night": _why_time, "day_cap": _why_cap,
    "waiver_included": _why_waiver, "waiver_plus": _why_waiver, "waiver_premium": _why_waiver, "miles": _why_miles,
    "reduced_tier": _why_tier, "promo": _why_promo, "young_driver": _why_young, "fee_booking": _why_booking_fee,
    "tax_city": _why_tax, "tax_state": _why_tax, "tax_city_after": _why_tax, "tax_state_after": _why_tax,
    "extra_miles": _why_extra_miles, "extra_time": _why_extra_time, "late_fee": _why_late, "low_fuel": _why_low,
    "fuel_refund": _why_refund, "refuel_credit": _why_credit, "fee_cancelled": _why_fee, "fee_no_show": _why_fee,
    "fee_given_back": _why_given_back_late, "early_return": _why_early,
}


# The rest of an account: memberships, what is passed on, credit, payments and what is given back.

def card_name(brand: str, last_four: str) -> str:
    """"Visa ending 4242"."""
    names = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
             "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
    return _("%(brand)s ending %(four)s", brand=names.get(brand, say.first_upper(brand.replace("_", " "))), four=last_four)


def _card(facts: Facts) -> str:
    """The card of a payment, as far as its row says."""
    if not facts.get("last_four"):
        return _("a card")
    if not facts.get("brand"):
        return _("the card ending %(four)s", four=facts["last_four"])
    return card_name(facts["brand"], facts["last_four"])


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


def _moment_or_words(written: str, zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    return say.moment(at, zone) if at.tzinfo else written


def _passed_on(facts: Facts, what: str) -> str:
    return _("%(what)s, %(place)s", what=what, place=facts["place"]) if facts.get("place") else what


def _month(written: str) -> str:
    year, month = written.split("-")
    return say.month(date(int(year), int(month), 1))


def _reduced(facts: Facts, words: str) -> str:
    """The same, and that the reduced tier is taken off it."""
    if "off_percent" not in facts:
        return words
    return _("%(words)s, reduced tier: %(percent)s off %(fee)s", words=words, percent=say.percent(facts["off_percent"]),
             fee=say.cents(facts["full_cents"]))


_KINDS = ("service", "promo", "referral", "fuel")

_ACCOUNT_LABELS: dict[str, Callable[[Facts], str]] = {
    "membership": lambda facts: _("Membership for %(month)s", month=_month(facts["month"])),
    "membership_part": lambda facts: _("Membership from %(day)s to the end of the month", day=say.long_day(_first(facts))),
    "fob_fee": lambda facts: _("Another fob, ending in %(four)s", four=facts["last_four"]),
    "toll": lambda facts: _passed_on(facts, _("Toll")),
    "ticket": lambda facts: _passed_on(facts, _("Ticket")),
    "cleaning": lambda facts: _passed_on(facts, _("Cleaning")),
    "pass_on_fee": lambda facts: _("Fee for passing it on"),
    **{f"granted_{kind}": lambda facts, kind=kind: credit_kind(kind) for kind in _KINDS},
    **{f"used_{kind}": lambda facts: _("Paid with your credit") for kind in _KINDS},
    **{f"ended_{kind}": lambda facts: _("Credit that ended") for kind in _KINDS},
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

_ACCOUNT_BASES: dict[str, Callable[[Facts], str]] = {
    "membership": lambda facts: _reduced(facts, _("%(plan)s plan", plan=plan_name(facts["plan"]))),
    "membership_part": lambda facts: _reduced(facts, _("%(plan)s plan, %(days)d of %(of)d days", days=facts["days"],
                                                       of=facts["of"], plan=plan_name(facts["plan"]))),
    "fob_fee": lambda facts: _("As shown when you asked for it"),
    "toll": lambda facts: _("At cost, you were told before"),
    "ticket": lambda facts: _("At cost, you were told before"),
    "cleaning": lambda facts: _("At cost, you were told before"),
    **{f"{what}_{kind}": lambda facts: say.first_upper(reason(facts["why"])) for what in ("granted", "ended")
       for kind in _KINDS},
    **{f"used_{kind}": lambda facts, kind=kind: credit_kind(kind) for kind in _KINDS},
    "paid_by_transfer": lambda facts: _("Invoice %(number)s", number=facts["number"]),
    "refund_failed": lambda facts: _("It is yours still, and stands on your balance"),
    "given_back": lambda facts: say.first_upper(reason(facts["why"])),
    "settled_before": lambda facts: _("Bills before this ledger began"),
}

_QUESTIONS: dict[str, Callable[[str], str]] = {  # where "charged" and "get" would be the wrong words
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
            _("Asked for %(at)s; the fee stood on the button", at=_moment(facts["asked_at"], zone)))


def _first(facts: Facts) -> date:
    """The first day that a part of a month costs."""
    year, month = facts["month"].split("-")
    return date(int(year), int(month), int(facts["first"]))


def _why_passed_on(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    seen = [f"{name}: {value}" for name, value in evidence_of(facts, zone)]
    if facts.get("sent_at"):
        seen.append(_("we told you on %(time)s", time=_moment(facts["sent_at"], zone)))
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


_ACCOUNT_WHYS: dict[str, Callable[[Facts, Money, ZoneInfo], Explained]] = {
    "membership": _why_membership, "membership_part": _why_membership_part,
    "fob_fee": _why_fob, "toll": _why_passed_on, "ticket": _why_passed_on, "cleaning": _why_passed_on,
    "pass_on_fee": _why_pass_on_fee, "paid": _why_paid, "paid_by_transfer": _why_transfer, "refunded": _why_refunded,
    "refund_failed": _why_refund_failed, "given_back": _why_given_back, "settled_before": _why_settled_before,
    **{f"granted_{kind}": _why_granted for kind in _KINDS}, **{f"used_{kind}": _why_used for kind in _KINDS},
    **{f"ended_{kind}": _why_ended for kind in _KINDS},
}


@dataclass(frozen=True, slots=True)
class Became:
    """What has become of a payment or a refund: a tag’s kind and icon, its word, and what that means in a sentence."""

    kind: str
    icon: str
    word: str
    means: str


def became_of(payment: Payment) -> Became:
    """What has become of a payment."""
    if payment.state == State.WANTED and payment.card_id is None:
        return Became("info", "clock", _("Begun"), _("It waits for you on the payment page."))
    return {
        State.WANTED: lambda: Became("info", "clock", _("Asked for"), _("The bank has not answered yet.")),
        State.CONFIRM: lambda: Became("warn", "warning", _("Waits for you"), _("Your bank wants to see that it is you.")),
        State.HELD: lambda: Became("info", "lock", _("Held"), _("Nothing is taken before the trip ends.")),
        State.CAPTURED: lambda: Became("ok", "check", _("Paid"), ""),
        State.RELEASED: lambda: Became("", "", _("Let go"), _("Nothing was taken.")),
        State.DECLINED: lambda: Became("bad", "warning", _("Declined"), declined(payment.declined_why)),
    }[State(payment.state)]()


def declined(code: str | None) -> str:
    """Why a bank said no, as far as it says so."""
    return {
        "insufficient_funds": _("There was not enough money on the card."),
        "expired_card": _("The card has expired."),
        "lost_card": _("The card was reported lost."),
        "stolen_card": _("The card was reported stolen."),
        "incorrect_cvc": _("The security code was not right."),
        "never_answered": _("The bank never answered. Nothing was taken."),
    }.get(code or "", _("Your bank did not say why. It can tell you."))


def refund_became(refund: Refund) -> Became:
    """What has become of a refund."""
    return {
        RefundState.WANTED: lambda: Became("info", "clock", _("On its way"), _("It shows on your card within 5 days.")),
        RefundState.PENDING: lambda: Became("info", "clock", _("On its way"), _("It shows on your card within 5 days.")),
        RefundState.DONE: lambda: Became("ok", "check", _("Sent back"), _("It shows on your card within 5 days.")),
        RefundState.FAILED: lambda: Became("warn", "warning", _("Came back to us"),
                                           _("Your bank did not take it. It stands on your balance.")),
    }[RefundState(refund.state)]()
