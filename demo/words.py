"""What people say of a step, by mood: most tap and say nothing, some add a sentence."""

from random import Random

from experience.asks.models import Mood, Tag
from experience.cases.models import Outcome
from experience.journey import Step as S

Said = tuple[str, Tag]

WORDS: dict[tuple[S, Mood], tuple[Said, ...]] = {
    (S.FIND_SEARCH, Mood.GOOD): (
        ("Found a car three minutes from the door. That is what I pay for.", Tag.APP),
        ("The time chart showed me that half an hour later was free. Clever.", Tag.APP),
        ("Typed the crossing and it knew it at once.", Tag.APP),
    ),
    (S.FIND_SEARCH, Mood.SO_SO): (
        ("Plenty of cars, but the nearest one with a bike rack is a bus ride away.", Tag.LOT),
        ("I would like to save my usual search.", Tag.APP),
    ),
    (S.FIND_SEARCH, Mood.BAD): (
        ("Nothing free near me on a Saturday morning, for the third week running.", Tag.LOT),
        ("Only one wheelchair-accessible van on the whole North Side, and it was taken.", Tag.CAR),
        ("No van within two miles for the end of the month. Everybody moves on the same day.", Tag.CAR),
        ("It showed me cars downtown when I asked for Bridgeport.", Tag.APP),
    ),
    (S.FIND_CAR, Mood.GOOD): (
        ("Good to see the known scratches before I book.", Tag.CAR),
    ),
    (S.FIND_CAR, Mood.SO_SO): (
        ("A photo of the trunk would help me decide about the stroller.", Tag.CAR),
    ),
    (S.BOOK_CONFIRM, Mood.GOOD): (
        ("Two taps and it was mine. The price was the one on the card.", Tag.APP),
        ("First service that explains the deductible so that I understand it.", Tag.PRICE),
        ("Booked from the train platform, walked straight to the car.", Tag.APP),
    ),
    (S.BOOK_CONFIRM, Mood.SO_SO): (
        ("The city tax surprised me a little, although it was listed.", Tag.PRICE),
        ("I wanted to start at ten past, not on the quarter-hour.", Tag.APP),
    ),
    (S.BOOK_CONFIRM, Mood.BAD): (
        ("Somebody took the car while I was reading about the cover.", Tag.APP),
        ("More expensive than in spring, and nobody told me why.", Tag.PRICE),
    ),
    (S.BOOK_CANCEL, Mood.SO_SO): (
        ("Fine, but I would rather have moved the booking than cancelled it.", Tag.APP),
    ),
    (S.BOOK_CANCEL, Mood.BAD): (
        ("My daughter was ill and I still paid for the morning.", Tag.PRICE),
        ("I cancelled twenty minutes after the free time ended. That hurt.", Tag.PRICE),
        ("The car had not come back, so I cancelled, and was charged for it. Please look at this.", Tag.PRICE),
    ),
    (S.PICKUP_ARRIVE, Mood.GOOD): (
        ("The bay sketch made it easy to find in that maze of a garage.", Tag.LOT),
        ("Car was exactly where it should be, in the rain, at six in the morning. Thank you.", Tag.CAR),
    ),
    (S.PICKUP_ARRIVE, Mood.SO_SO): (
        ("The bay was full of snow shovelled from the sidewalk.", Tag.LOT),
        ("The elevator to level 2 was out, and the stairs are not signed.", Tag.LOT),
    ),
    (S.PICKUP_ARRIVE, Mood.BAD): (
        ("The driver before me had not brought it back. I stood there for half an hour with two kids.", Tag.PEOPLE),
        ("Bay was empty. The car turned out to be parked around the corner.", Tag.CAR),
        ("The gate would not open for ten minutes and nobody answered.", Tag.LOT),
        ("A delivery truck was blocking the bay and I had no idea whom to call.", Tag.LOT),
    ),
    (S.PICKUP_IDENTIFY, Mood.GOOD): (
        ("Flashing the lights in a dark garage: love it.", Tag.APP),
    ),
    (S.PICKUP_IDENTIFY, Mood.SO_SO): (
        ("It says grey, I would have called it blue. The plate helped.", Tag.CAR),
    ),
    (S.PICKUP_UNLOCK, Mood.GOOD): (
        ("Opened before I had my hand on the door.", Tag.CAR),
    ),
    (S.PICKUP_UNLOCK, Mood.SO_SO): (
        ("Had to tap unlock twice.", Tag.CAR),
    ),
    (S.PICKUP_UNLOCK, Mood.BAD): (
        ("The car did not answer for a minute. In that wind a minute is long.", Tag.CAR),
        ("No signal underground, so the car does not hear me. Same as last week.", Tag.LOT),
        ("Third try before it opened. I nearly missed my appointment.", Tag.CAR),
    ),
    (S.PICKUP_CHECK, Mood.GOOD): (
        ("Spotless, and it even smelled of nothing.", Tag.CAR),
        ("The drawing with the known scratches saves me taking twenty photos.", Tag.APP),
        ("Whoever had it before left it cleaner than I would have.", Tag.PEOPLE),
    ),
    (S.PICKUP_CHECK, Mood.SO_SO): (
        ("Crumbs on the back seat, otherwise fine.", Tag.CAR),
        ("Dog hair on the rear seat. I like dogs, my suit does not.", Tag.CAR),
        ("Windshield was filthy and the washer empty.", Tag.CAR),
    ),
    (S.PICKUP_CHECK, Mood.BAD): (
        ("Smelled of smoke. I drove with the windows open in November.", Tag.CAR),
        ("Fast food bags and a wet umbrella that is not mine.", Tag.PEOPLE),
        ("Sticky steering wheel. Please clean this one more often.", Tag.CAR),
        ("Muddy up to the headrests. Somebody moved a garden with it.", Tag.CAR),
    ),
    (S.DRIVE_LOCK, Mood.SO_SO): (
        ("Locking from the phone in the supermarket basement does not work.", Tag.APP),
    ),
    (S.DRIVE_REFUEL, Mood.GOOD): (
        ("Card and PIN worked at the first pump. And a credit for refuelling, nice.", Tag.PRICE),
        ("Receipt typed in, refunded on the same bill. Easy.", Tag.APP),
    ),
    (S.DRIVE_REFUEL, Mood.SO_SO): (
        ("Took me a while to find the card, it was under the manual.", Tag.CAR),
        ("The charger at the market was slow, not your fault.", Tag.OTHER),
    ),
    (S.DRIVE_REFUEL, Mood.BAD): (
        ("The card was declined and I had to pay seventy dollars myself.", Tag.CAR),
        ("Picked it up almost empty, so the first stop of a two-hour trip was a gas station.", Tag.PEOPLE),
        ("A van this size does not fit the card limit. I paid the rest.", Tag.PRICE),
    ),
    (S.RETURN_CHECKLIST, Mood.GOOD): (
        ("Return took less time than finding my keys.", Tag.APP),
        ("The odometer was filled in already. Small thing, big joy.", Tag.APP),
    ),
    (S.RETURN_CHECKLIST, Mood.SO_SO): (
        ("Somebody else stood in my bay, I parked next to it and worried all evening.", Tag.LOT),
        ("I could not find where to extend by a quarter-hour.", Tag.APP),
    ),
    (S.RETURN_CHECKLIST, Mood.BAD): (
        ("Stuck on the Kennedy for an hour, and the late fee on top.", Tag.PRICE),
        ("It would not lock because a door was not quite shut, and only said so after the third try.", Tag.CAR),
        ("The street was closed for a parade, so how should I get to the bay?", Tag.LOT),
    ),
    (S.PAY_BILL, Mood.GOOD): (
        ("I understand every line of this bill. That is rare.", Tag.PRICE),
        ("Cheaper than what two cabs would have been.", Tag.PRICE),
    ),
    (S.PAY_BILL, Mood.SO_SO): (
        ("Fair, but I had expected the short extra to round down.", Tag.PRICE),
    ),
    (S.PAY_BILL, Mood.BAD): (
        ("Low-fuel fee although I had filled up the day before in the same car.", Tag.PRICE),
        ("A fee for eleven minutes. The bridge was up!", Tag.PRICE),
    ),
    (S.LEARN_HOME, Mood.SO_SO): (
        ("What happens if I scratch it? I had to look for that.", Tag.APP),
        ("Do you have cars out by Oak Park too?", Tag.LOT),
    ),
    (S.LEARN_HOME, Mood.GOOD): (
        ("Clear prices on the first page. I will tell my roommate.", Tag.PRICE),
    ),
}

