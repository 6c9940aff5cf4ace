"""The processor's pages: asked for, opened by the worker, and looked at when the member comes back."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database import db, hold_nothing_open, transaction
from core.ids import new_id
from core.money import Money
from core.refusal import NotFound
from core.time import now
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member
from portal.billing.cards.keep import keep_card, try_card_later
from portal.billing.cards.models import Card
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked
from portal.billing.payments.ask import ask, is_asked
from portal.billing.payments.carry_out import close_call
from portal.billing.payments.errors import NothingToPay
from portal.billing.payments.models import (
    Calling,
    CallState,
    PageKind,
    PageState,
    Payment,
    PaymentCall,
    PaymentPage,
    Purpose,
    State,
)
from portal.billing.payments.port import PageSeen, Payments, PaymentsRefused
from portal.billing.payments.take_in import Said, payment_journey, take_in
from portal.billing.payments.want import give_up_waiting, on_its_way, want

STAYS_OPEN = timedelta(minutes=30)  # then we close it, so that what is owed can be asked for another way


def ask_for_card(*, payer: Payer, back_to: str, now: datetime) -> PaymentPage:
    """A page on which the member gives a card to keep."""
    with transaction():
        return _page(payer, PageKind.CARD, None, back_to, now)


def ask_to_pay(*, payer: Payer, back_to: str, now: datetime) -> PaymentPage:
    """A page on which the member pays what is open and not on its way already. Raises NothingToPay. While one is open, it
    is the same one."""
    with transaction():
        payer = locked(payer.id)
        running = db.session.scalars(select(PaymentPage).where(
            PaymentPage.payer_id == payer.id, PaymentPage.kind == PageKind.PAY,
            PaymentPage.state.in_((PageState.WANTED, PageState.OPEN)))).first()
        if running is not None:
            return running
        due = _to_pay(payer, now)
        give_up_waiting(payer, now)
        payment = want(payer, None, due, Purpose.BALANCE, now, once=f"page-{new_id()}")
        return _page(payer, PageKind.PAY, payment, back_to, now)


def ask_to_confirm(*, payment: Payment, back_to: str, now: datetime) -> PaymentPage:
    """A page on which the member passes their bank's check, or takes another card. The payment that waited is given up."""
    with transaction():
        payer = locked(payment.payer_id)
        running = db.session.scalars(select(PaymentPage).join(Payment, Payment.id == PaymentPage.payment_id).where(
            Payment.once == f"confirm-{payment.id}", PaymentPage.state.in_((PageState.WANTED, PageState.OPEN)))).first()
        if running is not None:
            return running
        db.session.refresh(payment)
        if payment.state != State.CONFIRM or is_asked(Calling.RELEASE, payment.id):
            raise NothingToPay()
        amount = payment.amount if payment.purpose == Purpose.TRIP else _to_pay(payer, now)
        ask(Calling.RELEASE, payer=payer, about=payment.id, now=now)
        anew = want(payer, None, amount, Purpose(payment.purpose), now, once=f"confirm-{payment.id}",
                    reservation_id=payment.reservation_id)
        return _page(payer, PageKind.CONFIRM, anew, back_to, now)


def _to_pay(payer: Payer, now: datetime) -> Money:
    """What is open and not on its way. Raises NothingToPay, also for less than the processor takes."""
    due = payer.owed_cents - on_its_way(payer.id)
    if due < policies_at(now)["charge_least"].value:
        raise NothingToPay()
    return Money(due, payer.currency)


def _page(payer: Payer, kind: PageKind, payment: Payment | None, back_to: str, at: datetime) -> PaymentPage:
    page = PaymentPage(id=new_id(), payer_id=payer.id, kind=kind, state=PageState.WANTED, asked_at=at, back_to=back_to,
                       payment_id=payment.id if payment else None)
    db.session.add(page)
    db.session.flush()
    ask(Calling.OPEN_PAGE, payer=payer, about=page.id, now=at)
    return page


