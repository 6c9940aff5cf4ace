"""An offer is answered, or runs out: then whoever waits next has their turn."""

from datetime import datetime
from uuid import UUID

from core.database import db, transaction
from core.outbox import Job, post
from core.time import now as the_time
from experience.journey import Step
from experience.record.observe import observe
from fleet.calendar.hold import release
from reservations.booking.book import book
from reservations.booking.models import Reservation, Waiver
from reservations.booking.offer import FrozenOffer
from reservations.waitlist.errors import OfferLapsed
from reservations.waitlist.models import OfferState, Wait, WaitOffer, WaitState
from reservations.waitlist.promise import heard_of_it, never_heard_of_it, promise_to_tell


def accept_offer(*, offer: WaitOffer, waiver: Waiver, now: datetime, cost_centre_id: int | None = None) -> Reservation:
    """Book what is held, at the rates of the offer; once, however often it is posted. Raises OfferLapsed, and what `book()`
    raises: then the offer stands as long as it did. `cost_centre_id` is one of the business's that pays, else the usual one.
    """
    wait = offer.wait
    with transaction():
        with observe(Step.BOOK_WAITLIST, member=wait.member) as seen:
            seen.was_repeated()  # the booking is the step: only that there was nothing left to book is written here
            lock_wait(wait, offer)
            if offer.state != OfferState.ACCEPTED and not _stands(offer, now):
                raise OfferLapsed(offer_id=str(offer.id))
        held, offer.occupancy_id = offer.occupancy_id, None
        reservation = book(member=wait.member, car=offer.car, offer=frozen(offer), waiver=waiver, once=f"wait-{offer.id}",
                           now=now, held=held, cost_centre_id=cost_centre_id)
        if offer.state == OfferState.OPEN:
            offer.state, offer.answered_at = OfferState.ACCEPTED, now
            wait.state, wait.ended_at, wait.reservation_id = WaitState.BOOKED, now, reservation.id
            heard_of_it(wait, offer, now)
    return reservation


def frozen(offer: WaitOffer) -> FrozenOffer:
    """What the booking's price is made of: the rates of the moment at which it was offered."""
    return FrozenOffer(offer.car_id, offer.wait.span, offer.plan, offer.offered_at)


def decline_offer(*, offer: WaitOffer, now: datetime) -> Wait:
    """Let the car go on to the next one; twice changes nothing. Whoever waits for any car goes on waiting for another."""
    with transaction():
        lock_wait(offer.wait, offer)
        if offer.state == OfferState.OPEN:
            heard_of_it(offer.wait, offer, now)
            let_go(offer, OfferState.DECLINED, now)
            go_on(offer.wait, now)
    return offer.wait


def lapse(job: Job) -> None:
    """Handle the outbox's `wait_lapse`: nobody answered in time, unless they did at the last moment."""
    offer, at = db.session.get_one(WaitOffer, UUID(job.facts["offer_id"])), the_time()
    with transaction():
        lock_wait(offer.wait, offer)
        if offer.state != OfferState.OPEN or at < offer.lapses_at:
            return
        run_out(offer, at)


def run_out(offer: WaitOffer, now: datetime) -> None:
    """End an offer that nobody answered and tell its member, within the open transaction."""
    never_heard_of_it(offer.wait, offer, now)
    let_go(offer, OfferState.LAPSED, now)
    go_on(offer.wait, now)
    post("wait_lapsed", member_id=offer.wait.member_id, wait_id=str(offer.wait_id), offer_id=str(offer.id))


def lock_wait(wait: Wait, offer: WaitOffer | None = None) -> None:
    """Load a wait, and its offer, again and keep them from other hands until the transaction ends: the wait's row is the
    one that everybody locks, so that an answer and the clock never both win.
    """
    db.session.refresh(wait, Wait.__mapper__.column_attrs.keys(), with_for_update={"of": Wait})
    if offer is not None:
        db.session.refresh(offer, WaitOffer.__mapper__.column_attrs.keys())


def let_go(offer: WaitOffer, state: OfferState, now: datetime) -> None:
    """End an offer that is not taken and give its time back, which the calendar tells to whoever waits next."""
    held, offer.occupancy_id = offer.occupancy_id, None
    offer.state, offer.answered_at = state, now
    db.session.flush()
    release(held)


def go_on(wait: Wait, now: datetime) -> None:
    """After an offer that was not taken: whoever wished for that one car has had their turn; others go on waiting."""
    if wait.car_id is not None:
        wait.state, wait.ended_at = WaitState.PASSED, now
    else:
        promise_to_tell(wait, now)
    db.session.flush()


def _stands(offer: WaitOffer, now: datetime) -> bool:
    return offer.state == OfferState.OPEN and now < offer.lapses_at
