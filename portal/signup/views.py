"""Before there is an account: the free check, the details, and the code that makes the account."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import NotFound, Refusal
from core.time import now
from experience.asks.ask_forms import BeforeForm
from experience.asks.before import HOPE_QUESTION
from experience.asks.models import Heard, Hope, Means, Stage
from experience.asks.visitor import QUESTION, is_theirs_now, may_be_asked, tell_as_visitor
from experience.asks.wording import wording_of
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.contact.confirm_number import ask_for_code
from portal.account.models import Member, MemberStatus
from portal.account.sessions import begin_session
from portal.account.signing import device, enter
from portal.billing.payers.invite import CARRIED
from portal.signup.carried import (
    asked_now,
    carried,
    carried_estimate,
    carried_friend,
    carried_sign_up,
    carry,
    carry_friend,
    carry_mailbox,
    carry_sign_up,
    drop,
    place_of,
    was_asked,
)
from portal.signup.check import check
from portal.signup.eligibility import Answers, Finding
from portal.signup.forms import CheckForm, DetailsForm, MailCodeForm, check_form
from portal.signup.mailbox import mailbox_behind
from portal.signup.models import SignUp, State
from portal.signup.progress import Part, done_of, next_part
from portal.signup.queries import application_of
from portal.signup.sign_up import ask_to_sign_up, confirm_sign_up, send_again, sign_up_of
from portal.signup.start import may_start, start_application
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import ANYONE, page
from portal.web.shell import adapters

bp = Blueprint("join", __name__)
STEP = Step.JOIN_APPLY
PAGES = {Part.CHECK: "join.check_again", Part.PHONE: "join.phone", Part.LICENCE: "join.licence", Part.PLAN: "join.plan",
         Part.PAYMENT: "join.payment", Part.REVIEW: "join.review"}


@bp.route("/join", methods=["GET", "POST"])
@page(STEP, who=ANYONE)
@limiter.limit("30/minute", methods=["POST"])
def start() -> Any:
    """The free check; whoever has begun goes on where they stopped. A member's link brings their code along."""
    if friend := request.args.get("friend"):
        carry_friend(friend)
    member = member_here()
    if member is not None and not may_start(member, now()):
        return redirect(where_now(member))
    form = check_form(carried(), policies_at(now())["join_violation"].value)
    if not form.validate_on_submit():
        return _check_page(form), form.page_status
    finding = check(answers=form.answers, member_id=member.id if member else None, now=now())
    if not finding.may_join:
        return _check_page(form, finding), 422
    if member is not None:
        start_application(member=member, answers=form.answers, now=now(), estimate=carried_estimate())
        drop()
        return redirect(url_for("join.start"))
    carry(form.answers)
    return redirect(url_for("join.details"))


def member_here() -> Member | None:
    """The member who is signed in, if any."""
    return current_user.member if current_user.is_authenticated else None


def where_now(member: Member) -> str:
    """The page on which this member goes on."""
    application = application_of(member.id)
    if member.status in (MemberStatus.CLOSED, MemberStatus.PAUSED):
        return url_for("membership.rejoin" if member.status == MemberStatus.CLOSED else "membership.show")
    if application is None:
        return url_for("site.home")
    if application.state != State.OPEN:
        return url_for("join.decision")
    return url_for(PAGES[next_part(done_of(application, texts=adapters().sms is not None))])


def _check_page(form: CheckForm, finding: Finding | None = None) -> str:
    ask = request.method == "GET" and not current_user.is_authenticated and not was_asked() and may_be_asked(now())
    if ask:
        asked_now()
    return render_template("portal/signup/check.html", form=form, finding=finding, policies=policies_at(now()), again=False,
                           before=_before_form() if ask else None)


def _before_form() -> BeforeForm:
    """The question before joining, in the words that are in force."""
    form = BeforeForm(formdata=None)
    form.means.label.text = wording_of(QUESTION, str(get_locale()), now()).question
    form.hope.label.text = HOPE_QUESTION[Stage.JOINING]
    return form


@bp.post("/join/before")
@page(Step.STAY_PULSE, who=ANYONE)
@limiter.limit("10/hour", methods=["POST"])
def before() -> Any:
    """What a visitor uses today and hopes for."""
    form = BeforeForm()
    if form.validate_on_submit() and not form.later:
        means, hope, heard = form.means.data, form.hope.data, form.heard.data
        tell_as_visitor(session_id=session["visit"], means=Means(means) if means else None, hope=Hope(hope) if hope else None,
                        heard=Heard(heard) if heard else None, words=form.words.data or "", seal=adapters().seal, now=now())
        flash(_("Thank you. Somebody reads every answer."), "ok")
    return redirect(url_for("join.start"))


