"""The payments page: what is open, the cards, credit, the last payments; and the way over the processor's pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from core.money import Money
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.models import MemberStatus
from portal.billing.cards.change import cards_of, my_card, pay_first_with, remove_card
from portal.billing.cards.forms import BackForm, page_of_ours
from portal.billing.credits.models import Credit
from portal.billing.credits.queries import usable
from portal.billing.disputes.open import disputes_of
from portal.billing.ledger.enter import entered
from portal.billing.notices.answer import notices_of
from portal.billing.notices.models import NoticeState
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import own_payer
from portal.billing.payments.errors import LastCard
from portal.billing.payments.models import Calling, PageKind, PageState, PaymentPage, Refund
from portal.billing.payments.pages import (
    ask_for_card,
    ask_to_confirm,
    ask_to_pay,
    come_back,
    journey_of,
    my_page,
    step_of,
    trip_of,
    waits_for_member,
)
from portal.billing.payments.want import on_its_way
from portal.billing.statements.queries import (
    LastPayments,
    account_for,
    is_waiting,
    last_call,
    my_payment,
    pages_under_way,
    payer_of_pages,
    trips_of,
)
from portal.billing.stripe.payments import is_live
from portal.billing.stripe.verify import verified_against_stripe
from portal.billing.words import about, became_of, card_name, credit_kind, reason, refund_became
from portal.web.forms import PressForm
from portal.web.live import part
from portal.web.page import MEMBERS, me, of_journey, of_trip, page, this_is
from portal.web.shell import adapters
from portal.web.step_up import ask_again

bp = Blueprint("cards", __name__)

LONG = timedelta(seconds=45)  # then we say that it takes longer than it should


@bp.get("/account/payments")
@page(Step.MANAGE_DETAILS, who=MEMBERS, whole=True)
def payments() -> Any:
    """What is open, what is kept, and what was paid."""
    return _payments()


def _payments(refusal: LastCard | None = None) -> Any:
    member, at = me(), now()
    payer = payer_of_pages(member.id)
    waiting, under_way, last = waits_for_member(payer.id), pages_under_way(payer.id), LastPayments(payer.id).all()
    due = Money(payer.owed_cents - on_its_way(payer.id), payer.currency)  # what ask_to_pay() would ask for
    if payer.owed_cents > 0 or waiting:
        this_is(Step.PAY_PAYMENT)
    return render_template(
        "portal/billing/cards/payments.html", payer=payer, waiting=waiting, under_way=under_way, last=last, due=due,
        may_pay=due.cents >= policies_at(at)["charge_least"].value, business=account_for(member.id),
        trips=trips_of([*waiting, *last_payments(last)]), cards=cards_of(payer.id), credits=_credits(payer, at), at=at,
        dunning=_dunning(payer, at), notices=[one for one in notices_of(member.id) if one.state == NoticeState.OPEN],
        disputes=[one for one in disputes_of(member) if one.outcome is None], mode=_mode(), refusal=refusal, about=about,
        card_name=card_name, became=became_of, refund_became=refund_became, button=PressForm(formdata=None),
        form=BackForm(formdata=None, back_to=page_of_ours(request.args.get("next")) or ""),
    ), refusal.status if refusal else 200


def last_payments(last: list[Any]) -> list[Any]:
    """The payments behind payments and refunds."""
    return [one.payment if isinstance(one, Refund) else one for one in last]


@dataclass(frozen=True, slots=True)
class CreditShown:
    """Credit as the page lists it."""

    kind: str
    why: str
    left: Money
    ends_at: datetime
    line_id: int | None


def _credits(payer: Payer, at: datetime) -> list[CreditShown]:
    found: list[Credit] = usable(payer.id, at)
    rows = [(credit, entered(f"grant-{credit.id}")) for credit in found]
    return [CreditShown(credit_kind(credit.kind), reason(credit.why), credit.left, credit.ends_at, row.id if row else None)
            for credit, row in rows]


@dataclass(frozen=True, slots=True)
class Dunning:
    """An old bill: since when, when it is asked for again, and when booking stops or stopped."""

    since: datetime
    again_at: datetime | None
    stops_at: datetime
    stopped_at: datetime | None


def _dunning(payer: Payer, at: datetime) -> Dunning | None:
    since = payer.owing_since
    if since is None:
        return None
    policies = policies_at(since)
    times = [since + timedelta(minutes=policies[f"dunning_{step}"].value) for step in range(2, 6)]
    again = next((time for time in times if time > at), None)
    return Dunning(since, again, times[-1], payer.booking_stopped_at)


def _mode() -> str:
    """What to say about whose money moves: "test", "unverified" or nothing."""
    if adapters().stripe is not None or not is_live(current_app.config["STRIPE_SECRET_KEY"]):
        return "test"
    return "" if verified_against_stripe(current_app.config["PORTAL_HOME"]) else "unverified"


# Over the processor's pages, and back.

@bp.post("/account/payments/cards")
@page(Step.JOIN_PAYMENT_METHOD, who=MEMBERS)
def add_card() -> Any:
    """Have a page opened on which the member gives a card; who still applies has no other account to take over."""
    form = BackForm()
    if not form.validate_on_submit():
        return redirect(url_for("cards.payments"))
    if me().status != MemberStatus.APPLICANT and (answer := ask_again()):
        return answer
    opened = ask_for_card(payer=own_payer(me().id), back_to=form.back(url_for("cards.payments", _anchor="cards")), now=now())
    return redirect(url_for("cards.waiting", page_id=opened.id))


@bp.post("/account/payments/pay")
@page(Step.PAY_PAYMENT, who=MEMBERS)
def pay() -> Any:
    """Have a page opened on which the member pays what is open."""
    form = BackForm()
    if not form.validate_on_submit():
        return redirect(url_for("cards.payments"))
    opened = ask_to_pay(payer=own_payer(me().id), back_to=form.back(url_for("cards.payments")), now=now())
    return redirect(url_for("cards.waiting", page_id=opened.id))


@bp.post("/account/payments/<uuid:payment_id>/confirm")
@page(Step.PAY_PAYMENT, who=MEMBERS)
def confirm(payment_id: UUID) -> Any:
    """Have a page opened on which the member passes their bank's check for a payment that waits."""
    payment, form = my_payment(me().id, payment_id), BackForm()
    if not form.validate_on_submit():
        return redirect(url_for("cards.payments"))
    back = form.back(url_for("cards.payments", _anchor=f"payment-{payment.id}"))  # of this payment: it names its page
    opened = ask_to_confirm(payment=payment, back_to=back, now=now())
    return redirect(url_for("cards.waiting", page_id=opened.id))


