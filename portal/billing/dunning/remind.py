"""Asking again for what no card paid: at once, after an hour, a day, five and ten days; then booking stops."""

from datetime import datetime, timedelta

from core.database import db, transaction
from core.outbox import post
from fleet.tariffs.in_force import policies_at
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import locked

LAST = 5


def nobody_pays(payer: Payer, now: datetime) -> None:
    """No card paid what is owed: the member is told, and the first time the clock of the reminders begins."""
    if payer.owing_since is None:
        payer.owing_since, payer.dunning_step = now, 1
        _plan(payer, 2)
    elif payer.dunning_step >= LAST and payer.booking_stopped_at is None:
        payer.booking_stopped_at = now
    db.session.flush()
    kind = "booking_stopped" if payer.booking_stopped_at else "payment_failed"
    post(kind, member_id=payer.member_id, due=now,
         once=f"{kind}-{payer.id}-{payer.owing_since.isoformat()}-{payer.dunning_step}", payer_id=payer.id,
         step=payer.dunning_step)


def end_dunning(payer: Payer, now: datetime) -> bool:
    """Whether nothing is open that could be asked for: paid, given back or credited. Then reminders end and booking works."""
    if payer.owed_cents >= policies_at(now)["charge_least"].value:
        return False
    payer.owing_since, payer.dunning_step, payer.booking_stopped_at = None, 0, None
    db.session.flush()
    return True


def reminded_at(payer: Payer) -> datetime | None:
    """When the cards were due to be asked the last time for a debt; None when there is none, or no reminder comes any more."""
    if payer.owing_since is None or payer.dunning_step >= LAST:
        return None
    if payer.dunning_step < 2:
        return payer.owing_since
    return payer.owing_since + timedelta(minutes=policies_at(payer.owing_since)[f"dunning_{payer.dunning_step}"].value)


def _plan(payer: Payer, step: int) -> None:
    assert payer.owing_since is not None  # it was set when the reminders began
    after = timedelta(minutes=policies_at(payer.owing_since)[f"dunning_{step}"].value)
    post("dunning", member_id=payer.member_id, due=payer.owing_since + after,
         once=f"dunning-{payer.id}-{payer.owing_since.isoformat()}-{step}", payer_id=payer.id, step=step,
         since=payer.owing_since.isoformat())


def remind(*, payer_id: int, step: int, since: datetime, now: datetime) -> bool:
    """Go on to a step of the reminders; whether there is still something to ask for. One of an older debt does nothing."""
    with transaction():
        payer = locked(payer_id)
        if payer.owing_since != since:
            return False
        if end_dunning(payer, now):
            return False
        payer.dunning_step = step
        if step < LAST:
            _plan(payer, step + 1)
    return True