def check_page_again(form: CheckForm, finding: Finding | None) -> str:
    """The same for somebody who changes what they answered."""
    return render_template("portal/signup/check.html", form=form, finding=finding, policies=policies_at(now()), again=True,
                           before=None)


@bp.route("/join/details", methods=["GET", "POST"])
@page(STEP, who=ANYONE)
@limiter.limit("20/hour", methods=["POST"])
def details() -> Any:
    """Name, address, number and password; on POST a code is mailed, whoever's address it is."""
    answers = carried()
    if member_here() is not None or answers is None:
        return redirect(url_for("join.start"))
    form = DetailsForm(data={"friend_code": carried_friend()})
    if not form.validate_on_submit():
        return render_template("portal/signup/details.html", form=form), form.page_status
    try:
        sign_up = _sign_up(form, answers)
    except Refusal as refusal:  # the page keeps what was typed, so the words go into it
        form.email.errors = [f"{refusal.says} {refusal.remedy}"]
        return render_template("portal/signup/details.html", form=form), refusal.status
    carry_sign_up(sign_up.id)
    return redirect(url_for("join.code"))


def _sign_up(form: DetailsForm, answers: Answers) -> SignUp:
    place = place_of(form.email.data, request.remote_addr or "")
    return ask_to_sign_up(email=form.email.data, name=form.name.data, phone=form.e164, password=form.password.data,
                          answers=answers, place=place, friend_code=form.friend_code.data or None, estimate=carried_estimate(),
                          now=now())


@bp.route("/join/code", methods=["GET", "POST"])
@page(STEP, who=ANYONE)
@limiter.limit("30/hour", methods=["POST"])
def code() -> Any:
    """The code from the mail; on POST there is an account, signed in here."""
    sign_up_id = carried_sign_up()
    sign_up = sign_up_of(sign_up_id) if sign_up_id else None
    if member_here() is not None or sign_up_id is None or sign_up is None:
        return redirect(url_for("join.start"))
    form = MailCodeForm()
    if not form.validate_on_submit():
        return _code_page(form, sign_up), form.page_status
    try:
        member = confirm_sign_up(sign_up_id=sign_up_id, code=form.code.data, secret=current_app.config["SECRET_KEY"], now=now())
    except Refusal as refusal:  # as above
        form.code.errors = [f"{refusal.says} {refusal.remedy}"]
        return _code_page(form, sign_up), refusal.status
    drop()
    invited = session.get(CARRIED)
    if was_asked():
        is_theirs_now(session_id=session["visit"], member_id=member.id, now=now())
    enter(begin_session(member.user, remember=False, device=device()), remember=False)
    _text_code(member)
    return redirect(url_for("drivers.invitation", invitation_token=invited) if invited else url_for("join.start"))


def _text_code(member: Member) -> None:
    """Text the code that the next page asks for; that page says it when it cannot be."""
    if adapters().sms is None or member.phone is None:
        return
    try:
        ask_for_code(member=member, number=member.phone, now=now())
    except Refusal as refusal:
        flash(f"{refusal.says} {refusal.remedy}", "warn")


def _code_page(form: MailCodeForm, sign_up: SignUp) -> str:
    return render_template("portal/signup/code.html", form=form, email=sign_up.email, press=PressForm(formdata=None),
                           minutes=policies_at(now())["mail_code"].value)


@bp.get("/join/mailbox/<signed>")
@page(STEP, who=ANYONE)
def mailbox(signed: str) -> Any:
    """From a mail with a code: this visit reads that mailbox, so what strangers asked for with its address counts no more."""
    email = mailbox_behind(signed, current_app.config["SECRET_KEY"])
    if email is None:
        raise NotFound()
    carry_mailbox(email)
    flash(_("That mailbox is yours. Ask for a code here, and it comes."), "ok")
    return redirect(url_for("join.code" if carried_sign_up() else "join.start"))


@bp.post("/join/code/again")
@page(STEP, who=ANYONE)
@limiter.limit("10/hour", methods=["POST"])
def code_again() -> Any:
    """Mail another code."""
    sign_up_id = carried_sign_up()
    sign_up = sign_up_of(sign_up_id) if sign_up_id else None
    if PressForm().validate_on_submit() and sign_up is not None:
        try:
            place = place_of(sign_up.email, request.remote_addr or "")
            carry_sign_up(send_again(sign_up_id=sign_up.id, place=place, now=now()).id)
            flash(_("Another code is on its way. The one before counts no more."), "ok")
        except Refusal as refusal:  # the page it came from says why
            flash(f"{refusal.says} {refusal.remedy}", "warn")
    return redirect(url_for("join.code"))
