"""Which question stands on this page, if any: one at most, on pages that are in the middle of nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from core.database import db
from core.time import now
from experience.asks.around import situation_of
from experience.asks.gate import draw, held_back
from experience.asks.history import past_of
from experience.asks.in_force import rules_at
from experience.asks.models import Answer, AskRow, AskState
from experience.asks.once import wish_once
from experience.asks.scale import SCALES
from experience.asks.show import show_ask
from experience.asks.solicitations import MOMENTS, PAGE, SOLICITATIONS, Solicitation
from experience.asks.wish import wish_to_ask
from experience.asks.wording import Wording, wording_in, wording_of
from experience.journey import Step


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a page shows it: its answers as pairs of value and words, best read from left to right."""

    ask: AskRow
    what: Solicitation
    wording: Wording

    @property
    def options(self) -> list[tuple[int, str]]:
        return options_of(self.what, self.wording)

    @property
    def hint(self) -> str:
        return hint_of(self.what, self.wording)


def options_of(what: Solicitation, wording: Wording) -> list[tuple[int, str]]:
    """Each value with its words; a scale that has words for its ends only shows numbers."""
    if what.metric is None:
        return []
    values = SCALES[what.metric].values
    spoken = all(wording.labels) and len(wording.labels) == len(values)
    return [(value, label if spoken else str(value)) for value, label in zip(values, wording.labels, strict=False)]


def hint_of(what: Solicitation, wording: Wording) -> str:
    """What the ends of a scale of numbers mean."""
    if what.metric is None or all(wording.labels):
        return ""
    scale = SCALES[what.metric]
    return str(_("%(low)d: %(worst)s, %(high)d: %(best)s", low=scale.low, worst=wording.labels[0], high=scale.high,
                 best=wording.labels[-1]))


def said_of(answer: Answer) -> str:
    """An answer in the words that it was chosen by."""
    words = wording_in(answer.solicitation, answer.locale, answer.wording_version)
    return dict(options_of(SOLICITATIONS[answer.solicitation], words)).get(answer.value, str(answer.value))


def question_of(ask: AskRow) -> Question:
    """The ask in its words."""
    return Question(ask, SOLICITATIONS[ask.solicitation], wording_of(ask.solicitation, str(get_locale()), now()))


def ask_here(offer: str = "", *, reservation_id: int | None = None, subject: str | None = None,
             sensor_missing: bool = False) -> Question | None:
    """The question for this member on this page. A page about a trip shows only what is about it.

    With `offer` the page itself wishes for that solicitation, if nothing else stands here: a check of its trip, or a
    question that each member is asked once.
    """
    member = current_user.member if current_user and current_user.is_authenticated else None
    if member is None or request.method != "GET" or g.get("fragment"):
        return None
    keys = {key for key, what in SOLICITATIONS.items() if request.endpoint in what.places}
    if not keys:
        return None
    for ask in _open(member.id, keys):
        if _fits(ask, subject) and may_be_seen(ask):
            return question_of(ask)
    if offer and reservation_id is not None and _of_moment(offer)[0].exempt:
        return _check(offer, member.id, reservation_id, sensor_missing=sensor_missing)
    if not offer or offer not in keys:
        return None
    return _as_seen(wish_once(solicitation=offer, member_id=member.id, reservation_id=reservation_id, now=now()))


def shown_to(member_id: int, key: str) -> AskRow | None:
    """What the member was shown of a solicitation and may still answer, for the page that takes its answer."""
    return db.session.scalars(
        select(AskRow).where(AskRow.member_id == member_id, AskRow.solicitation == key, AskRow.state == AskState.SHOWN,
                             AskRow.expires_at > now()).order_by(AskRow.offered_at.desc()).limit(1)).first()


def _open(member_id: int, keys: set[str]) -> Sequence[AskRow]:
    return db.session.scalars(
        select(AskRow).where(AskRow.member_id == member_id, AskRow.solicitation.in_(keys), AskRow.expires_at > now(),
                             AskRow.state.in_((AskState.OFFERED, AskState.SHOWN)))
        .order_by(AskRow.exempt, AskRow.offered_at)).all()


def _fits(ask: AskRow, subject: str | None) -> bool:
    trip = g.get("trip_id")
    if ask.reservation_id is not None and trip is not None:
        return bool(ask.reservation_id == trip)
    about = ask.subject if ask.subject and ask.subject.startswith("dispute:") else None
    return about == subject if "disputes.show" in SOLICITATIONS[ask.solicitation].places else True


def may_be_seen(ask: AskRow) -> bool:
    """Whether this is a moment for it; if so, it counts as seen."""
    what = SOLICITATIONS[ask.solicitation]
    if ask.state == AskState.SHOWN:
        situation = situation_of(ask.member_id, now(), done=Step(ask.step))
        return not held_back(situation, what, past_of(ask.member_id), rules_at(now()), now())
    return show_ask(ask_id=ask.id, channel=PAGE, now=now())


def _check(name: str, member_id: int, reservation_id: int, *, sensor_missing: bool) -> Question | None:
    """Offer a check if the draw says so: nothing is asked of the database before."""
    rules = rules_at(now())
    drawn = [draw(what, member_id, f"trip-{reservation_id}", rules, sensor_missing=sensor_missing)
             for what in _of_moment(name)]
    if not any(low <= number < high for number, low, high in drawn):
        return None
    return _as_seen(wish_to_ask(
        member_id=member_id, solicitation=name, once=f"{name}-{reservation_id}", now=now(), reservation_id=reservation_id,
        sensor_missing=sensor_missing, on_page=True))


def _as_seen(ask: AskRow | None) -> Question | None:
    seen = ask is not None and ask.state == AskState.SHOWN and now() < ask.expires_at
    return question_of(ask) if ask is not None and seen else None


def _of_moment(name: str) -> tuple[Solicitation, ...]:
    return MOMENTS.get(name) or (SOLICITATIONS[name],)
