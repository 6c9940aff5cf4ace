"""Everything we may ask or solicit, declared once: what it measures, of which step, where it is shown, in which words."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from experience.journey import Ask, Step

PAGE, MAIL = "page", "mail"


@dataclass(frozen=True, slots=True)
class Solicitation:
    """One thing that asks something of a member; what an operator changes of it are rules (`active_…`, `share_…`) and wordings.

    `places` are the endpoints that may show it: none of them is in the middle of a task. `mail_after`: when nobody saw it
    there by then, it is mailed. `waits`: how long a wish that was suppressed is wished for again. `of_trip`: it takes the
    one place that each reservation has; what is about a case or the whole relationship does not.
    """

    key: str
    metric: Ask | None
    step: Step
    label: Any
    places: frozenset[str] = frozenset()
    mail_after: timedelta | None = None
    lives: timedelta = timedelta(days=14)
    waits: timedelta = timedelta(0)
    of_trip: bool = False
    stage: str = ""  # of the questions about before and after us (experience/asks/before.py)
    moment: str = ""  # those of one moment share one draw
    share: int = 1000  # per mille of the members who are drawn, until an operator says otherwise
    active: bool = True
    question: Any = ""  # of news the headline
    labels: tuple[Any, ...] = ()
    news: bool = False  # a message that asks nothing, for those who want news; `body` is what it says
    body: Any = ""

    @property
    def exempt(self) -> bool:
        """A one-tap check counts as no ask; it has rules of its own."""
        return self.metric is Ask.VERIFY


EXPECTED = (_l("Much worse"), _l("Worse"), _l("As expected"), _l("Better"), _l("Much better"))
SATISFIED = (_l("Very unhappy"), _l("Unhappy"), _l("Neither"), _l("Happy"), _l("Very happy"))
EASY = (_l("Very hard"), "", "", "", "", "", _l("Very easy"))
LIKELY = (_l("Not at all"), *[""] * 9, _l("Very likely"))
NO_YES = (_l("No"), _l("Yes"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RECEIPT = frozenset({"trips.receipt"})
AT_REST = frozenset({"booking.trips", "account.show", "messages.inbox"})  # pages on which nobody is in the middle of anything

_ALL = (
    Solicitation("receipt_expectation", Ask.EXPECTATION, Step.RETURN_RECEIPT, _l("After a trip: against expectation"), RECEIPT,
                 mail_after=20 * HOUR, of_trip=True, moment="trip_ended", share=800, labels=EXPECTED,
                 question=_l("Compared with what you expected, how was this trip?")),
    Solicitation("pickup_satisfaction", Ask.SATISFACTION, Step.PICKUP_CHECK, _l("After a trip: the car’s condition"), RECEIPT,
                 mail_after=20 * HOUR, of_trip=True, moment="trip_ended", share=120, labels=SATISFIED,
                 question=_l("How happy were you with the car’s condition when you took it?")),
    Solicitation("bill_expectation", Ask.EXPECTATION, Step.PAY_BILL, _l("After a trip: the bill against expectation"), RECEIPT,
                 of_trip=True, moment="trip_ended", share=80, labels=EXPECTED,
                 question=_l("Compared with what you expected, how was this bill?")),
    Solicitation("refuel_ease", Ask.EASE, Step.DRIVE_REFUEL, _l("After a fuel stop that failed"), RECEIPT, of_trip=True,
                 waits=2 * DAY, labels=EASY, question=_l("How easy did we make it to refuel or charge?")),
    Solicitation("cancel_expectation", Ask.EXPECTATION, Step.BOOK_CANCEL, _l("After cancelling"),
                 frozenset({"booking.trips", "trips.show"}), lives=3 * DAY, of_trip=True, labels=EXPECTED,
                 question=_l("Compared with what you expected, how did cancelling go?")),
    Solicitation("change_ease", Ask.EASE, Step.BOOK_CHANGE, _l("After a change that was refused"),
                 frozenset({"booking.trips", "trips.show"}), lives=3 * DAY, waits=2 * DAY, of_trip=True, labels=EASY,
                 question=_l("How easy did we make it to change your booking?")),
    Solicitation("dispute_ease", Ask.EASE, Step.PAY_DISPUTE, _l("After a dispute was decided"),
                 frozenset({"disputes.show"}), mail_after=2 * DAY, waits=7 * DAY, labels=EASY,
                 question=_l("How easy did we make it to dispute a line?")),
    Solicitation("case_closing", Ask.EASE, Step.HELP_RESOLVE, _l("A day after a case was closed"), AT_REST,
                 mail_after=timedelta(0), waits=21 * DAY, labels=EASY,
                 question=_l("How easy did we make it to get your problem solved?")),
    Solicitation("help_ease", Ask.EASE, Step.HELP_RESOLVE, _l("A day after a conversation was solved"), AT_REST,
                 mail_after=2 * DAY, waits=7 * DAY, labels=EASY,
                 question=_l("How easy did we make it to get an answer?")),
    Solicitation("recovery_satisfaction", Ask.SATISFACTION, Step.HELP_RECOVERY, _l("After we made something good"), AT_REST,
                 waits=7 * DAY, labels=SATISFIED, question=_l("How happy are you with how we made it good?")),
    Solicitation("stay_pulse", Ask.RECOMMEND, Step.STAY_PULSE, _l("Twice a year: recommendation"), AT_REST,
                 mail_after=3 * DAY, lives=21 * DAY, waits=28 * DAY, labels=LIKELY,
                 question=_l("How likely are you to recommend us to a friend or a neighbour?")),
    Solicitation("arrive_check", Ask.VERIFY, Step.PICKUP_ARRIVE, _l("Check: is the car in its bay?"),
                 frozenset({"trips.show", "trips.drive"}), lives=DAY, of_trip=True, labels=NO_YES,
                 question=_l("Is the car in its bay?")),
    Solicitation("bay_check", Ask.VERIFY, Step.RETURN_BAY, _l("Check: was the bay free?"), RECEIPT, lives=3 * DAY,
                 of_trip=True, moment="receipt_check", share=500, labels=NO_YES,
                 question=_l("Was your bay free when you came back?")),
    Solicitation("features_check", Ask.VERIFY, Step.FIND_CAR, _l("Check: was the car as shown?"), RECEIPT, lives=3 * DAY,
                 of_trip=True, moment="receipt_check", share=500, labels=NO_YES,
                 question=_l("Did the car have everything that its page shows?")),
    Solicitation("join_expectation", Ask.EXPECTATION, Step.JOIN_DECISION, _l("After the decision on joining"),
                 AT_REST | {"join.decision"}, lives=7 * DAY, waits=2 * DAY, labels=EXPECTED,
                 question=_l("Compared with what you expected, how did joining go?")),
    Solicitation("activate_ease", Ask.EASE, Step.JOIN_ACTIVATE, _l("After a new member’s first price"), AT_REST,
                 waits=10 * DAY, labels=EASY, question=_l("How easy did we make it to get started as a member?")),
    Solicitation("pause_ease", Ask.EASE, Step.STAY_PAUSE, _l("After a pause began"), AT_REST | {"membership.show"},
                 lives=7 * DAY, labels=EASY, question=_l("How easy did we make it to pause?")),
    Solicitation("rejoin_expectation", Ask.EXPECTATION, Step.LEAVE_REJOIN, _l("After coming back"), AT_REST, lives=7 * DAY,
                 waits=2 * DAY, labels=EXPECTED, question=_l("Compared with what you expected, how did coming back go?")),
    Solicitation("estimate_expectation", Ask.EXPECTATION, Step.LEARN_ESTIMATE, _l("At the third bill: the estimate"),
                 AT_REST | {"statements.show"}, mail_after=2 * DAY, waits=7 * DAY, labels=EXPECTED,
                 question=_l("Compared with what our estimate said, how were your first bills?")),
    Solicitation("join_reminder", None, Step.JOIN_APPLY, _l("News: an application that waits to be sent"), waits=7 * DAY,
                 news=True, question=_l("Your application is waiting for you"),
                 body=_l("You began to join us, and everything you told us is kept. Go on where you stopped, on any device. If "
                         "you have changed your mind, there is nothing to do: we forget it by ourselves.")),
    Solicitation("before_joining", None, Step.JOIN_APPLY, _l("Before joining: what people use and hope for"),
                 frozenset({"site.home", "booking.trips", "account.show"}), lives=30 * DAY, stage="joining",
                 question=_l("What do you use today when you need a car?")),
    Solicitation("before_first_booking", None, Step.BOOK_CONFIRM, _l("At the first booking: what people hope for"),
                 frozenset({"booking.trips", "trips.show"}), lives=7 * DAY, stage="first_booking", share=500,
                 question=_l("What would you have used for this trip without us?")),
    Solicitation("leaving_instead", None, Step.LEAVE_CLOSE, _l("At leaving: what people go to"), frozenset({"leave.show"}),
                 stage="leaving", lives=DAY, question=_l("What will you use instead of us?")),
    Solicitation("digest", None, Step.STAY_PULSE, _l("News: what we changed"), waits=14 * DAY, news=True,
                 question=_l("What we changed because members said so"),
                 body=_l("You told us what did not work, and some of it works now. Here is what we changed:")),
    Solicitation("you_said", None, Step.STAY_PULSE, _l("News: what became of what they told us"), waits=14 * DAY, news=True),
    Solicitation("referral", None, Step.STAY_PULSE, _l("News: bring a friend"), waits=14 * DAY, news=True,
                 question=_l("Do you know somebody who needs a car now and then?"),
                 body=_l("More members near you mean more cars near you. If you like driving with us, tell a friend or a "
                         "neighbour where to find us.")),
    Solicitation("win_back", None, Step.LEAVE_REJOIN, _l("News: come back"), waits=14 * DAY, news=True,
                 question=_l("The cars are still where you left them"),
                 body=_l("You left us a while ago. If you would like to drive with us again, sign in: your trips and "
                         "receipts are still here, and you come back with one tap.")),
)

SOLICITATIONS: dict[str, Solicitation] = {each.key: each for each in _ALL}
SENT_BY_HAND = ("digest", "referral", "win_back")  # news that somebody of the team sends to an audience
MOMENTS: dict[str, tuple[Solicitation, ...]] = {
    moment: tuple(each for each in _ALL if each.moment == moment) for moment in {each.moment for each in _ALL if each.moment}}
