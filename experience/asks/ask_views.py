"""Answering: on the page where a question stands, on its own page, and from a mail without signing in."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from core.database import db
from core.time import now
from experience.asks.add_why import add_why, may_say_why
from experience.asks.answer import answer_ask, answer_of, dismiss_ask, may_change, tell_before, the_ask
from experience.asks.around import car_and_day_of
from experience.asks.ask_forms import LATER, WHY, AnswerForm, BeforeForm
from experience.asks.before import HOPE_QUESTION
from experience.asks.errors import AskIsOver, LinkIsUsed, LinkUnreadable, OffTheScale
from experience.asks.here import ask_here, question_of, said_of
from experience.asks.in_message import InMessage
from experience.asks.in_message import asked_in as asked_in_message
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
TOLD = "told"  # in the session: what was answered in this visit by a mail's link


@bp.app_template_global()
def asked_in(message: Any) -> InMessage:
    """The question of one of the member's own messages."""
    return asked_in_message(message, me().id)


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
    return _show(ask, PAGE)


@bp.route("/asks/by-mail/<link>", methods=["GET", "POST"])
@page(Step.STAY_PULSE, who=ANYONE)
@limiter.limit("30/minute")
def by_mail(link: str) -> Any:
    """The question of a mail's link, for whoever has the mail: looking answers nothing, because mail programs look too."""
    ask = db.session.get(AskRow, read_link(link, current_app.config["SECRET_KEY"]))
    if ask is None or (current_user.is_authenticated and (
            current_user.member is None or current_user.member.id != ask.member_id)):
        raise LinkUnreadable()
    if request.method == "POST":
        return _take(ask, MAIL, url_for("asks.by_mail", link=link))
    return _show(ask, MAIL)


def _show(ask: AskRow, channel: str, form: Any = None) -> Any:
    """The question with what was tapped or answered chosen; once answered what was said. On the member's own page it can be
    changed for an hour; a mail's link is used up then, but for the reason in the same visit."""
    answer, question = answer_of(ask), question_of(ask)
    over = now() >= ask.expires_at or ask.state == AskState.DISMISSED
    if ask.state != AskState.ANSWERED and over:
        raise AskIsOver()
    fresh, by_mail = answer is not None and may_change(answer, now()), channel == MAIL
    open_still = ask.state != AskState.ANSWERED or (fresh and not by_mail)
    why = by_mail and answer is not None and session.get(TOLD) == ask.id.hex and may_say_why(answer, now())
    tapped = request.args.get("answer", "")
    chosen = tapped if tapped.isdecimal() else answer.value if answer else ""
    before = None if ask.metric else form or before_form(ask)
    return render_template(
        "experience/asks/question.html", ask=ask, question=question, trip=car_and_day_of(ask), open_still=open_still,
        said=said_of(answer) if answer else "", by_mail=by_mail, fresh=fresh, chosen=str(chosen), later=LATER,
        why=WHY if why else "", before=before, form=form or AnswerForm(formdata=None),
        answered=ask.state == AskState.ANSWERED), form.page_status if form else 200


def _take(ask: AskRow, channel: str, back: str) -> Any:
    form = AnswerForm() if ask.metric else before_form(ask)
    if not form.validate_on_submit():
        return _show(ask, channel, form)
    if ask.metric and form.says_why:
        _say_why(ask, form, channel)
    elif form.later:
        dismiss_ask(ask_id=ask.id, channel=channel, now=now())
    elif ask.metric:
        answer_ask(ask_id=ask.id, value=int(form.answer.data), words=form.words.data or "", channel=channel,
                   locale=str(get_locale()), seal=adapters().seal, now=now())
    else:
        _tell(ask, form, channel)
    if channel == MAIL:
        session[TOLD] = ask.id.hex
    if request.headers.get("X-Requested-With") == "steps":
        return "", 204
    flash(_("All right. We leave you in peace.") if form.later else _("Thank you. Somebody reads every answer."), "ok")
    if form.page.data:
        return redirect(our_page(form.page.data))
    return redirect(url_for("site.home") if form.later else back)


def _say_why(ask: AskRow, form: AnswerForm, channel: str) -> None:
    """By a mail's link only in the visit in which it was answered."""
    if channel == MAIL and session.get(TOLD) != ask.id.hex:
        raise LinkIsUsed()
    add_why(ask_id=ask.id, words=form.words.data or "", seal=adapters().seal, now=now())


def _tell(ask: AskRow, form: BeforeForm, channel: str) -> None:
    means, hope, heard = form.means.data, form.hope.data, form.heard.data if "heard" in form else None
    if not SOLICITATIONS[ask.solicitation].stage:
        raise OffTheScale()
    tell_before(ask_id=ask.id, means=Means(means) if means else None, hope=Hope(hope) if hope else None,
                heard=Heard(heard) if heard else None, words=form.words.data or "", channel=channel,
                session_id=session.get("visit"), seal=adapters().seal, now=now())
