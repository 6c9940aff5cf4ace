"""The pages of an applicant: number, licence, plan, payment, and everything on one page before it is sent."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.money import Money
from core.refusal import Refusal
from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.contact.confirm_number import ask_for_code, confirm_number
from portal.account.contact.forms import CodeForm, NumberForm
from portal.account.contact.number import number_of, waiting_number, written
from portal.account.models import Plan
from portal.account.rename import rename
from portal.account.terms import terms_in_force
from portal.billing.cards.change import cards_of
from portal.billing.cards.forms import BackForm
from portal.billing.membership.months import rest_of_month
from portal.billing.payers.payer_of import own_payer_to_look_at
from portal.billing.words import card_name
from portal.signup.carried import carried_estimate
from portal.signup.check import check
from portal.signup.estimate import newest
from portal.signup.forms import NameForm, PlanForm, SubmitForm, check_form
from portal.signup.licence import shown
from portal.signup.models import Application, State
from portal.signup.plan import choose_plan, fees_at
from portal.signup.progress import Part, Stop, done_of, has_card, next_part, stops
from portal.signup.queries import application_of
from portal.signup.reasons import REASONS, Reason
from portal.signup.start import answers_of, start_application
from portal.signup.submit import submit
from portal.signup.views import PAGES, bp, check_page_again, where_now
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, page
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters
from portal.web.step_up import ask_again

STEP = Step.JOIN_APPLY


def open_here() -> Application | None:
    """The application that is still the applicant's to finish; none: the page leads them to where they are."""
    found = application_of(me().id)
    return found if found is not None and found.state == State.OPEN else None


def line(application: Application, here: Part) -> list[Stop]:
    """The progress line on this page."""
    return stops(_done(application), here)


def on(application: Application) -> Any:
    """On to the first part that is not done."""
    return redirect(url_for(PAGES[next_part(_done(application))]))


def prove(application: Application) -> Any:
    """None, or the way to prove again who is there: once a card could pay, whoever says who applies could drive on it."""
    return ask_again() if has_card(application.member_id) else None


def _done(application: Application) -> frozenset[Part]:
    return done_of(application, texts=adapters().sms is not None)


@bp.app_template_global()
def join_page(part: Part) -> str:
    """The address of a part of joining."""
    return url_for(PAGES[part])


