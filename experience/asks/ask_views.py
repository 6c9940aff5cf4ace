"""Answering: on the page where a question stands, on its own page, and from a mail without signing in."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from core.refusal import NotFound
from core.time import now
from experience.asks.answer import (
    AskIsOver,
    OffTheScale,
    answer_ask,
    answer_of,
    dismiss_ask,
    may_change,
    tell_before,
    the_ask,
)
from experience.asks.ask_forms import LATER, AnswerForm, BeforeForm
from experience.asks.before import HOPE_QUESTION
from experience.asks.here import ask_here, question_of
from experience.asks.links import read_link
from experience.asks.models import AskRow, AskState, Heard, Hope, Means, Stage
from experience.asks.solicitations import MAIL, PAGE, SOLICITATIONS
from experience.asks.views import our_page
from experience.journey import Step
from portal.web.limits import limiter
from portal.web.page import ANYONE, MEMBERS, me, page
from portal.web.shell import adapters

bp = Blueprint("asks", __name__)
bp.add_app_template_global(ask_here)


@bp.app_template_global()
def before_form(ask: AskRow) -> BeforeForm:
    """The form about before and after us, in the words of its stage."""
    form, stage = BeforeForm(), Stage(SOLICITATIONS[ask.solicitation].stage)
    form.means.label.text, form.hope.label.text = question_of(ask).wording.question, HOPE_QUESTION[stage]
    if stage is not Stage.JOINING:
        del form.heard
    return form


@bp.route("/asks/<uuid:ask_id>", methods=["GET", "POST"])
@page(Step.STAY_PULSE, who=MEMBERS)
@limiter.limit("30/minute", methods=["POST"])
def own(ask_id: UUID) -> Any:
    """The member's own question on a page of its own; what is tapped on another page is sent here too."""
    ask = the_ask(ask_id, me().id)
    if request.method == "POST":
        return _take(ask, PAGE, url_for("asks.own", ask_id=ask_id))
    return _show(ask)


@bp.route("/asks/by-mail/<link>", methods=["GET", "POST"])
@page(Step.STAY_PULSE, who=ANYONE)
@limiter.limit("30/minute")
def by_mail(link: str) -> Any:
    """The question of a mail's link, for whoever has the mail: looking answers nothing, because mail programs look too."""
    ask = the_ask(read_link(link, current_app.config["SECRET_KEY"]))
    if current_user.is_authenticated and (current_user.member is None or current_user.member.id != ask.member_id):
        raise NotFound()
    if request.method == "POST":
        return _take(ask, MAIL, url_for("asks.by_mail", link=link))
    return _show(ask)


def _show(ask: AskRow, form: Any = None) -> Any:
    """The question with what was tapped or answered chosen; once answered thanks, and for an hour the way to change it."""
    answer, question = answer_of(ask), question_of(ask)
    over = now() >= ask.expires_at or ask.state == AskState.DISMISSED
    if ask.state != AskState.ANSWERED and over:
        raise AskIsOver()
    open_still = (answer is None and ask.state != AskState.ANSWERED) or (answer is not None and may_change(answer, now()))
    tapped = request.args.get("answer", "")
    chosen = tapped if tapped.isdecimal() else answer.value if answer else ""
    before = None if ask.metric else form or before_form(ask)
    return render_template("experience/asks/question.html", ask=ask, question=question, answer=answer, open_still=open_still,
                           chosen=str(chosen), later=LATER, before=before, form=form or AnswerForm(formdata=None),
                           answered=ask.state == AskState.ANSWERED), form.page_status if form else 200


def _take(ask: AskRow, channel: str, back: str) -> Any:
    form = AnswerForm() if ask.metric else before_form(ask)
    if not form.validate_on_submit():
        return _show(ask, form)
    if form.later:
        dismiss_ask(ask_id=ask.id, channel=channel, now=now())
    elif ask.metric:
        answer_ask(ask_id=ask.id, value=int(form.answer.data), words=form.words.data or "", channel=channel,
                   locale=str(get_locale()), seal=adapters().seal, now=now())
    else:
        _tell(ask, form, channel)
    if request.headers.get("X-Requested-With") == "steps":
        return "", 204
    flash(_("All right. We leave you in peace.") if form.later else _("Thank you. Somebody reads every answer."), "ok")
    if form.page.data:
        return redirect(our_page(form.page.data))
    return redirect(url_for("site.home") if form.later else back)


def _tell(ask: AskRow, form: BeforeForm, channel: str) -> None:
    means, hope, heard = form.means.data, form.hope.data, form.heard.data if "heard" in form else None
    if not SOLICITATIONS[ask.solicitation].stage:
        raise OffTheScale()
    tell_before(ask_id=ask.id, means=Means(means) if means else None, hope=Hope(hope) if hope else None,
                heard=Heard(heard) if heard else None, words=form.words.data or "", channel=channel,
                session_id=session.get("visit"), seal=adapters().seal, now=now())
