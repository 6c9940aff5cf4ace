"""The commonest questions with their answers, in the numbers that are in force today."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from fleet.tariffs.in_force import policies_at
from portal.account.needs.queries import waits_for
from portal.web.help_here import help_here
from portal.web.say import cents, dollars, duration, percent


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, its answer, other words people use for it, and where to go on."""

    slug: str
    question: str
    words: str
    also: str
    link: str
    href: str


def answers(at: datetime, member_id: int | None = None) -> list[Answer]:
    """All of them, the commonest first; to a member with how long a car waits for them."""
    policies = policies_at(at)
    rules = {key: policy.value for key, policy in policies.items()}
    if member_id is not None:
        rules["no_show"] = round(waits_for(member_id, policies).total_seconds() / 60)
    return [*_at_the_car(rules), *_bookings(rules), *_money(rules), *_people(rules)]


def _at_the_car(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("unlock", _("The car does not open"),
               _("Stand beside it and press Unlock again: it answers within 10 seconds. After the third try, the trip’s page "
                 "offers help with everything filled in, and a person answers within %(minutes)s. A trip that never begins "
                 "costs nothing.", minutes=duration(rules["help_answer_urgent"])),
               _("unlock door locked stuck key fob app enter inside battery"), _("Open Drive"), url_for("trips.drive")),
        Answer("not-there", _("The car is not in its bay"),
               _("Flash its lights from the trip’s page: it may stand a few bays on. If it is not there, take another one "
                 "nearby; cancelling the booking costs nothing when the car was not to be had."),
               _("missing gone find where is my car empty bay"), _("Find another car nearby"), url_for("search.cars")),
        Answer("dirty", _("The car is dirty or damaged"),
               _("Say so when you look round the car, before you unlock it: it takes under a minute, and nobody holds it "
                 "against you. What was listed before you is not yours."),
               _("unclean scratch dent smell smoke smoking trash report cleaning"),
               _("How it works"), url_for("site.how_it_works")),
        Answer("fuel", _("Who pays for fuel and charging?"),
               _("We do. The card is in the glove box and its PIN on the trip’s page. Paid yourself? Enter the receipt within "
                 "%(days)d days and you get it back. Bring the car back with at least %(percent)d percent.",
                 days=rules["receipt_days"], percent=rules["low_energy"]),
               _("gas petrol tank card pin electric charging plug empty low receipt refund paid"),
               _("Prices"), url_for("site.pricing")),
        Answer("late", _("I will be late"),
               _("Keep driving safely: the trip goes on by itself at its normal price. If somebody waits for the car, "
                 "%(grace)d minutes are free; after that it is %(fee)s for each %(step)d minutes, %(most)s at most.",
                 grace=rules["late_grace"], fee=dollars(rules["late_fee"]), step=rules["late_step"],
                 most=dollars(rules["late_most"])),
               _("extend extension longer overdue return back time delay traffic running"),
               _("Open Drive"), url_for("trips.drive")),
        Answer("accident", _("I had an accident"),
               _("Are people hurt or in danger? Call 911 first. Then take photos, note the other driver’s name, plate and "
                 "insurer, and ask us for help now. Third-party cover is always included; the certificate is on the "
                 "trip’s page."),
               _("crash collision police injured emergency breakdown tow tire certificate"), _("Ask for help"),
               help_here(kind="urgent")),
    ]


def _bookings(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("cancel", _("What does cancelling cost?"),
               _("Nothing until %(short)s before a trip of less than %(long_trip)s, and until %(long)s before a longer one. "
                 "In the first %(cooling)s after booking it is always free. Later, the page shows the price before you decide.",
                 short=duration(rules["cancel_notice_short"]), long_trip=duration(rules["cancel_long_trip"]),
                 long=duration(rules["cancel_notice_long"]), cooling=duration(rules["cooling_off"])),
               _("cancel cancellation refund free change booking money back fee trip"),
               _("Your trips"), url_for("booking.trips")),
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
               _("lost property forgot bag wallet keys jacket umbrella found things"), _("Ask us"), help_here()),
    ]


