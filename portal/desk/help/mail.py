"""The help desk's page of mail that nobody could place."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.time import now
from portal.desk.help.blueprint import WHY, back_to, bp
from portal.desk.help.forms import LetInForm
from portal.desk.help.who import pids_by_email, sees_names
from portal.help.models import IncomingMail, MailState
from portal.help.take_mail import drop_mail, let_in
from portal.web.forms import PressForm
from portal.web.page import SUPPORT, page
from portal.web.shell import adapters


@bp.get("/mail")
@page(who=SUPPORT, exempt=WHY)
def mail() -> str:
    """Mail that nobody could place."""
    seal = adapters().seal
    rows = db.session.scalars(select(IncomingMail).where(IncomingMail.state == MailState.QUARANTINED)
                              .order_by(IncomingMail.at.desc()).limit(100)).all()
    found = [(each, seal.read(each.from_sealed), seal.read(each.subject_sealed), seal.read(each.words_sealed))
             for each in rows]
    names = sees_names(current_user.roles)
    return render_template("portal/desk/help/mail.html", found=found, form=LetInForm(formdata=None), names=names,
                           pids={} if names else pids_by_email([sender for _mail, sender, _subject, _words in found]),
                           mailbox=current_app.config["HELP_MAIL"])


@bp.post("/mail/<mail_id>/let-in")
@page(who=SUPPORT, exempt=WHY)
def let_mail_in(mail_id: str) -> Any:
    """Somebody of ours knows where it belongs."""
    form = LetInForm()
    if form.validate_on_submit():
        went = let_in(mail_id=mail_id, reference=form.reference.data, by_user_id=current_user.id, seal=adapters().seal,
                      now=now())
        return back_to(went.id)
    flash(_("Type the number of the conversation it belongs to. Nothing was changed."), "warn")
    return redirect(url_for("help_desk.mail"))


@bp.post("/mail/<mail_id>/drop")
@page(who=SUPPORT, exempt=WHY)
def drop(mail_id: str) -> Any:
    """Nobody is to read it."""
    if PressForm().validate_on_submit():
        drop_mail(mail_id=mail_id, by_user_id=current_user.id)
        flash(_("Dropped. Its words are gone."), "ok")
    return redirect(url_for("help_desk.mail"))
