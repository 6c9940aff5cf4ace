"""Suggesting a lot or a car, sharing somebody's wish, and the operator's answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import db, transaction
from core.ids import new_id
from core.outbox import post
from core.refusal import NotFound
from core.sealed import Seal
from experience.journey import Step
from experience.record.observe import observe
from fleet.cars.where import metres_apart
from fleet.lots.models import Lot
from portal.account.models import Member
from portal.help.suggestions.models import Suggestion, SuggestionState, SuggestionVote, Wanted

_VOTE = {"postgresql": postgresql.insert(SuggestionVote.__table__).on_conflict_do_nothing(),
         "sqlite": sqlite.insert(SuggestionVote.__table__).on_conflict_do_nothing()}
_SUGGEST = {"postgresql": postgresql.insert(Suggestion.__table__).on_conflict_do_nothing(),
            "sqlite": sqlite.insert(Suggestion.__table__).on_conflict_do_nothing()}
STILL_OPEN = (SuggestionState.OPEN, SuggestionState.PLANNED)


def nearest_lot(lat: float, lng: float) -> Lot:
    """The lot nearest to a place: its neighbourhood is what we keep of an address. Raises NotFound without any lot."""
    lots = db.session.scalars(select(Lot)).all()
    if not lots:
        raise NotFound()
    return min(lots, key=lambda lot: metres_apart(lat, lng, lot.lat, lot.lng))


def suggest(*, member: Member, wanted: Wanted, lot: Lot, car_class: str | None, words: str, seal: Seal,
            now: datetime) -> Suggestion:
    """Keep the wish, or share it when somebody had it before: two of the same are one with two votes."""
    wish = f"lot:{lot.neighbourhood}" if wanted is Wanted.LOT else f"car:{lot.id}:{car_class}"
    with observe(Step.HELP_CONTACT, member=member) as seen, transaction():
        seen.note(kind="suggestion", lot_id=lot.id, **({"car_class": car_class} if car_class else {}))
        db.session.execute(_SUGGEST[db.engine.dialect.name], {
            "id": new_id(), "at": now, "by_member_id": member.id, "wanted": str(wanted), "neighbourhood": lot.neighbourhood,
            "lot_id": lot.id, "car_class": car_class, "wish": wish, "words_sealed": seal.close_words(words) if words else None,
            "state": str(SuggestionState.OPEN)})
        found = db.session.scalars(select(Suggestion).where(
            Suggestion.wish == wish, Suggestion.state.in_(STILL_OPEN))).one()
        vote(member=member, suggestion_id=found.id, wants=True, now=now)
    return found


def vote(*, member: Member, suggestion_id: UUID, wants: bool, now: datetime) -> None:
    """Share a wish, or withdraw that; once each. Raises NotFound for one that is not open."""
    with transaction():
        found = db.session.get(Suggestion, suggestion_id)
        if found is None or found.state not in STILL_OPEN:
            raise NotFound(suggestion_id=suggestion_id)
        if wants:
            db.session.execute(_VOTE[db.engine.dialect.name],
                               {"suggestion_id": suggestion_id, "member_id": member.id, "at": now})
        else:
            db.session.execute(delete(SuggestionVote).where(
                SuggestionVote.suggestion_id == suggestion_id, SuggestionVote.member_id == member.id))


def answer_suggestion(*, suggestion_id: UUID, state: SuggestionState, answer: str, by_user_id: int,
                      now: datetime) -> Suggestion:
    """Say in public what we do about it, and tell everybody who wants it. Raises NotFound."""
    with transaction():
        found = db.session.get(Suggestion, suggestion_id, with_for_update={"of": Suggestion})
        if found is None:
            raise NotFound(suggestion_id=suggestion_id)
        found.state, found.answer, found.answered_at, found.answered_by = str(state), answer, now, by_user_id
        db.session.flush()
        for member_id in db.session.scalars(select(SuggestionVote.member_id).where(
                SuggestionVote.suggestion_id == suggestion_id).order_by(SuggestionVote.member_id)):
            post("suggestion_answered", member_id=member_id, once=f"suggestion-{suggestion_id}-{now.isoformat()}-{member_id}",
                 suggestion_id=str(suggestion_id))
    return found
