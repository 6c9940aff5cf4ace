"""What a case must not be closed over in silence: promises that are open, and money that waits for a second person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.sealed import Seal
from experience.cases.errors import LooseEnds
from experience.cases.models import Case, End
from experience.cases.promise import open_promises
from experience.cases.remedy import adjustments_of
from experience.promises.by_hand import settle_by_hand
from experience.promises.models import Promise
from portal.billing.adjustments.give import withdraw_adjustment
from portal.billing.adjustments.models import Adjustment, AdjustmentState


@dataclass(frozen=True, slots=True)
class Loose:
    """What is open in a case."""

    promises: list[Promise]
    adjustments: list[Adjustment]

    @property
    def ids(self) -> set[UUID]:
        """Of each, its id."""
        return {one.id for one in (*self.promises, *self.adjustments)}


def loose_ends(case: Case, now: datetime) -> Loose:
    """Promises by hand about the same trip, or about none; what is late to this member; money that waits."""
    return Loose(
        [one for one in open_promises(case) if one.reservation_id == case.reservation_id or (one.due_at and one.due_at <= now)],
        [one for one in adjustments_of(case.id) if one.state == AdjustmentState.WAITING])


def tie_up(case: Case, ends: Mapping[UUID, End], *, words: str, by_user_id: int, seal: Seal, now: datetime) -> None:
    """Do with each what was said, within the open transaction. Raises LooseEnds when of one nothing was said.

    The member reads of a promise what the case's last words say.
    """
    loose = loose_ends(case, now)
    if not loose.ids <= set(ends):
        raise LooseEnds()
    for promise in loose.promises:
        if ends[promise.id] is not End.STAYS:
            settle_by_hand(promise_id=promise.id, kept=ends[promise.id] is End.DONE, evidence=words, told=words,
                           by_user_id=by_user_id, now=now, seal=seal)
    for adjustment in loose.adjustments:
        if ends[adjustment.id] is End.WITHDRAWN:
            withdraw_adjustment(adjustment=adjustment, now=now)
