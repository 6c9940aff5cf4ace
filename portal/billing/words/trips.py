"""The lines of a price and of a trip's bill in words."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.money import Money
from portal.billing.words.codes import Explained, Facts, moment, plan_name
from portal.web import say


def _time_label(facts: Facts) -> str:
    return _("%(time)s at %(rate)s an hour", time=say.hours(facts["minutes"]), rate=say.cents(facts["hour_cents"]))


def _percent(facts: Facts) -> str:
    return say.percent(facts["basis_points"] / 100)


LABELS: dict[str, Callable[[Facts], str]] = {
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

BASES: dict[str, Callable[[Facts], str]] = {
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
            _("Booked until %(booked)s, ended %(ended)s", booked=moment(facts["booked_end"], zone),
              ended=moment(facts["ended_at"], zone)))


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
                _("Cancelled %(at)s", at=moment(facts["at"], zone)))
    return (_("The free time to cancel was over. The fee is the price, capped at one day."),
            _("Price %(price)s, fee %(amount)s", price=say.cents(facts["price_cents"]), amount=say.money(amount)),
            _("Free until %(until)s, ended %(at)s", until=moment(facts["free_until"], zone),
              at=moment(facts["at"], zone)))


def _why_given_back_late(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You gave this time back after the free time to cancel was over. It costs what it added to the price, "
              "at most a day; each quarter-hour that somebody else then had is refunded."),
            _("%(time)s = %(amount)s", time=say.duration(facts["minutes"]), amount=say.money(amount)),
            _("Given back %(at)s", at=moment(facts["at"], zone)))


def _why_early(facts: Facts, amount: Money, zone: ZoneInfo) -> Explained:
    return (_("You brought the car back early, so somebody else can book the rest of your time."),
            _("%(percent)s of %(worth)s = %(amount)s", percent=say.percent(facts["percent"]),
              worth=say.cents(facts["worth_cents"]), amount=say.money(-amount)),
            _("Booked until %(booked)s, ended %(ended)s", booked=moment(facts["booked_end"], zone),
              ended=moment(facts["ended_at"], zone)))


WHYS: dict[str, Callable[[Facts, Money, ZoneInfo], Explained]] = {
    "time_weekday": _why_time, "time_weekend": _why_time, "time_night": _why_time, "day_cap": _why_cap,
    "waiver_included": _why_waiver, "waiver_plus": _why_waiver, "waiver_premium": _why_waiver, "miles": _why_miles,
    "reduced_tier": _why_tier, "promo": _why_promo, "young_driver": _why_young, "fee_booking": _why_booking_fee,
    "tax_city": _why_tax, "tax_state": _why_tax, "tax_city_after": _why_tax, "tax_state_after": _why_tax,
    "extra_miles": _why_extra_miles, "extra_time": _why_extra_time, "late_fee": _why_late, "low_fuel": _why_low,
    "fuel_refund": _why_refund, "refuel_credit": _why_credit, "fee_cancelled": _why_fee, "fee_no_show": _why_fee,
    "fee_given_back": _why_given_back_late, "early_return": _why_early,
}
