"""The help desk's pages: the queue, a conversation, templates, and mail that nobody could place."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectChoice

from core.database import db
from core.refusal import NotFound, Refusal
from core.time import now
from experience.journey import STEPS, Step
from fleet.cars.models import Car
from fleet.lots.models import Lot
from portal.account.models import Member, User
from portal.desk.help.forms import (
    AnswerForm,
    CallForm,
    HandOverForm,
    LetInForm,
    MergeForm,
    NoteForm,
    PressForm,
    SeenForm,
    TakeForm,
    TemplateForm,
)
from portal.desk.help.queue import Conversations, by_words, earlier_of, helpers, others_of
from portal.help.call import called
from portal.help.entries import newest_entry, opened
from portal.help.merge import merge
from portal.help.models import OPEN, CallState, Conversation, IncomingMail, Kind, MailState, Status
from portal.help.note import add_note
from portal.help.praise import pass_on
from portal.help.queries import said_in
from portal.help.reply import reply_to
from portal.help.solve import solve, take_up_again
from portal.help.take import hand_over, take
from portal.help.take_mail import drop_mail, let_in
from portal.help.template import HOLES, count_use, fill, retire_template, templates_in_use, the_template, write_template
from portal.help.words import events_in_words, step_label
from portal.web import say
from portal.web.listing import listed
from portal.web.page import SUPPORT, page
from portal.web.shell import adapters
from reservations.booking.models import Reservation

bp = Blueprint("help_desk", __name__, url_prefix="/office/help")
WHY = "staff desk: whoever answers is not on a member's journey"


@bp.context_processor
def _words() -> dict[str, Any]:
    """What the desk's templates count and call."""
    return {"HOLES": HOLES, "OPEN": OPEN}


@bp.get("/")
@page(who=SUPPORT, exempt=WHY)
def queue() -> str:
    """What waits for an answer, by the time we promised."""
    asked = Conversations.read(request.args, now=now(), user_id=current_user.id)
    columns = [("due", _("Answer by"), False), ("", _("From"), False), ("", _("About"), False), ("", _("Last word"), False),
               ("", _("Looked after by"), False), ("last", _("Last"), False), ("", _("Stands"), False)]
    found, in_words = listed(asked, "help_desk.queue", columns), False
    if asked.q and not found.total:  # nobody and nothing is called that: look into the newest page's words
        in_words = True
        found = listed(Conversations.read(request.args, now=now(), user_id=current_user.id, among=by_words(
            asked, adapters().seal)), "help_desk.queue", columns)
    seal = adapters().seal
    words = {row.Conversation.id: opened(row.sealed, seal) for row in found.rows}
    return render_template("portal/desk/help/queue.html", found=found, words=words, at=now(), helpers=helpers(),
                           in_words=in_words, step_label=step_label)


def _the(conversation_id: UUID) -> Conversation:
    found = db.session.get(Conversation, conversation_id)
    if found is None:
        raise NotFound(conversation_id=conversation_id)
    return found


@bp.get("/<uuid:conversation_id>")
@page(who=SUPPORT, exempt=WHY)
def conversation(conversation_id: UUID) -> Any:
    """One conversation, with what is known around it."""
    found = _the(conversation_id)
    if found.merged_into_id:
        return redirect(url_for("help_desk.conversation", conversation_id=found.merged_into_id))
    return _thread(found, AnswerForm(formdata=None, seen=newest_entry(found.id)))


@bp.post("/<uuid:conversation_id>/answer")
@page(who=SUPPORT, exempt=WHY)
def answer(conversation_id: UUID) -> Any:
    """Send an answer, and solve it with the same press if it is; or put a template in. Nothing typed is ever lost."""
    found, form = _the(conversation_id), AnswerForm()
    valid = form.validate_on_submit()
    if form.insert.data:
        return _with_template(found, form)
    if not valid:
        return _thread(found, form), form.page_status
    try:
        reply_to(conversation_id=found.id, words=form.words.data, by_user_id=current_user.id, seal=adapters().seal, now=now(),
                 seen=form.seen.data, once=form.once.data)
        if form.solve.data:
            solve(conversation_id=found.id, by_user_id=current_user.id, now=now())
    except NotFound:
        raise
    except Refusal as refusal:  # the page keeps what was typed, and shows what was written meanwhile
        db.session.expire_all()
        form.words.errors, form.seen.data = [f"{refusal.says} {refusal.remedy}"], newest_entry(found.id)
        form.seen.raw_data = None
        return _thread(_the(conversation_id), form), refusal.status
    flash(_("Your answer is on its way, and it is solved.") if form.solve.data else _("Your answer is on its way."), "ok")
    return redirect(url_for("help_desk.queue"))