@bp.get("/account/payments/pages/<uuid:page_id>")
@page(Step.PAY_PAYMENT, who=MEMBERS)
def waiting(page_id: UUID) -> Any:
    """The wait for the processor's page, before it and after it; at its end, on to where the member came from."""
    found = my_page(me().id, page_id)
    this_is(step_of(found))
    of_journey(journey_of(found))
    if (trip_id := trip_of(found)) is not None:
        of_trip(trip_id)
    if found.state == PageState.COMPLETE:
        g.fragment = True  # on the way through: the step ended when the processor said so
        flash(_("Your card is kept.") if found.kind == PageKind.CARD else _("Thank you. Your bank said yes."), "ok")
        return redirect(page_of_ours(found.back_to) or url_for("cards.payments"))
    return _page(found, "portal/billing/cards/waiting.html")


@bp.get("/account/payments/pages/<uuid:page_id>/live")
@page(who=MEMBERS, exempt="a live part of the waiting page, which has the step")
def live(page_id: UUID) -> Any:
    """What becomes of the page. Answered with 304 while nothing has."""
    g.fragment = True
    return part(_page(my_page(me().id, page_id), "portal/billing/cards/waiting_live.html"))


@bp.get("/account/payments/pages/<uuid:page_id>/on")
@page(who=MEMBERS, exempt="the way on to the processor’s page, which has the step")
def on(page_id: UUID) -> Any:
    """To the processor's page; through us, so that our pages' scripts follow addresses of ours only."""
    found = my_page(me().id, page_id)
    if found.state != PageState.OPEN or not found.url:
        return redirect(url_for("cards.waiting", page_id=page_id))
    return redirect(found.url.removeprefix(current_app.config["SITE_URL"]))  # the embedded one's is a page of ours


def _page(found: PaymentPage, template: str) -> str:
    looked, opening = last_call(found.id, Calling.LOOK_AT_PAGE), last_call(found.id, Calling.OPEN_PAGE)
    began = looked.asked_at if is_waiting(looked) and looked else found.asked_at
    scene = {PageState.WANTED: "opening", PageState.OPEN: "open", PageState.EXPIRED: "expired", PageState.FAILED: "failed",
             PageState.COMPLETE: "complete"}[PageState(found.state)]
    if found.state == PageState.OPEN and looked is not None:
        scene = "looking" if is_waiting(looked) else "unfinished"
    return render_template(
        template, opened=found, scene=scene, waits=scene in ("opening", "looking"), long=now() - began > LONG,
        card=found.kind == PageKind.CARD, back=page_of_ours(found.back_to) or url_for("cards.payments"),
        reason=opening.reason if opening else None, form=BackForm(formdata=None, back_to=found.back_to),
        again=url_for("cards.add_card") if found.kind == PageKind.CARD else url_for("cards.pay"))


@bp.get("/account/payments/back/<uuid:page_id>")
@page(who=MEMBERS, exempt="where the processor sends members back to; the page after it has the step")
def back(page_id: UUID) -> Any:
    """The member is back: have the processor asked, and wait for its answer."""
    found = my_page(me().id, page_id)
    come_back(page=found, now=now())
    return redirect(url_for("cards.waiting", page_id=page_id))


# Cards.

@bp.post("/account/payments/cards/<uuid:card_id>/first")
@page(Step.MANAGE_DETAILS, who=MEMBERS, whole=True, fresh=True)
def use_first(card_id: UUID) -> Any:
    """This card is asked first from now on."""
    card = my_card(own_payer(me().id), card_id)
    if PressForm().validate_on_submit():
        pay_first_with(card=card)
        flash(_("%(card)s is asked first from now on.", card=card_name(card.brand, card.last_four)), "ok")
    return redirect(url_for("cards.payments", _anchor="cards"))


@bp.post("/account/payments/cards/<uuid:card_id>/remove")
@page(Step.MANAGE_DETAILS, who=MEMBERS, whole=True, fresh=True)
def remove(card_id: UUID) -> Any:
    """Keep this card no longer."""
    card = my_card(own_payer(me().id), card_id)
    if PressForm().validate_on_submit():
        try:
            remove_card(card=card, now=now())
        except LastCard as refusal:  # the page says it above the cards, with the button that helps
            return _payments(refusal)
        flash(_("%(card)s is removed, here and at the card processor.", card=card_name(card.brand, card.last_four)), "ok")
    return redirect(url_for("cards.payments", _anchor="cards"))