def my_page(member_id: int, page_id: UUID) -> PaymentPage:
    """The member's own page. Raises NotFound, also for somebody else's."""
    found = db.session.scalar(select(PaymentPage).join(Payer, Payer.id == PaymentPage.payer_id).where(
        PaymentPage.id == page_id, Payer.member_id == member_id))
    if found is None:
        raise NotFound()
    return found


def come_back(*, page: PaymentPage, now: datetime) -> None:
    """The member is back from the page: have the processor asked what became of it."""
    with transaction():
        payer = locked(page.payer_id)
        db.session.refresh(page)
        if page.state == PageState.OPEN and not is_asked(Calling.LOOK_AT_PAGE, page.id):
            ask(Calling.LOOK_AT_PAGE, payer=payer, about=page.id, now=now)


def close_old_pages(at: datetime) -> int:
    """Have pages looked at, and closed, that have been open for long; how many there were."""
    old = db.session.scalars(select(PaymentPage).where(
        PaymentPage.state.in_((PageState.WANTED, PageState.OPEN)), PaymentPage.asked_at < at - STAYS_OPEN).limit(100)).all()
    for page in old:
        come_back(page=page, now=at)
    return len(old)


# What is recorded of a page: what ends its step comes from the processor, and not from the visit that opened it.

def step_of(page: PaymentPage) -> Step:
    """At which step of the journey the page stands."""
    return Step.JOIN_PAYMENT_METHOD if page.kind == PageKind.CARD else Step.PAY_PAYMENT


def trip_of(page: PaymentPage) -> int | None:
    """The trip that is paid on it, if it is one."""
    payment = db.session.get(Payment, page.payment_id) if page.payment_id else None
    return payment.reservation_id if payment else None


def journey_of(page: PaymentPage) -> str:
    """What the page's step belongs to when that is no trip."""
    return payment_journey(page.payment_id) if page.payment_id else f"page-{page.id}"


def _note(page: PaymentPage, payer: Payer, phase: Phase, card: Card | None = None, code: str | None = None) -> None:
    seen = Seen(step_of(page), payer.member_id, trip_of(page), journey=journey_of(page))
    if card is not None:
        seen.about("card", card.id, "kept")
    record(seen, phase, error_code=code)


# What the worker does.

def open_page(call: PaymentCall, payments: Payments, site_url: str) -> None:
    """Open the page at the processor; the first one makes the payer its customer."""
    page = db.session.get_one(PaymentPage, call.about)
    customer = _customer(db.session.get_one(Payer, call.payer_id), payments, f"{call.key}-customer")
    payment = db.session.get(Payment, page.payment_id) if page.payment_id else None
    back, kind = f"{site_url}/account/payments/back/{page.id}", PageKind(page.kind)
    amount, hold = (payment.amount, payment.purpose == Purpose.TRIP) if payment else (Money(0), False)
    hold_nothing_open()
    try:
        if kind is PageKind.CARD:
            link = payments.ask_for_card(customer, back_to=back, give_up_to=back, once=call.key)
        else:
            link = payments.ask_to_pay(customer, amount, about="Roundtrip", hold=hold, back_to=back, give_up_to=back,
                                       once=call.key)
    except PaymentsRefused as no:
        _opened(call, page, CallState.REFUSED, no.code)
        return
    # A page of our own (the demo's) is reached under the name by which the browser knows us.
    _opened(call, page, CallState.DONE, None, link.id, link.url.removeprefix(site_url), link.ends_at)


def _opened(call: PaymentCall, page: PaymentPage, state: CallState, reason: str | None, page_id: str | None = None,
            url: str | None = None, ends_at: datetime | None = None) -> None:
    with transaction():
        locked(page.payer_id)
        close_call(call, state, reason)
        db.session.refresh(page, with_for_update=True)
        if page.state != PageState.WANTED:
            return
        page.state = PageState.OPEN if url else PageState.FAILED
        if url is None and page.kind == PageKind.CARD:
            _note(page, db.session.get_one(Payer, page.payer_id), Phase.FAILED, code=reason)
        page.processor_id, page.url, page.ends_at = page_id, url, ends_at
        if url is None and page.payment_id:
            take_in(page.payment_id, Said(State.RELEASED, None), now())