ANSWERS: dict[Tag, tuple[str, ...]] = {
    Tag.CAR: (
        "Thank you for telling us. The fleet team looks at this car today, and I have asked them to check the box too.",
        "I am sorry about that. The car goes to our cleaners before its next trip.",
        "You are right, and we have put it on the list of this car. It will be put right this week.",
    ),
    Tag.LOT: (
        "Thank you. I have passed this to the people who run the garage, and changed the directions for this lot.",
        "We know this lot is short of cars on Saturdays. Two more move there next month.",
        "That should not happen. I have spoken with the lot's owner, who will keep the bay free.",
    ),
    Tag.APP: (
        "Good point, and you are not the first to say so. It is on our list for this quarter.",
        "Thank you. I have shown your words to the people who make this page.",
    ),
    Tag.PRICE: (
        "I have looked at your bill line by line. The fee follows our rules, but I see how it came about: next time, "
        "call us from the trip's page and we can help while it still helps.",
        "Thank you for asking. The line is explained on the receipt's page; if it still looks wrong to you, answer "
        "this message and I will look at it with you.",
    ),
    Tag.PEOPLE: (
        "I am sorry that you had to wait. We have spoken with the member before you.",
        "Thank you for leaving it better than you found it. We have told the member before you.",
    ),
    Tag.OTHER: ("Thank you for taking the time to tell us.",),
}

