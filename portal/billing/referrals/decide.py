"""Giving both their credit, once the friend has paid a first trip; not to oneself, and no more often than a year allows."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.database import db, transaction
from core.money import Money
from core.outbox import post
from fleet.tariffs.in_force import policies_at
from portal.account.contact.models import PhoneNumber
from portal.account.models import Member, MemberStatus
from portal.billing.cards.models import Card
from portal.billing.credits.grant import grant
from portal.billing.credits.models import Credit, CreditKind
from portal.billing.ledger.models import Account, LedgerRow, Origin
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.referrals.models import Referral, ReferralCode, ReferralState, ReferralWhy
from portal.licence.models import Licence

AT_ONCE = 50
YEAR = timedelta(days=365)
WHY = "referral"


def credit_referrals(now: datetime) -> int:
    """Decide every referral whose friend has paid a trip; how many there were."""
    due = _due()
    if db.session.execute(due.limit(1)).first() is None:
        return 0  # a timer with nothing to do takes no write lock
    with transaction():
        found = db.session.scalars(due.with_for_update(of=Referral).limit(AT_ONCE)).all()
        for referral in found:
            _decide(referral, now)
    return len(found)


def _due() -> Select[Referral]:
    """Open ones whose friend has had a trip that they paid for to the end: its bill was taken from a card or credit. A trip
    that a business pays is not theirs."""
    owed = func.sum(case((LedgerRow.debit_account == Account.RECEIVABLE, LedgerRow.amount_cents),
                         (LedgerRow.credit_account == Account.RECEIVABLE, -LedgerRow.amount_cents), else_=0))
    of_trip, quoted = aliased(LedgerRow), aliased(LedgerRow)
    paid = (select(LedgerRow.reservation_id).join(Payer, Payer.id == LedgerRow.payer_id)
            .where(Payer.member_id == Referral.friend_id, LedgerRow.reservation_id.is_not(None),
                   exists().where(quoted.reservation_id == LedgerRow.reservation_id, quoted.origin == Origin.QUOTE),
                   exists().where(of_trip.reservation_id == LedgerRow.reservation_id,
                                  of_trip.credit_account == Account.RECEIVABLE,
                                  of_trip.origin.in_((Origin.PAYMENT, Origin.CREDIT))))
            .group_by(LedgerRow.reservation_id).having(owed <= 0))
    return (select(Referral).where(Referral.state == ReferralState.JOINED, paid.correlate(Referral).exists())
            .order_by(Referral.joined_at, Referral.id))


def _decide(referral: Referral, now: datetime) -> None:
    """Whoever the code is of waits in line: two friends at once do not pass the year's limit together."""
    by_id, friend_id = referral.by_member_id, referral.friend_id
    assert friend_id is not None  # it was found by their trip
    if by_id is not None:
        db.session.get(ReferralCode, by_id, with_for_update=True)
    same = same_person(by_id, friend_id) if by_id is not None else None
    why = same or _nothing_for(by_id, now)
    state = ReferralState.REFUSED if same else ReferralState.CREDITED
    referral.state, referral.why, referral.decided_at = state, why, now
    db.session.flush()
    if same is not None:
        return
    _give(friend_id, referral.gets_cents, f"referral-{referral.id}-gets", now)
    if by_id is not None and why is None:
        _give(by_id, referral.gives_cents, f"referral-{referral.id}-gives", now)


def _give(member_id: int, cents: int, once: str, now: datetime) -> None:
    if not cents:
        return
    credit: Credit = grant(payer_id=own_payer(member_id).id, kind=CreditKind.REFERRAL, amount=Money(cents), why=WHY, once=once,
                           now=now, member_id=member_id)
    post("credit_given", member_id=member_id, due=now, once=f"credit_given-{credit.id}", credit_id=str(credit.id))


def _nothing_for(member_id: int | None, now: datetime) -> ReferralWhy | None:
    """Why the owner of the code gets nothing for this one."""
    if member_id is None or db.session.get_one(Member, member_id).status == MemberStatus.CLOSED:
        return ReferralWhy.LEFT
    had = db.session.scalar(select(func.count()).select_from(Referral).where(
        Referral.by_member_id == member_id, Referral.state == ReferralState.CREDITED, Referral.why.is_(None),
        Referral.decided_at > now - YEAR)) or 0
    return ReferralWhy.MOST if had >= policies_at(now)["referral_most"].value else None


def same_person(one: int, other: int) -> ReferralWhy | None:
    """What says that two members are one: the number of a licence, a phone, or a card that both have or had."""
    for why, found in ((ReferralWhy.SAME_LICENCE, _licence(one, other)), (ReferralWhy.SAME_PHONE, _phone(one, other)),
                       (ReferralWhy.SAME_CARD, _card(one, other))):
        if db.session.scalar(select(found)):
            return why
    return None


def _licence(one: int, other: int) -> ColumnElement[bool]:
    mine, theirs = aliased(Licence), aliased(Licence)
    return exists().where(mine.member_id == one, theirs.member_id == other, mine.number_digest == theirs.number_digest)


def _phone(one: int, other: int) -> ColumnElement[bool]:
    mine, theirs, my_number, their_number = aliased(Member), aliased(Member), aliased(PhoneNumber), aliased(PhoneNumber)
    return or_(
        exists().where(mine.id == one, theirs.id == other, mine.phone == theirs.phone),
        exists().where(my_number.member_id == one, their_number.member_id == other, my_number.number == their_number.number),
        exists().where(mine.id == one, their_number.member_id == other, mine.phone == their_number.number),
        exists().where(theirs.id == other, my_number.member_id == one, theirs.phone == my_number.number))


def _card(one: int, other: int) -> ColumnElement[bool]:
    my_payer, their_payer, mine, theirs = aliased(Payer), aliased(Payer), aliased(Card), aliased(Card)
    return exists().where(and_(
        my_payer.member_id == one, their_payer.member_id == other, mine.payer_id == my_payer.id,
        theirs.payer_id == their_payer.id, mine.brand == theirs.brand, mine.last_four == theirs.last_four,
        mine.exp_month == theirs.exp_month, mine.exp_year == theirs.exp_year))