def _customer(payer: Payer, payments: Payments, once: str) -> str:
    if payer.customer is not None:
        return payer.customer
    member = db.session.get_one(Member, payer.member_id)
    payer_id, name, email = payer.id, member.name, member.user.email
    hold_nothing_open()
    customer = payments.open_customer(reference=f"payer-{payer_id}", email=email, name=name, once=once)
    with transaction():
        payer = locked(payer_id)
        payer.customer = payer.customer or customer  # two pages at once: cards and charges are of one customer
        kept: str = payer.customer
    return kept


def look_at_page(call: PaymentCall, payments: Payments) -> None:
    """See what became of a page; one that has been open for long is closed."""
    page = db.session.get_one(PaymentPage, call.about)
    processor_id, old = page.processor_id, now() - page.asked_at > STAYS_OPEN
    if processor_id is None:
        with transaction():
            close_call(call, CallState.GIVEN_UP)
        return
    hold_nothing_open()
    seen = payments.look_at_page(processor_id)
    if seen.state == "open" and old:
        payments.close_page(processor_id)
        seen = payments.look_at_page(processor_id)
    with transaction():
        close_call(call, CallState.DONE)
        take_in_page(page.id, seen)


def end_page(page_id: UUID) -> None:
    """The processor takes nothing from us about this page: it failed, and what was to be paid there is asked another way."""
    with transaction():
        payer_id = db.session.get_one(PaymentPage, page_id).payer_id
        locked(payer_id)
        page = db.session.get_one(PaymentPage, page_id, with_for_update=True, populate_existing=True)
        if page.state in (PageState.WANTED, PageState.OPEN):
            page.state = PageState.FAILED
            if page.payment_id is not None:
                take_in(page.payment_id, Said(State.RELEASED, None), now())
            db.session.flush()


def take_in_page(page_id: UUID, seen: PageSeen) -> None:
    """Bring our page to where the processor's is; a card that was given there is kept."""
    with transaction():
        page = db.session.get_one(PaymentPage, page_id)
        payer = locked(page.payer_id)
        db.session.refresh(page, with_for_update=True)
        if seen.payment is not None and page.payment_id is not None:
            card = seen.payment.card
            payment = take_in(page.payment_id, Said.by(seen.payment), now())
            if card is not None and payment.card_id is None and payment.state in (State.HELD, State.CAPTURED):
                payment.card_id = keep_card(payer, card, now()).id
        if page.state in (PageState.COMPLETE, PageState.EXPIRED) or seen.state == "open":
            return
        page.state = PageState.COMPLETE if seen.state == "complete" else PageState.EXPIRED
        if seen.card is not None:
            card = keep_card(payer, seen.card, now())
            _note(page, payer, Phase.SUCCEEDED, card)
            try_card_later(payer, card, now())
        if page.state == PageState.EXPIRED and page.payment_id:
            take_in(page.payment_id, Said(State.RELEASED, None), now())
        db.session.flush()


def page_of(processor_id: str) -> PaymentPage | None:
    """The page that the processor calls by this id."""
    return db.session.scalar(select(PaymentPage).where(PaymentPage.processor_id == processor_id))


def waits_for_member(payer_id: int) -> list[Payment]:
    """Payments that wait for the member at their bank."""
    return list(db.session.scalars(select(Payment).where(
        Payment.payer_id == payer_id, Payment.state == State.CONFIRM).order_by(Payment.asked_at)))


def who_is_waited_for() -> list[Payer]:
    """Payers whose bank wants to see them, or whose cards did not pay what is owed."""
    waiting = select(Payment.payer_id).where(Payment.state == State.CONFIRM)
    return list(db.session.scalars(
        select(Payer).where(Payer.id.in_(waiting) | Payer.owing_since.is_not(None)).order_by(Payer.id)))