def _with_template(found: Conversation, form: AnswerForm) -> Any:
    chosen = the_template(int(form.template.data)) if (form.template.data or "").isdecimal() else None
    if chosen is not None:
        form.words.data = "\n\n".join(part for part in (form.words.data, fill(chosen.words, _values(found))) if part)
        count_use(template_id=chosen.id)
    form.words.errors = form.seen.errors = form.once.errors = []
    return _thread(found, form)


def _values(found: Conversation) -> dict[str, str]:
    """What fills the holes of a template."""
    trip = db.session.get(Reservation, found.reservation_id or 0)
    member, car = db.session.get(Member, found.member_id or 0), db.session.get(Car, found.car_id or 0)
    lot = db.session.get(Lot, found.lot_id or 0)
    return {"first_name": member.first_name if member else "", "car": car.name if car else "",
            "plate": car.plate if car else "", "lot": lot.name if lot else "", "reference": found.reference,
            "me": current_user.name.split()[0], "trip_start": say.moment(trip.starts_at, trip.car.lot.zone) if trip else "",
            "trip_end": say.moment(trip.ends_at, trip.car.lot.zone) if trip else ""}


@bp.post("/<uuid:conversation_id>/note")
@page(who=SUPPORT, exempt=WHY)
def note(conversation_id: UUID) -> Any:
    """A word among ourselves."""
    found, form = _the(conversation_id), NoteForm()
    if not form.validate_on_submit():
        return _thread(found, AnswerForm(formdata=None, seen=newest_entry(found.id)), note_form=form), form.page_status
    add_note(conversation_id=found.id, words=form.inside.data, by_user_id=current_user.id, seal=adapters().seal, now=now())
    flash(_("The note is kept. Only we see it."), "ok")
    return _back(found.id)


@bp.post("/<uuid:conversation_id>/take")
@page(who=SUPPORT, exempt=WHY)
def take_it(conversation_id: UUID) -> Any:
    """It is mine now."""
    form = TakeForm()
    if form.validate_on_submit():
        take(conversation_id=conversation_id, by_user_id=current_user.id, now=now(), instead_of=form.instead_of.data)
        flash(_("You look after it now."), "ok")
    return _back(conversation_id)


@bp.post("/<uuid:conversation_id>/hand-over")
@page(who=SUPPORT, exempt=WHY)
def hand_on(conversation_id: UUID) -> Any:
    """A colleague looks after it now."""
    form = _hand_over_form()
    if form.validate_on_submit():
        hand_over(conversation_id=conversation_id, by_user_id=current_user.id, to_user_id=form.to.data,
                  note=form.word.data or "", seal=adapters().seal, now=now())
        flash(_("Handed over."), "ok")
        return redirect(url_for("help_desk.queue"))
    flash(_("Choose a colleague from the list. Nothing was changed."), "warn")
    return _back(conversation_id)


@bp.post("/<uuid:conversation_id>/merge")
@page(who=SUPPORT, exempt=WHY)
def bring_together(conversation_id: UUID) -> Any:
    """Two about one matter become one."""
    found = _the(conversation_id)
    form = _merge_form(found)
    if form.validate_on_submit():
        merge(conversation_id=found.id, into_id=UUID(form.into.data), by_user_id=current_user.id, now=now())
        flash(_("Brought together."), "ok")
        return _back(UUID(form.into.data))
    flash(_("Choose one from the list. Nothing was changed."), "warn")
    return _back(found.id)


@bp.post("/<uuid:conversation_id>/solve")
@page(who=SUPPORT, exempt=WHY)
def solve_it(conversation_id: UUID) -> Any:
    """It needs no answer any more."""
    form = SeenForm()
    if form.validate_on_submit():
        solve(conversation_id=conversation_id, by_user_id=current_user.id, now=now(), seen=form.seen.data)
        flash(_("Solved. The member’s next word within 14 days opens it again."), "ok")
        return redirect(url_for("help_desk.queue"))
    return _back(conversation_id)


@bp.post("/<uuid:conversation_id>/reopen")
@page(who=SUPPORT, exempt=WHY)
def reopen_it(conversation_id: UUID) -> Any:
    """It was not solved after all."""
    if PressForm().validate_on_submit():
        take_up_again(conversation_id=conversation_id, by_user_id=current_user.id, now=now())
        flash(_("Taken up again. You look after it."), "ok")
    return _back(conversation_id)


