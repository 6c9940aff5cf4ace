"""After it was sent: where it stands, the reasons, the appeal, and withdrawing."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from fleet.tariffs.in_force import policies_at
from portal.account.models import Member, MemberStatus
from portal.billing.ledger.models import LedgerRow
from portal.billing.membership.charge import fee_of_month
from portal.billing.membership.months import month_begin
from portal.billing.payers.how_paid import how_paid
from portal.signup.appeal import appeal as take_appeal
from portal.signup.appeal import may_appeal, withdraw_application
from portal.signup.forms import AppealForm
from portal.signup.models import STILL_GOING, Application, State
from portal.signup.queries import application_of, my_application
from portal.signup.reasons import OF_THE_LICENCE, REASONS, Reason
from portal.signup.start import may_start
from portal.signup.submit import journey_of
from portal.signup.views import bp, where_now
from portal.web.forms import PressForm
from portal.web.limits import limiter
from portal.web.page import MEMBERS, me, of_journey, page, this_is
from portal.web.say import CITY_ZONE
from portal.web.shell import adapters

STEP = Step.JOIN_DECISION


@bp.get("/join/decision")
@page(STEP, who=MEMBERS)
def decision() -> Any:
    """Where it stands."""
    application = application_of(me().id)
    if application is None or application.state == State.OPEN:
        return redirect(where_now(me()) if application is not None else url_for("join.start"))
    return _decision(application, AppealForm(formdata=None))


def _decision(application: Application, form: AppealForm) -> Any:
    if application.state == State.SUBMITTED:
        of_journey(journey_of(application))
    else:
        this_is(None)  # reading it once more: the step ended when it was decided
    answer = adapters().seal.read(application.answer_sealed) if application.answer_sealed else ""
    return render_template(
        "portal/signup/decision.html", application=application, member=me(), form=form, press=PressForm(formdata=None),
        reasons=[REASONS[Reason(each)] for each in application.reasons], may_appeal=may_appeal(application),
        of_licence=not OF_THE_LICENCE.isdisjoint(application.reasons),
        may_start=may_start(me(), now()), answer=answer, at=now(), zone=CITY_ZONE, pays=how_paid(me().id, now()),
        active=_drives(me()), first_fee=_first_fee(application), fee_from=_next_month(application),
        days=policies_at(now())["join_again"].value), form.page_status


def _drives(member: Member) -> bool:
    """Whether they can book today."""
    until = member.licence_until
    return member.status == MemberStatus.ACTIVE and until is not None and until >= now().astimezone(CITY_ZONE).date()


def _first_fee(application: Application) -> LedgerRow | None:
    """What was charged when it was approved."""
    return fee_of_month(application.member_id, application.decided_at, CITY_ZONE) if application.decided_at else None


def _next_month(application: Application) -> datetime:
    """From when on whole months cost, once it is approved."""
    return month_begin(application.decided_at or now(), CITY_ZONE, 1)


@bp.post("/join/appeal")
@page(STEP, who=MEMBERS)
@limiter.limit("10/hour", methods=["POST"])
def appeal() -> Any:
    """Against a refusal: once, and somebody else looks."""
    application, form = my_application(me().id), AppealForm()
    if not form.validate_on_submit():
        return _decision(application, form)
    take_appeal(application=application, words=form.words.data, seal=adapters().seal, now=now())
    flash(_("We have your appeal. Somebody who did not decide the first time looks at it."), "ok")
    return redirect(url_for("join.decision"))


@bp.app_template_global()
def may_withdraw() -> bool:
    """Whether whoever is asking has an application that is not decided."""
    application = application_of(me().id)
    return application is not None and application.state in STILL_GOING


@bp.post("/join/withdraw")
@page(STEP, who=MEMBERS)
def withdraw() -> Any:
    """End the application without a decision."""
    if PressForm().validate_on_submit():
        withdraw_application(application=my_application(me().id), now=now())
        flash(_("Your application is withdrawn. You can begin again at any time."), "ok")
    return redirect(url_for("join.start"))
