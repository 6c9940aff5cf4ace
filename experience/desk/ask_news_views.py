"""The news that the CX team sends: first whom the gate would let them through to, then sent, each decided when it goes."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from flask_login import current_user

from core.refusal import NotFound
from core.time import now
from experience.asks.mailing import send_news
from experience.asks.solicitations import SENT_BY_HAND, SOLICITATIONS, Solicitation
from experience.asks.wording import delivered, versions_of, wording_of
from experience.desk.ask_audience import size_of
from experience.desk.ask_news_form import NewsForm
from experience.desk.ask_views import WHY, bp
from experience.desk.asks import Mailings, would_get
from experience.desk.filters import page_number
from experience.desk.pages import page_of
from portal.web.page import CX, page


@bp.get("/news")
@page(who=CX, exempt=WHY)
def news() -> str:
    """What may be sent, and what was."""
    return render_template("experience/desk/asks/news.html", kinds=[SOLICITATIONS[key] for key in SENT_BY_HAND],
                           mailings=page_of(Mailings(), page_number(request.args), endpoint=".news"))


@bp.get("/news/<solicitation>")
@page(who=CX, exempt=WHY)
def news_for(solicitation: str) -> Any:
    """Choose an audience; with one in the address: how many of it the gate would let through now."""
    what = _sent_by_hand(solicitation)
    form, found = _form(what, formdata=None), None
    if request.args.get("try"):
        form = _form(what, formdata=request.args, meta={"csrf": False})
        if form.validate():
            found = would_get(what, form.version.data, form.audience, now())
    return _page(what, form, found)


@bp.post("/news/<solicitation>")
@page(who=CX, exempt=WHY)
def send(solicitation: str) -> Any:
    """Send them."""
    what = _sent_by_hand(solicitation)
    form = _form(what)
    if not form.validate_on_submit():
        return _page(what, form, None)
    send_news(solicitation=what.key, version=form.version.data, audience=form.audience.as_json(), by_user_id=current_user.id,
              once=form.once.data, now=now())
    flash(ngettext("On its way to %(num)d member, if the gate lets it through.",
                   "On its way to %(num)d members, as far as the gate lets it through.",
                   size_of(form.audience, what.key, now())), "ok")
    return redirect(url_for(".news"))


def _sent_by_hand(key: str) -> Solicitation:
    if key not in SENT_BY_HAND:
        raise NotFound(solicitation=key)
    return SOLICITATIONS[key]


def _form(what: Solicitation, **given: Any) -> NewsForm:
    locale = current_app.config["BABEL_DEFAULT_LOCALE"]
    return NewsForm(data={"version": wording_of(what.key, locale, now()).version}, **given)


def _page(what: Solicitation, form: NewsForm, found: Any) -> Any:
    locale = current_app.config["BABEL_DEFAULT_LOCALE"]
    words = [*((row.version, row.question, row.body) for row in versions_of(what.key, locale)),
             (1, delivered(what, locale).question, delivered(what, locale).body)]
    chosen = {name: value for name, value in form.data.items() if name not in ("once", "csrf_token")}
    sent = NewsForm(formdata=None, data=chosen) if found is not None else None
    return render_template("experience/desk/asks/news_for.html", what=what, form=form, found=found, words=words, sent=sent,
                           left=what.key == "win_back", title=what.label), form.page_status