WHY_OUT: dict[str, tuple[str, ...]] = {
    "cleaning": ("Deep clean after several low ratings", "Smoke smell: ozone treatment", "Back seats to be shampooed"),
    "maintenance": ("Oil change and tyre rotation", "Brake pads squeal", "Winter tyres", "Service due by mileage"),
    "damaged": ("Rear bumper cracked, to the body shop", "Mirror broken off in the street", "Windshield chip grew"),
    "transport": ("Moved to another bay while the street is resurfaced",),
}

MARKS = (
    ("front", "Stone chip on the hood"), ("front", "Scuff on the bumper corner"), ("left", "Scratch on the rear door"),
    ("left", "Small dent above the wheel"), ("right", "Curb rash on the front rim"), ("right", "Scratch under the handle"),
    ("rear", "Paint scraped off the bumper"), ("rear", "Crack in the number plate frame"),
)

STATIONS = (
    "Fuel Corner, N Western Ave", "Lakeview Gas, N Ashland Ave", "Kennedy Plaza Fuel, W Addison St",
    "Halsted Service Station, S Halsted St", "Pilsen Gas and Go, S Ashland Ave", "Roosevelt Fuel, W Roosevelt Rd",
    "Elston Pumps, N Elston Ave", "Cermak Fuel Stop, W Cermak Rd", "Irving Gas, W Irving Park Rd",
    "Hyde Park Fuel, E 53rd St",
)
CHARGERS = ("Market Hall Chargers, W Division St", "Lakefront Charging, S Lake Shore Dr", "Mill Charging, N Elston Ave")


def said_of(dice: Random, step: S, mood: Mood) -> Said | None:
    """A sentence about the step in this mood, if we know one."""
    pool = WORDS.get((step, mood))
    return dice.choice(pool) if pool else None

DISPUTES = {
    "late_fee": ("I was stuck behind a closed bridge and was only a few minutes late.",
                 "Nobody was at the lot when I came back.",
                 "I extended by phone, and the fee is on the bill all the same."),
    "low_fuel": ("It was nearly empty when I got it.", "The pump next to the lot was out of order.",
                 "The gauge said more than a quarter when I locked it."),
    "extra_miles": ("I did not drive that far. Please look at the odometer again.",),
    "fee_cancelled": ("I cancelled in the app an hour earlier and got an error.",
                      "I was ill, and it was not much later than allowed."),
    "fee_no_show": ("I stood beside the car and it did not open.",),
    "other": ("I think this is not what I was shown when I booked.", "What is this for?"),
}

