"""The member's answer to an offered move: agreed, the booking changes; declined, it stays as it was, at no cost."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from core.database import db, transaction
from core.outbox import post
from core.refusal import Refusal
from experience.journey import Step
from experience.record.observe import observe
from fleet.tariffs.quote import Quote, Rates, promo_of, reduced_until_of
from reservations.booking.billing import lines_of_quote
from reservations.booking.booked_by import Told, tell_booker
from reservations.booking.change.change import carry_out
from reservations.booking.change.models import Why
from reservations.booking.change.proposal import Proposal, Wish, kind_of, priced
from reservations.booking.models import Reservation, Status
from reservations.booking.moves.end import end_move, free_offered_car, lock_move_and_cars, open_move_of
from reservations.booking.moves.models import Move, MoveState
from reservations.booking.moves.propose import choices_for, offer_best, take_turn
from reservations.booking.price_again import had_a_price
from reservations.booking.queries import load_locked


class MoveIsOver(Refusal):
    code, status = "move_is_over", 409
    says = _l("This offer is over, so the other car is no longer held for you.")
    remedy = _l("Nothing was changed. The page of your trip says how it stands and what you can do.")


def at_no_more(reservation: Reservation, move: Move, now: datetime) -> Proposal:
    """What the move makes of the booking, at the lower of the two prices: at its own when the other class had none yet."""
    wish = Wish(move.car, reservation.span)
    if had_a_price(reservation, move.car):
        proposal = priced(reservation, wish, now)
        if proposal.price.cents <= reservation.price_cents:
            return proposal
    kept = reservation.quote
    return Proposal(wish, kind_of(reservation, wish), Quote(
        tuple(lines_of_quote(kept)), Rates(**kept["rates"]), kept["waiver"], promo_of(kept), reduced_until_of(kept)),
        reservation.price, given_back=())


def agree(*, reservation: Reservation, move: Move, now: datetime) -> None:
    """Change the booking to the offered car, in one transaction; twice changes nothing. Raises MoveIsOver."""
    with observe(Step.BOOK_CHANGE, member=reservation.member, trip=reservation) as seen, transaction():
        _lock(reservation, move)
        if move.state == MoveState.AGREED:
            seen.was_repeated()
            return
        seen.note(car_id=move.car_id, car_class=move.car.car_class, lot_id=move.car.lot_id, change="swap",
                  minutes=reservation.span.minutes)
        if move.state != MoveState.OPEN or now >= move.lapses_at or reservation.status != Status.BOOKED:
            raise MoveIsOver()
        proposal = at_no_more(reservation, move, now)
        seen.note(price_cents=proposal.price.cents, difference_cents=proposal.difference.cents)
        lock_move_and_cars(reservation)
        free_offered_car(move)  # and taken again for the trip in this same transaction: nobody comes in between
        made = carry_out(reservation, proposal, once=f"move-{move.id}", now=now, why=Why.MOVED_BY_US)
        move.state, move.answered_at, move.change_id = MoveState.AGREED, now, made.id
        db.session.flush()


def decline_move(*, reservation: Reservation, move: Move, now: datetime, by_id: int | None = None) -> Move | None:
    """Leave the booking as it is, at risk and free to cancel at no cost, and offer the next best car; return that offer, None
    when there is no other car. Twice changes nothing. Raises MoveIsOver.

    `by_id` is the member who declines, else its driver: of driver and booker the other one hears that no car is left.
    """
    choices = choices_for([reservation], now).get(reservation.id, ())  # looked for before anything is locked
    with observe(Step.BOOK_CHANGE, member=reservation.member, trip=reservation) as seen, transaction():
        take_turn()
        _lock(reservation, move)
        if move.state == MoveState.DECLINED:
            seen.was_repeated()
            return open_move_of(reservation)
        if move.state != MoveState.OPEN:
            raise MoveIsOver()
        seen.note(car_id=move.car_id, car_class=move.car.car_class, lot_id=move.car.lot_id, change="decline")
        end_move(move, MoveState.DECLINED, now)
        another = offer_best(reservation, choices, move.by_user_id, now)
        if another is None and by_id not in (None, reservation.member_id):
            post("trip_at_risk", member_id=reservation.member_id, reservation_id=reservation.id)
        elif another is None:
            tell_booker(reservation, Told.AT_RISK, now)
        return another


def _lock(reservation: Reservation, move: Move) -> None:
    load_locked(reservation)
    db.session.refresh(move, with_for_update={"of": Move})
