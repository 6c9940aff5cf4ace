"""The fleet desk's list of fobs: who waits for one, who has which, and the deeds: issue, block, take back."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased
from wtforms import StringField, ValidationError
from wtforms.validators import DataRequired, Length

from core.refusal import NotFound, Refusal
from core.time import now
from fleet.telematics.fobs import fob_number
from portal.account.models import Member, User
from portal.web.forms import Form, PressForm
from portal.web.listing import Asked, every_row, listed
from portal.web.page import FLEET, page
from portal.web.shell import adapters
from portal.web.spreadsheet import table
from reservations.fob.issue import block_fob, hand_in_fob, issue_fob
from reservations.fob.models import Fob, FobState, FobWhy
from reservations.fob.words import STATES, WHYS

bp = Blueprint("fleet_fobs", __name__, url_prefix="/fleet/fobs")
STAFF = "staff desk: fleet managers are not on a member's journey"
HEADS = ("id", "who", "state", "asked_at", "fee_cents", "ends_in", "issued_at", "issued_by", "blocked_at", "why",
         "handed_in_at")
Who, Issuer = aliased(User), aliased(User)


@dataclass(frozen=True)
class Fobs(Asked):
    """Every fob with whose it is; what is to be issued unless asked otherwise."""

    show: str = "wanted"

    SHOWS: ClassVar = {
        "wanted": lambda _asked: Fob.state == FobState.WANTED,
        "issued": lambda _asked: Fob.state == FobState.ISSUED,
        "blocked": lambda _asked: Fob.state == FobState.BLOCKED,
        "all": lambda _asked: Fob.id.is_not(None),
    }
    USUAL: ClassVar = "asked"
    SORTS: ClassVar = {"asked": [Fob.wanted_at, Fob.id], "who": [Who.name, Fob.id], "issued": [Fob.issued_at, Fob.id]}

    def rows(self) -> Select[Any]:
        return (select(Fob.id, Fob.state, Fob.wanted_at, Fob.fee_cents, Fob.last_four, Fob.issued_at, Fob.blocked_at, Fob.why,
                       Fob.handed_in_at, Who.name.label("who"), Issuer.name.label("issuer"))
                .join(Member, Member.id == Fob.member_id).join(Who, Who.id == Member.user_id)
                .outerjoin(Issuer, Issuer.id == Fob.issued_by_id))

    def wanted(self) -> list[ColumnElement[bool]]:
        found = super().wanted()
        if self.q:
            found.append(or_(Who.name.icontains(self.q, autoescape=True), Who.email.icontains(self.q, autoescape=True),
                             Fob.last_four == self.q.upper()))
        return found


class NumberForm(Form):
    """The number that is printed on the fob."""

    number = StringField(_l("Number printed on it"), validators=[
        DataRequired(_l("Type the number that is printed on the fob.")), Length(max=40, message=_l("That is too long."))],
                         render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})

    def validate_number(self, typed: Any) -> None:
        try:
            typed.data = fob_number(typed.data or "")
        except ValueError as error:
            raise ValidationError(_("Type 8 to 16 of the digits 0 to 9 and A to F.")) from error


@bp.get("")
@page(who=FLEET, exempt=STAFF)
def fobs() -> str:
    """What is to be issued, the longest wait first."""
    return _page(None, NumberForm(formdata=None))


@bp.get("/fobs.csv")
@page(who=FLEET, exempt=STAFF)
def fobs_csv() -> Any:
    """The same for a spreadsheet; times are in UTC."""
    rows = every_row(Fobs.read(request.args))
    return table("fobs.csv", HEADS, ([row.id, row.who, row.state, _at(row.wanted_at), row.fee_cents, row.last_four,
                                      _at(row.issued_at), row.issuer, _at(row.blocked_at), row.why, _at(row.handed_in_at)]
                                     for row in rows))


@bp.post("/<uuid:fob_id>/issue")
@page(who=FLEET, exempt=STAFF)
def issue(fob_id: UUID) -> Any:
    """Hand it out with its number; one that is mistyped comes back with what was typed."""
    form = NumberForm()
    if not form.validate_on_submit():
        return _page(fob_id, form), form.page_status
    try:
        issue_fob(fob_id=fob_id, number=form.number.data, by_user_id=current_user.id, seal=adapters().seal,
                  now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        form.number.errors = [f"{refusal.says} {refusal.remedy}"]
        return _page(fob_id, form), refusal.status
    flash(_("Issued. Its member is told to pick it up at the office, and it opens their booked car from now on."), "ok")
    return redirect(url_for("fleet_fobs.fobs"))


@bp.post("/<uuid:fob_id>/block")
@page(who=FLEET, exempt=STAFF)
def block(fob_id: UUID) -> Any:
    """Have it open nothing any more."""
    return _press(lambda: block_fob(fob_id=fob_id, why=FobWhy.STAFF, by_user_id=current_user.id, now=now()),
                  _("Blocked, at every car. Its member is told."))


@bp.post("/<uuid:fob_id>/hand-in")
@page(who=FLEET, exempt=STAFF)
def hand_in(fob_id: UUID) -> Any:
    """It is back with us."""
    return _press(lambda: hand_in_fob(fob_id=fob_id, now=now()), _("Back with us. It opens nothing any more."))


def _press(deed: Any, said: str) -> Any:
    if PressForm().validate_on_submit():
        try:
            deed()
        except NotFound:
            raise
        except Refusal as refusal:
            flash(f"{refusal.says} {refusal.remedy}", "warn")
        else:
            flash(said, "ok")
    return redirect(url_for("fleet_fobs.fobs", show=request.args.get("show", "")))


def _page(issuing: UUID | None, form: NumberForm) -> str:
    """The list; `issuing`: which of its forms was stopped."""
    found = listed(Fobs.read(request.args), "fleet_fobs.fobs", [
        ("asked", _("Asked"), False), ("who", _("Who"), False), ("", _("State"), False), ("", _("Number"), False),
        ("issued", _("Issued"), False), ("", _("What to do"), False)])
    return render_template("fleet/desk/fobs.html", found=found, form=form, issuing=issuing, STATES=STATES,
                           WHYS=WHYS)


def _at(moment: Any) -> str:
    return moment.isoformat() if moment else ""