DECISIONS = {
    0: ("We looked at the lock’s clock and the car’s own readings, and they agree with the bill. The line stands; the receipt "
        "shows each figure.",
        "The car’s box has the same odometer as the bill, so the line stands. Write to us if you have a photo that shows "
        "another."),
    50: ("Part of this was not in your hands. We take half of it off, and it goes back to your card.",),
    100: ("You are right, and we are sorry. The whole line is taken off, and the money goes back to your card.",
          "The car before you was not brought back as it should have been. We take the line off."),
}

TOLLS = (("Chicago Skyway", 730), ("I-294, Plaza 33", 190), ("I-90, River Road", 150), ("Indiana Toll Road", 1142))

HELP_WORDS: dict[str, tuple[str, ...]] = {
    "complaint": (
        "I stood at the car for ten minutes before it let me in. Can you check its box?",
        "The bay was taken when I came back and I had to park in the street. What should I do next time?",
        "The car was not clean, and I had a client with me. Please have it washed.",
        "I was charged for something I do not understand. Who can explain it to me?",
    ),
    "question": (
        "Where is the ice scraper in this car? I looked everywhere.",
        "Is there a code for the gate at night?",
        "Can my sister drive on my booking next month?",
    ),
    "compliment": (
        "Cleanest car I have had in years. Please tell whoever looks after it.",
        "The sketch of the bays saved me in that garage. Thank you!",
        "Two taps, and we were on our way to the hospital. Thank you for being there.",
    ),
}

HELP_ANSWERS: dict[str, tuple[str, ...]] = {
    "complaint": (
        "I am sorry. I have looked at what the car said and sent somebody to check it today. Nothing of this costs you "
        "anything.",
        "That should not have happened, and I am sorry. I have told the people at the lot, and it is on our list for tomorrow.",
    ),
    "question": (
        "Thank you for asking. It is on the car’s page, under Getting to the bay; I have made it clearer there.",
        "It is in the trunk, on the left. I have asked for a label.",
    ),
    "compliment": ("Thank you, I have passed it on. It made somebody’s day.",),
}

HELP_TEMPLATES = (
    ("The driver before is late", "Hello {first_name},\n\nthe driver before you has not brought {car} back. You can take "
     "another car nearby at the same price, or cancel at no cost.\n\n{me}"),
    ("The car did not answer", "Hello {first_name},\n\n{car} had no signal at {lot}. We have started its box again: please "
     "press Unlock once more. Your trip costs nothing until it opens.\n\n{me}"),
    ("Thank you for telling us", "Hello {first_name},\n\nthank you for telling us about {car}. It is cleaned before its next "
     "trip.\n\n{me}"),
)

REMARKS = (
    "The gate sticks, push hard.", "Walk past the first ramp: our bays are at the back.",
    "The elevator is slow, the stairs are quicker.",
    "No signal on the lower level: unlock before you go down.", "Watch the low beam when you turn out of the bay.",
)

CASE_WORDS = (
    "That should not have happened, and I am sorry. I am looking at what the car’s box says, and will come back to you.",
    "Thank you for telling us. I have passed it to the people who look after this lot, and they are there today.",
    "I have read the whole trip from booking to receipt. You are right. Is there anything I missed?",
    "I am sorry for the trouble. We have taken the car out until its lock is checked. Did it cost you time you had planned?",
)
IN_PERSON = "I call the workshop and write to you what they found, within four days."
CASE_ENDS = {
    Outcome.SOLVED: "The workshop found the fault and mended it. The car is back where you know it.",
    Outcome.MADE_GOOD: "We could not undo it, so we made up for it in your account. Thank you for your patience.",
    Outcome.EXPLAINED: "It works as we described. The page now says so in a clearer sentence, before you book.",
    Outcome.APOLOGISED: "It was our mistake. It is noted with the lot and the car, and somebody looks at both this week.",
}

FIXES = {
    "done": ("Receipts go out as soon as the car is locked", S.RETURN_RECEIPT,
             "They waited for the next round of mail. Members look for them at the curb."),
    "idea": ("Say on the car’s page how its lights answer the flash button", S.PICKUP_UNLOCK,
             "Some stand beside the wrong car of the same colour and press unlock."),
}
YOU_SAID = ("The receipt came so late that we wondered whether the trip had ended.",
            "It goes out the moment the car is locked, with every line of the bill.")
BY_TELEPHONE = "Rang the lot’s number: could not tell the two grey wagons apart in the dark. Found it in the end."
