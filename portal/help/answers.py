"""The commonest questions with their answers, in the numbers that are in force today."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from rapidfuzz import fuzz

from fleet.tariffs.in_force import policies_at
from portal.web.help_here import help_here
from portal.web.say import cents, dollars, duration

FITS = 62  # of 100: below this an answer is about something else


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, its answer, other words people use for it, and where to go on."""

    slug: str
    question: str
    words: str
    also: str
    link: str
    href: str


def answers(at: datetime) -> list[Answer]:
    """All of them, the commonest first."""
    rules = {key: policy.value for key, policy in policies_at(at).items()}
    return [*_at_the_car(rules), *_bookings(rules), *_money(rules), *_people(rules)]


def find_answers(at: datetime, typed: str) -> list[Answer]:
    """Those that fit what was typed, the best first; a few wrong letters do not matter."""
    asked = typed.casefold()
    scored = [(max(fuzz.token_set_ratio(asked, f"{each.question} {each.also}".casefold()),
                   fuzz.partial_token_set_ratio(asked, each.words.casefold()) * 0.7), each) for each in answers(at)]
    return [each for score, each in sorted(scored, key=lambda pair: -pair[0]) if score >= FITS]


def _at_the_car(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("unlock", _("The car does not open"),
               _("Stand beside it and press Unlock again: it answers within 10 seconds. After the third try, the trip’s page "
                 "offers help with everything filled in, and a person answers within %(minutes)s. A trip that never begins "
                 "costs nothing.", minutes=duration(rules["help_answer_urgent"])),
               _("unlock door locked stuck key fob app"), _("Open Drive"), url_for("trips.drive")),
        Answer("not-there", _("The car is not in its bay"),
               _("Flash its lights from the trip’s page: it may stand a few bays on. If it is not there, take another one "
                 "nearby; cancelling the booking costs nothing when the car was not to be had."),
               _("missing gone find where is my car empty bay"), _("Find another car nearby"), url_for("search.cars")),
        Answer("dirty", _("The car is dirty or damaged"),
               _("Say so when you look round the car, before you unlock it: it takes under a minute, and nobody holds it "
                 "against you. What was listed before you is not yours."),
               _("unclean scratch dent smell smoke report"), _("How it works"), url_for("site.how_it_works")),
        Answer("fuel", _("Who pays for fuel and charging?"),
               _("We do. The card is in the glove box and its PIN on the trip’s page. Paid yourself? Enter the receipt within "
                 "%(days)d days and you get it back. Bring the car back with at least %(percent)d percent.",
                 days=rules["receipt_days"], percent=rules["low_energy"]),
               _("gas petrol tank card pin electric charge receipt refund"), _("Prices"), url_for("site.pricing")),
        Answer("late", _("I will be late"),
               _("Keep driving safely: the trip goes on by itself at its normal price. If somebody waits for the car, "
                 "%(grace)d minutes are free; after that it is %(fee)s for each %(step)d minutes, %(most)s at most.",
                 grace=rules["late_grace"], fee=dollars(rules["late_fee"]), step=rules["late_step"],
                 most=dollars(rules["late_most"])),
               _("extend longer overdue return time delay"), _("Open Drive"), url_for("trips.drive")),
        Answer("accident", _("I had an accident"),
               _("Are people hurt or in danger? Call 911 first. Then take photos, note the other driver’s name, plate and "
                 "insurer, and ask us for help now. Third-party cover is always included; the certificate is on the "
                 "trip’s page."),
               _("crash collision police injured emergency breakdown tow"), _("Ask for help"),
               help_here(kind="urgent")),
    ]


def _bookings(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("cancel", _("What does cancelling cost?"),
               _("Nothing until %(short)s before a trip of less than %(long_trip)s, and until %(long)s before a longer one. "
                 "In the first %(cooling)s after booking it is always free. Later, the page shows the price before you decide.",
                 short=duration(rules["cancel_notice_short"]), long_trip=duration(rules["cancel_long_trip"]),
                 long=duration(rules["cancel_notice_long"]), cooling=duration(rules["cooling_off"])),
               _("cancel refund free change booking money back"), _("Your trips"), url_for("booking.trips")),
        Answer("early", _("How early may I get in?"),
               _("%(minutes)d minutes before the start, when nobody has the car before you.", minutes=rules["early_access"]),
               _("early start before pick up"), _("Your trips"), url_for("booking.trips")),
        Answer("no-show", _("I forgot my booking"),
               _("After %(minutes)s the car is free for others, and the trip costs what a late cancellation would.",
                 minutes=duration(rules["no_show"])),
               _("no show missed forgot did not come"), _("Your trips"), url_for("booking.trips")),
        Answer("left", _("I left something in the car"),
               _("Write to us at once and say what it is and where it lies. We look whether the car is free and let you in, "
                 "or ask the next driver."),
               _("lost property forgot phone bag found"), _("Ask us"), help_here()),
    ]


def _money(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("charged", _("Why was I charged this?"),
               _("Every line of a receipt opens to its rule, its sum and its evidence. Not right? Dispute the line there: it "
                 "is decided within %(days)d days, and nothing else on your account waits for it.",
                 days=rules["dispute_decided"] // 1440),
               _("bill receipt wrong fee charge dispute line price"), _("Your statement"), url_for("statements.show")),
        Answer("damage-cost", _("What do I pay if the car is damaged?"),
               _("At most %(included)s for each damage; %(plus)s with the waiver Plus and nothing with Premium. You choose it "
                 "when you book. No cost is charged before you could answer.",
                 included=dollars(rules["excess_included"]), plus=dollars(rules["excess_plus"])),
               _("insurance deductible excess waiver cover damage"), _("Prices"), url_for("site.pricing")),
        Answer("ticket", _("I got a ticket or a toll"),
               _("Nothing to do: we pass it on at cost plus %(fee)s, tell you first, and wait for your answer before we "
                 "charge it.",
                 fee=cents(rules["pass_on_fee"])),
               _("parking fine ticket toll violation"), _("Your statement"), url_for("statements.show")),
    ]


def _people(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("reach", _("How do I reach a person?"),
               _("Write to us from any page: what you were doing goes along, so you need not explain it. A person answers "
                 "within %(hours)s. Rather talk? Leave your number and we call you. There is no telephone number to wait on: "
                 "nobody should hang in a queue.", hours=duration(rules["help_answer"])),
               _("phone call number contact human support hotline telephone"), _("Ask us"), help_here()),
        Answer("lot", _("Can you put a car near me?"),
               _("Suggest a lot or a car: others can join you, and we answer every one in public."),
               _("new location neighbourhood more cars suggest"), _("Suggestions"), url_for("help_suggestions.index")),
    ]
