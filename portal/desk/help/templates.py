"""The help desk's pages about answers that are often given."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from core.time import now
from portal.desk.help.blueprint import WHY, bp
from portal.desk.help.forms import TemplateForm
from portal.help.template import retire_template, templates_in_use, the_template, write_template
from portal.web.forms import PressForm
from portal.web.page import SUPPORT, page


@bp.route("/templates", methods=["GET", "POST"])
@page(who=SUPPORT, exempt=WHY)
def templates() -> Any:
    """Answers that are often given, and a new one."""
    form = TemplateForm()
    if form.validate_on_submit():
        write_template(name=form.name.data, words=form.words.data, by_user_id=current_user.id, now=now())
        flash(_("The template is kept."), "ok")
        return redirect(url_for("help_desk.templates"))
    return render_template("portal/desk/help/templates.html", form=form, found=templates_in_use()), form.page_status


@bp.route("/templates/<int(max=2147483647):template_id>", methods=["GET", "POST"])
@page(who=SUPPORT, exempt=WHY)
def template(template_id: int) -> Any:
    """Change a template, or take it out of use."""
    found = the_template(template_id)
    form = TemplateForm(name=found.name, words=found.words)
    if form.validate_on_submit():
        write_template(name=form.name.data, words=form.words.data, by_user_id=current_user.id, now=now(),
                       template_id=template_id)
        flash(_("The template is changed."), "ok")
        return redirect(url_for("help_desk.templates"))
    return render_template("portal/desk/help/template.html", form=form, template=found), form.page_status


@bp.post("/templates/<int(max=2147483647):template_id>/retire")
@page(who=SUPPORT, exempt=WHY)
def retire(template_id: int) -> Any:
    """Nobody chooses it any more."""
    if PressForm().validate_on_submit():
        retire_template(template_id=template_id, by_user_id=current_user.id, now=now())
        flash(_("Out of use. Answers that were sent stay as they are."), "ok")
    return redirect(url_for("help_desk.templates"))
