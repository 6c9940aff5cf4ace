"""What becomes of a cost that is passed on, as the member's step: at cost, and never before they were heard."""

from core.money import Money
from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from portal.billing.notices.models import Notice


def note_notice(notice: Notice, phase: Phase, became: str, *, charged: Money | None = None) -> None:
    """Write the step within the open transaction; `charged` is what the ledger took, beside what it had cost."""
    seen = Seen(Step.DRIVE_TOLL, notice.member_id, notice.reservation_id)
    seen.note(cost=notice.kind, amount_cents=notice.amount_cents)
    seen.about("notice", notice.id, became)
    if charged is not None:
        seen.measured(charged.cents, "cents", expected=notice.amount_cents)
    record(seen, phase, error_code=became if phase is Phase.REFUSED else None)