def _money(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("price", _("What does it cost?"),
               _("By the hour and at most so much a day, with fuel, third-party cover and a day’s miles in it. Type your trips "
                 "of a month and see the bill on each plan, against a car of your own."),
               _("price much rate hour day cheaper owning plan membership monthly estimate compare"),
               _("What it would cost you"), url_for("site.pricing")),
        Answer("fees", _("Which fees are there?"),
               _("All of them stand in one table: how much, why, and how to contest each."),
               _("fee fees penalty rules terms conditions house rule"), _("Rules and fees"), url_for("site.terms")),
        Answer("declined", _("My card was declined"),
               _("Add another card, or confirm with your bank, on the payments page. A trip that is on goes on; new bookings "
                 "wait until the amount is paid."),
               _("payment failed refused bank credit debit confirm"), _("Payments"), url_for("cards.payments")),
        Answer("promo", _("Where do I type a promo code?"),
               _("On the booking page, before you book. It takes something off the driving time, and the price "
                 "shows it at once."),
               _("promotion coupon discount voucher code"), _("Find a car"), url_for("search.cars")),
        Answer("friends", _("What do I get for bringing a friend?"),
               _("Credit for both of you, once your friend’s first trip is paid: %(gives)s for you, %(gets)s for them. Your "
                 "code and its link are on the page of your codes.", gives=cents(rules["referral_gives"]),
                 gets=cents(rules["referral_gets"])),
               _("refer referral friends invite recommend bonus credit own code"), _("Your codes"), url_for("codes.show")),
        Answer("charged", _("Why was I charged this?"),
               _("Every line of a receipt opens to its rule, its sum and its evidence. Not right? Dispute the line there: it "
                 "is decided within %(days)d days, and nothing else on your account waits for it.",
                 days=rules["dispute_decided"] // 1440),
               _("bill receipt wrong fee charge dispute line price statement double"),
               _("Your statement"), url_for("statements.show")),
        Answer("damage-cost", _("What do I pay if the car is damaged?"),
               _("At most %(included)s for each damage; %(plus)s with the waiver Plus and nothing with Premium. You choose it "
                 "when you book. No cost is charged before you could answer.",
                 included=dollars(rules["excess_included"]), plus=dollars(rules["excess_plus"])),
               _("insurance deductible excess waiver cover damage scratch repair"), _("Insurance, in plain words"),
               url_for("site.insurance")),
        Answer("ticket", _("I got a ticket or a toll"),
               _("Nothing to do: we pass it on at cost plus %(fee)s, tell you first, and wait for your answer before we "
                 "charge it.",
                 fee=cents(rules["pass_on_fee"])),
               _("parking fine ticket toll violation speeding camera"), _("Your statement"), url_for("statements.show")),
    ]


def _people(rules: dict[str, int]) -> list[Answer]:
    return [
        Answer("reach", _("How do I reach a person?"),
               _("Write to us from any page: what you were doing goes along, so you need not explain it. A person answers "
                 "within %(hours)s. Rather talk? Leave your number and we call you. There is no telephone number to wait on: "
                 "nobody should hang in a queue.", hours=duration(rules["help_answer"])),
               _("phone call number contact talk speak human support hotline telephone chat email"), _("Ask us"), help_here()),
        Answer("where", _("Where are the cars?"),
               _("On the map of all places, by neighborhood, with the number of cars and their classes."),
               _("map coverage locations area near nearby neighborhoods city serve"),
               _("Where cars are"), url_for("site.coverage")),
        Answer("needs", _("Do you have child seats, ramps or hand controls?"),
               _("Some cars do: search with the filter “Has”, and every car’s page lists what is in it. Members can tell us "
                 "on their account what they need: then search looks for it by itself."),
               _("wheelchair accessible disabled baby kid dog bike rack feature"), _("Find a car"), url_for("search.cars")),
        Answer("address", _("How do I change my name or my e-mail address?"),
               _("On the page of your details. A code goes to the new address, and the old one can undo it for %(days)d days.",
                 days=rules["email_change_undo"]),
               _("email change name address profile married account details"), _("Your details"), url_for("profile.show")),
        Answer("lot", _("Can you put a car near me?"),
               _("Suggest a lot or a car: others can join you, and we answer every one in public."),
               _("new location neighbourhood more cars suggest closer"), _("Suggestions"), url_for("help_suggestions.index")),
        Answer("young", _("Do young drivers pay more?"),
               _("Under %(first)d it is %(first_hour)s an hour more, under %(second)d %(second_hour)s, for %(most)d hours "
                 "of each day at most.", first=rules["young_first_until"], first_hour=cents(rules["young_first_hour"]),
                 second=rules["young_second_until"], second_hour=cents(rules["young_second_hour"]), most=rules["young_most"]),
               _("age student under teenager surcharge fee driver"), _("What it would cost you"), url_for("site.pricing")),
        Answer("pausing", _("Can I pause my membership, or change my plan?"),
               _("Yes, both on the page of your plan. A pause lasts up to %(days)d days and costs nothing; another plan counts "
                 "from the next month on, and you can undo it until then.", days=rules["pause_most"]),
               _("pause break holiday abroad suspend plan change switch tariff"), _("Your plan"), url_for("membership.show")),
        Answer("data", _("How do I download or erase my data?"),
               _("On the page of your data: everything in one file, and everything erased, after %(days)d days in which you "
                 "can cancel it. It says before what has to stay, and which law says so.", days=rules["erase_grace"]),
               _("privacy export gdpr personal information forget me file copy"), _("Your data"), url_for("privacy.show")),
        Answer("drivers", _("Can others drive on my account?"),
               _("Yes, when they are members: invite them by mail. You pay for their trips, and set their cover, a limit a "
                 "month, classes and hours. Either side ends it with one tap."),
               _("family household partner spouse share second invite additional"), _("Drivers on your account"),
               url_for("drivers.show")),
        Answer("business", _("Can my business pay for trips?"),
               _("Yes, by monthly invoice, with limits for each driver and cost centres. Write to us with its name: we set the "
                 "account up and invite whoever runs it."),
               _("company firm employer work invoice corporate employees team cost centre"), _("Ask us"), help_here()),
        Answer("reduced", _("Is there a lower price for whoever has little?"),
               _("Yes, the reduced tier: driving time costs %(hour)s less and the monthly fee %(fee)s less, for whoever gets "
                 "help from a program such as SNAP or Medicaid. Ask with one picture.", hour=percent(rules["tier_hour_off"]),
                 fee=percent(rules["tier_membership_off"])),
               _("reduced tier income benefits ebt assistance snap wic medicaid pell"), _("Your tier"), url_for("tier.show")),
        Answer("fob", _("I lost my fob, or want one"),
               _("A lost one is blocked at every car the moment you say so. A fob opens your car without a phone; the first "
                 "one is free. We write to you when it is ready: you pick it up at our office."),
               _("keyfob card token stolen replacement without phone"), _("Your fob"), url_for("fob.show")),
        Answer("programs", _("May a program of mine book for me?"),
               _("Yes: make a token for it, which you see once and can end at any time."),
               _("api token developer script integration software"), _("Your tokens"), url_for("tokens.show")),
        Answer("leaving", _("How do I leave?"),
               _("On your account, without calling anybody: say so, and your membership ends. What is open is shown first. To "
                 "come back, sign in again."),
               _("cancel membership quit stop delete account end close come back rejoin"), _("Account"),
               url_for("account.show")),
    ]
