"""The members' money: cards given on the card page, banks that ask, bills that are looked at twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.database import transaction
from core.money import Money
from core.refusal import Refusal
from demo.city import City, Contested
from demo.life import SYSTEM
from demo.neighbours import ADA, CARDS
from demo.riders import Rider
from demo.words import DISPUTES
from portal.account.models import Member
from portal.billing.cards.change import cards_of, pay_first_with
from portal.billing.credits.grant import grant
from portal.billing.credits.models import CreditKind
from portal.billing.disputes.open import open_dispute
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.errors import NothingToPay
from portal.billing.payments.models import Payment
from portal.billing.payments.pages import (
    ask_for_card,
    ask_to_confirm,
    ask_to_pay,
    come_back,
    waits_for_member,
    who_is_waited_for,
)
from portal.billing.timers import look_after_payments
from portal.membership.timers import look_after_memberships
from reservations.booking.billing import bill_of
from reservations.booking.models import Reservation
from reservations.booking.queries import PastTrips

GOOD = ("pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_mastercard", "pm_card_mastercard", "pm_card_amex")
DECLINES, ASKS, DISPUTED = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_card_createDispute"
ONLY_THE_CARDHOLDER = 0.02  # whose bank asks every time
MONEY_EVERY = timedelta(hours=12)
HOLDER_OF_DOUBT = 9  # drives often
DOUBTFUL = {"late_fee": 0.35, "low_fuel": 0.4, "extra_miles": 0.15, "fee_cancelled": 0.15, "fee_no_show": 0.4}


def give_missing_cards(city: City, everyone: Sequence[Rider]) -> None:
    """In a city from before there was money, those who live there give their cards now."""
    give_cards(city, [rider for rider in everyone if rider.number in city.members
                      and not cards_of(own_payer(city.members[rider.number].id).id)])


def give_cards(city: City, everyone: Sequence[Rider]) -> None:
    """Everybody gives a card, some a second one; some have a welcome credit."""
    with transaction():
        for turn in (0, 1):
            pages = {}
            for rider in everyone:
                tokens = _tokens(city, rider)
                if len(tokens) > turn:
                    member = city.members[rider.number]
                    pages[rider.number] = tokens[turn], ask_for_card(
                        payer=own_payer(member.id), back_to="/account/payments", now=city.life.now)
            city.hand_out_letters()
            for token, page in pages.values():
                city.give_card(page, token)
                come_back(page=page, now=city.life.now)
            city.hand_out_letters()
        for rider in everyone:
            if rider.number >= ADA and city.dice(f"welcome/{rider.number}").random() < 0.2:
                grant(payer_id=own_payer(city.members[rider.number].id).id, kind=CreditKind.PROMO, amount=Money(1000),
                      why="WELCOME10", once=f"welcome-{rider.number}", now=city.life.now)


def _tokens(city: City, rider: Rider) -> list[str]:
    dice = city.dice(f"wallet/{rider.number}")
    first, second = dice.choice(GOOD), dice.choice(GOOD)
    if rider.number == ADA:
        return ["pm_card_visa", "pm_card_mastercard"]
    if rider.number < ADA:
        return [card] if (card := CARDS[rider.number]) else []
    luck = dice.random()
    if luck < ONLY_THE_CARDHOLDER:
        return [ASKS]
    if luck < 0.045:
        return [DECLINES, second]
    if luck < 0.055:
        return [DECLINES]
    return [first, second] if luck < 0.35 else [first]


def plan_doubtful_card(city: City, at: datetime) -> None:
    """Somebody's new card: what is charged to it, its owner disputes at the bank."""
    def change() -> None:
        payer = own_payer(city.members[city.riders[HOLDER_OF_DOUBT].number].id)
        page = ask_for_card(payer=payer, back_to="/account/payments", now=city.life.now)
        city.hand_out_letters()
        city.give_card(page, DISPUTED)
        come_back(page=page, now=city.life.now)
        city.hand_out_letters()
        pay_first_with(card=cards_of(payer.id)[-1])

    if len(city.riders) > HOLDER_OF_DOUBT:
        city.life.plan(at, change, SYSTEM)


def plan_money(city: City, ends: datetime) -> None:
    """Twice a day banks are answered, debts paid, and months and pauses begun and ended."""
    ours = {city.members[rider.number].id for rider in city.riders}

    def look() -> None:
        look_after_payments(city.life.now)
        look_after_memberships(city.life.now)
        for payer in who_is_waited_for():
            if payer.member_id in ours:
                _look(city, payer)
        if city.life.now + MONEY_EVERY <= ends:
            city.life.plan(city.life.now + MONEY_EVERY, look, SYSTEM)

    city.life.plan(city.life.now + MONEY_EVERY, look, SYSTEM)


def _look(city: City, payer: Payer) -> None:
    dice = city.dice(f"money/{payer.member_id}/{city.life.now:%Y%m%d%H}")
    for payment in waits_for_member(payer.id):
        if dice.random() < 0.8:
            _confirm(city, payment)
    if payer.owing_since is not None and dice.random() < 0.45:
        _pay(city, payer)


def _confirm(city: City, payment: Payment) -> None:
    try:
        page = ask_to_confirm(payment=payment, back_to="/account/payments", now=city.life.now)
    except NothingToPay:  # the one before it settled everything
        return
    city.hand_out_letters()
    city.give_card(page, ASKS, bank_says_yes=True)
    come_back(page=page, now=city.life.now)


def _pay(city: City, payer: Payer) -> None:
    try:
        page = ask_to_pay(payer=payer, back_to="/account/payments", now=city.life.now)
    except NothingToPay:
        return
    city.hand_out_letters()
    city.give_card(page, "pm_card_visa")
    come_back(page=page, now=city.life.now)


def doubt_last_bill(city: City, member: Member) -> None:
    """A member disputes the dearest line of their last trip."""
    for reservation in PastTrips(member.id).all():
        lines = sorted(bill_of(reservation), key=lambda line: line.amount.cents)
        if lines and lines[-1].amount.cents > 100:
            open_dispute(member=member, line=lines[-1], words=DISPUTES["other"][0], seal=city.outside.seal, now=city.life.now)
            return


def read_bill(city: City, member: Member, reservation: Reservation) -> None:
    """Some lines make one write: that cannot be right."""
    for line in bill_of(reservation):
        dice = city.dice(f"bill/{reservation.reference}/{line.code}")
        if dice.random() < DOUBTFUL.get(line.code, 0.004 if line.origin == "quote" else 0.0):
            try:
                dispute = open_dispute(member=member, line=line, words=dice.choice(DISPUTES.get(line.code, DISPUTES["other"])),
                                       seal=city.outside.seal, now=city.life.now)
            except Refusal:
                continue
            city.contested.append(Contested(dispute, city.life.now))