@bp.route("/join/check", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
@limiter.limit("30/minute", methods=["POST"])
def check_again() -> Any:
    """Change what the free check asked."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    form = check_form(answers_of(application), policies_at(now())["join_violation"].value)
    if not form.validate_on_submit():
        return check_page_again(form, None), form.page_status
    finding = check(answers=form.answers, member_id=me().id, now=now())
    if not finding.may_join:
        return check_page_again(form, finding), 422
    return on(start_application(member=me(), answers=form.answers, now=now(), estimate=carried_estimate()))


@bp.route("/join/phone", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
@limiter.limit("10/hour", methods=["POST"])
def phone() -> Any:
    """Confirm the number; on POST a code is texted to the one that was typed. Also corrects the name."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    form = NumberForm(data={"number": written(me().phone) if me().phone else ""})
    if form.is_submitted() and (answer := prove(application)):
        return answer
    if not form.validate_on_submit():
        return _phone(application, form)
    try:
        ask_for_code(member=me(), number=form.e164, now=now())
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.number.errors = [f"{refusal.says} {refusal.remedy}"]
        return _phone(application, form, status=refusal.status)
    return redirect(url_for("join.phone"))


def _phone(application: Application, form: NumberForm | None = None, code_form: CodeForm | None = None,
           name_form: NameForm | None = None, *, status: int = 0) -> Any:
    given = [one for one in (form, code_form, name_form) if one is not None]
    member = application.member
    return render_template(
        "portal/signup/phone.html", stops=line(application, Part.PHONE), member=member, waiting=waiting_number(member.id),
        number=number_of(member.id), written=written, texts=adapters().sms is not None,
        form=form or NumberForm(formdata=None, data={"number": written(member.phone) if member.phone else ""}),
        code_form=code_form or CodeForm(formdata=None),
        name_form=name_form or NameForm(formdata=None, data={"name": member.name}),
        on=join_page(next_part(_done(application))),
    ), status or max(one.page_status for one in given)


@bp.post("/join/phone/code")
@page(STEP, who=MEMBERS)
@limiter.limit("30/hour", methods=["POST"])
def phone_code() -> Any:
    """Confirm the number with the code, and go on."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    form = CodeForm()
    if not form.validate_on_submit():
        return _phone(application, code_form=form)
    try:
        confirm_number(member=me(), code=form.code.data, secret=current_app.config["SECRET_KEY"], now=now())
    except Refusal as refusal:  # as above
        form.code.errors = [f"{refusal.says} {refusal.remedy}"]
        return _phone(application, code_form=form, status=refusal.status)
    flash(_("That is your number."), "ok")
    return on(application)


@bp.post("/join/name")
@page(STEP, who=MEMBERS)
def name() -> Any:
    """Correct the name, as long as the application is not sent."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    form = NameForm()
    if answer := prove(application):
        return answer
    if not form.validate_on_submit():
        return _phone(application, name_form=form)
    rename(user=current_user.user, name=form.name.data)
    return on(application)


@bp.route("/join/plan", methods=["GET", "POST"])
@page(Step.JOIN_PLAN, who=MEMBERS)
def plan() -> Any:
    """The plans with every fee; on POST the one that is taken."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    form = PlanForm(data={"plan": application.plan})
    if not form.validate_on_submit():
        return render_template("portal/signup/plan.html", stops=line(application, Part.PLAN), form=form, fees=fees_at(now()),
                               rest=rest_of_month(now(), CITY_ZONE), said=newest(application, carried_estimate()),
                               policies=policies_at(now())), form.page_status
    choose_plan(application=application, plan=Plan(form.plan.data), now=now(), estimate=carried_estimate())
    return on(application)


@bp.get("/join/payment")
@page(Step.JOIN_PAYMENT_METHOD, who=MEMBERS)
def payment() -> Any:
    """The card: what is held, what is charged and when; the card's number is typed on the processor's page."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    return render_template("portal/signup/payment.html", stops=line(application, Part.PAYMENT), cards=_cards(),
                           card_name=card_name, form=BackForm(formdata=None, back_to=url_for("join.payment")),
                           policies=policies_at(now()), application=application, on=join_page(next_part(_done(application))))


def _cards() -> list[Any]:
    payer = own_payer_to_look_at(me().id)
    return cards_of(payer.id) if payer is not None else []


@bp.route("/join/review", methods=["GET", "POST"])
@page(STEP, who=MEMBERS)
@limiter.limit("20/minute", methods=["POST"])
def review() -> Any:
    """Everything on one page, with the way to change each; on POST it is sent."""
    application = open_here()
    if application is None:
        return redirect(where_now(me()))
    if next_part(_done(application)) is not Part.REVIEW:
        return on(application)
    form = SubmitForm()
    if not form.validate_on_submit():
        return render_template(
            "portal/signup/review.html", stops=line(application, Part.REVIEW), form=form, application=application,
            member=me(), answers=answers_of(application), licence=shown(me().id), cards=_cards(), card_name=card_name,
            written=written, policies=policies_at(now()),
            rest_fee=rest_of_month(now(), CITY_ZONE).part(Money(application.fee_cents or 0)),
            reasons=[REASONS[Reason(each)] for each in application.reasons], said=newest(application, carried_estimate()),
        ), form.page_status
    at = now()
    submit(application=application, terms_version=str(terms_in_force(at).version), texts=adapters().sms is not None, now=at,
           estimate=carried_estimate())
    return redirect(url_for("join.decision"))
