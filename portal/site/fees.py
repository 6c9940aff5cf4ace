"""Everything that can cost a member something, in one table: how much by today's policies, when, why, and how to contest it."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from fleet.tariffs.quote import Policies, Rates
from portal.account.models import Plan
from portal.billing.words import plan_name
from portal.web.say import cents, dollars, duration, percent

# Amounts among the policies that no member is ever charged: limits, remedies, what is held and let go, what we compare with.
# A new amount belongs here or into the table; a test holds that.
NO_FEES = frozenset({
    "card_check_most", "card_limit", "dearest_gallon", "dearest_kwh", "charge_least", "refund_alone", "goodwill_alone",
    "goodwill_case", "owning_month", "owning_mile", "remedy_car_there", "remedy_taxi", "remedy_unlock", "remedy_energy",
    "remedy_clean", "remedy_answer", "referral_gives", "referral_gets"})


@dataclass(frozen=True, slots=True)
class Fee:
    """One cost: what it is, how much, why it exists, how to contest it, and by which policies."""

    slug: str
    what: str
    amount: str
    why: str
    contest: str
    rules: tuple[str, ...]


def fees(policies: Policies, rates: Mapping[str, Mapping[str, Rates]]) -> list[Fee]:
    """Every fee in the order in which a member meets it; one that is zero today is left out. `rates`: by plan and class."""
    rules = {key: policy.value for key, policy in policies.items()}
    return [*_belonging(rules), *_booking(rules), *_of_trip(rules, rates), *_passed_on(rules)]


def _of_line(rules: Mapping[str, int]) -> str:
    return _("Open the line on the receipt and dispute it: a person decides within %(time)s.",
             time=duration(rules["dispute_decided"]))


def _before(rules: Mapping[str, int], answer: str) -> str:
    return _("You hear of it first, with the evidence, and have %(time)s to say no. Then a person decides; until then nothing "
             "is charged.", time=duration(rules[answer]))


def _belonging(rules: Mapping[str, int]) -> list[Fee]:
    return [Fee(f"membership-{plan}", _("Membership, %(plan)s", plan=plan_name(plan)),
                _("%(fee)s a month", fee=dollars(rules[f"membership_{plan}"])),
                _("For it every hour is cheaper. The month in which you join, end a pause or come back costs only the days "
                  "that are left of it."), _of_line(rules), (f"membership_{plan}",))
            for plan in Plan if rules[f"membership_{plan}"]] + [
        Fee("reduced", _("The reduced tier"),
            _("%(hour)s less for driving time, %(fee)s less a month", hour=percent(rules["tier_hour_off"]),
              fee=percent(rules["tier_membership_off"])),
            _("For whoever gets help from one of the programs on our list. Ask for it on your account, with one picture."),
            _("Refused? The letter says why, and you can ask again."), ())]


def _booking(rules: Mapping[str, int]) -> list[Fee]:
    found = [
        Fee("cancel", _("Cancelling late, or not coming"), _("the price of the trip, one day’s at most"),
            _("Others could not book the car meanwhile. Free until %(short)s before the start, for trips of %(long_trip)s and "
              "more until %(long)s, and for %(cooling)s after booking. What somebody else books of it comes back to you.",
              short=duration(rules["cancel_notice_short"]), long_trip=duration(rules["cancel_long_trip"]),
              long=duration(rules["cancel_notice_long"]), cooling=duration(rules["cooling_off"])), _of_line(rules), ()),
        Fee("young", _("Young drivers"),
            _("%(first)s an hour under %(one)d, %(second)s under %(two)d", first=cents(rules["young_first_hour"]),
              one=rules["young_first_until"], second=cents(rules["young_second_hour"]), two=rules["young_second_until"]),
            _("Insurers ask more for them. Of each day %(most)d hours count at most.", most=rules["young_most"]),
            _of_line(rules), ("young_first_hour", "young_second_hour")),
        Fee("waiver", _("Paying less for damage, if you choose to"),
            _("Plus %(plus)s an hour, %(plus_day)s a day; Premium %(premium)s an hour, %(premium_day)s a day",
              plus=cents(rules["waiver_plus_hour"]), plus_day=cents(rules["waiver_plus_day"]),
              premium=cents(rules["waiver_premium_hour"]), premium_day=cents(rules["waiver_premium_day"])),
            _("It lowers the most that you pay for damage, for that trip."), _of_line(rules),
            ("waiver_plus_hour", "waiver_plus_day", "waiver_premium_hour", "waiver_premium_day")),
    ]
    if rules["fob_replace"]:
        found.append(Fee("fob", _("Another fob, if you lose the first"), cents(rules["fob_replace"]),
                         _("The first one is free, and so is one in place of one that broke, once a year and each time that "
                           "you bring it back. Your phone opens the car too."),
                         _of_line(rules), ("fob_replace",)))
    if rules["fee_booking"]:
        found.append(Fee("booking", _("Each booking"), cents(rules["fee_booking"]),
                         _("It stands in the price before you book."), _of_line(rules), ("fee_booking",)))
    return found


def _of_trip(rules: Mapping[str, int], rates: Mapping[str, Mapping[str, Rates]]) -> list[Fee]:
    miles = sorted({rate.mile for of_plan in rates.values() for rate in of_plan.values()})
    included = min((rate.included_miles for of_plan in rates.values() for rate in of_plan.values()), default=0)
    found = [
        Fee("late", _("Coming back late while somebody waits"),
            _("%(fee)s for each %(step)d minutes begun, %(most)s at most", fee=dollars(rules["late_fee"]),
              step=rules["late_step"], most=dollars(rules["late_most"])),
            _("The next driver loses that time. %(grace)d minutes are free; with nobody waiting only the normal price goes on.",
              grace=rules["late_grace"]), _of_line(rules), ("late_fee", "late_most")),
        Fee("low-energy", _("Less than %(least)s in the tank or battery", least=percent(rules["low_energy"])),
            dollars(rules["low_energy_fee"]),
            _("The next driver begins at the pump. Only by the car’s own sensor. Fuel itself is on us."), _of_line(rules),
            ("low_energy_fee",)),
        Fee("excess", _("Damage to the car"),
            _("its cost, %(included)s at most; %(plus)s with Plus, %(premium)s with Premium",
              included=dollars(rules["excess_included"]), plus=dollars(rules["excess_plus"]),
              premium=dollars(rules["excess_premium"])),
            _("The rest is insured. What was listed before you is not yours."),
            _("You hear of it first, with the evidence, and can say no. Until a person has decided nothing is charged."),
            ("excess_included", "excess_plus", "excess_premium")),
    ]
    if miles:
        found.insert(0, Fee("miles", _("Miles beyond %(miles)d a day", miles=included),
                            _("%(mile)s a mile", mile=cents(miles[0])) if len(miles) == 1 else
                            _("%(least)s to %(most)s a mile, by class", least=cents(miles[0]), most=cents(miles[-1])),
                            _("Fuel and wear. By the car’s own odometer; when it is silent they cost nothing."),
                            _of_line(rules), ()))
    return found


def _passed_on(rules: Mapping[str, int]) -> list[Fee]:
    fee = dollars(rules["pass_on_fee"])
    return [
        Fee("toll", _("A toll"), _("its cost and %(fee)s", fee=fee),
            _("Somebody finds the trip it belongs to, and pays it in time."), _before(rules, "answer_toll"), ("pass_on_fee",)),
        Fee("ticket", _("A ticket"), _("its cost and %(fee)s", fee=fee), _("As with a toll; whoever drove pays."),
            _before(rules, "answer_ticket"), ("pass_on_fee",)),
        Fee("cleaning", _("Smoke, or dirt that a wipe does not take off"), _("its cost"),
            _("The next driver should find the car as you did."), _before(rules, "answer_cleaning"), ()),
    ]