@bp.post("/<uuid:conversation_id>/called")
@page(who=SUPPORT, exempt=WHY)
def call_made(conversation_id: UUID) -> Any:
    """How the call went."""
    form = CallForm()
    if form.validate_on_submit() and form.reached.data in ("yes", "no"):
        reached = form.reached.data == "yes"
        called(conversation_id=conversation_id, reached=reached, by_user_id=current_user.id, now=now())
        flash(_("Noted: you spoke with them.") if reached else _("Noted: not reached. They see that you tried."), "ok")
    return _back(conversation_id)


@bp.post("/<uuid:conversation_id>/pass-on")
@page(who=SUPPORT, exempt=WHY)
def praise(conversation_id: UUID) -> Any:
    """Let those who look after the car or lot read the praise."""
    if PressForm().validate_on_submit():
        pass_on(conversation_id=conversation_id, by_user_id=current_user.id, now=now())
        flash(_("Passed on: it stands on the car’s page of the fleet desk."), "ok")
    return _back(conversation_id)


def _back(conversation_id: UUID) -> Any:
    return redirect(url_for("help_desk.conversation", conversation_id=conversation_id))


def _hand_over_form(**given: Any) -> HandOverForm:
    form = HandOverForm(**given)
    form.to.choices = [SelectChoice(user_id, name) for user_id, name in helpers() if user_id != current_user.id]
    return form


def _merge_form(found: Conversation, **given: Any) -> MergeForm:
    form = MergeForm(**given)
    form.into.choices = [SelectChoice(str(each.id), f"{each.reference}, {say.moment(each.last_at)}")
                         for each in others_of(found)]
    return form


def _thread(found: Conversation, form: AnswerForm, note_form: NoteForm | None = None) -> str:
    seal = adapters().seal
    form.template.choices = [SelectChoice("", _("Choose a template")),
                             *(SelectChoice(str(each.id), each.name) for each in templates_in_use())]
    member, trip = db.session.get(Member, found.member_id or 0), db.session.get(Reservation, found.reservation_id or 0)
    return render_template(
        "portal/desk/help/conversation.html", conversation=found, said=said_in(found, seal, internal=True), form=form,
        note_form=note_form or NoteForm(formdata=None), member=member, mail=opened(found.visitor_sealed, seal), trip=trip,
        car=db.session.get(Car, found.car_id or 0), lot=db.session.get(Lot, found.lot_id or 0), at=now(),
        zone=trip.car.lot.zone if trip else say.CITY_ZONE, owner=db.session.get(User, found.owner_id or 0),
        mine=found.owner_id == current_user.id, phone=opened(found.phone_sealed, seal), told=events_in_words(found.last_events),
        step_words=step_label(found.step), hand_over_form=_hand_over_form(formdata=None),
        merge_form=_merge_form(found, formdata=None), others=others_of(found), earlier=earlier_of(found),
        call_open=found.call_state in (CallState.WANTED, CallState.NOT_REACHED), is_open=found.status in OPEN,
        solved=found.status == Status.SOLVED, praised=found.kind == Kind.COMPLIMENT,
        known_step=Step(found.step) if found.step in set(Step) else None, STEPS=STEPS)


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


@bp.get("/mail")
@page(who=SUPPORT, exempt=WHY)
def mail() -> str:
    """Mail that nobody could place."""
    seal = adapters().seal
    rows = db.session.scalars(select(IncomingMail).where(IncomingMail.state == MailState.QUARANTINED)
                              .order_by(IncomingMail.at.desc()).limit(100)).all()
    found = [(each, opened(each.from_sealed, seal), opened(each.subject_sealed, seal), opened(each.words_sealed, seal))
             for each in rows]
    return render_template("portal/desk/help/mail.html", found=found, form=LetInForm(formdata=None),
                           mailbox=current_app.config["HELP_MAIL"])


@bp.post("/mail/<mail_id>/let-in")
@page(who=SUPPORT, exempt=WHY)
def let_mail_in(mail_id: str) -> Any:
    """Somebody of ours knows where it belongs."""
    form = LetInForm()
    if form.validate_on_submit():
        went = let_in(mail_id=mail_id, reference=form.reference.data, by_user_id=current_user.id, seal=adapters().seal,
                      now=now())
        return _back(went.id)
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
