"""What becomes of a dispute, as the member's step: entered when it is opened, over when it is decided or withdrawn."""

from datetime import timedelta

from experience.journey import Phase, Step
from experience.record.observe import Seen, record
from portal.billing.disputes.models import Dispute
from portal.billing.ledger.models import LedgerRow


def note_dispute(dispute: Dispute, line: LedgerRow, phase: Phase, became: str) -> None:
    """Write the step within the open transaction; once it is decided, the days it took beside those we promise."""
    seen = Seen(Step.PAY_DISPUTE, dispute.member_id, line.reservation_id)
    seen.journey = str(dispute.id)
    seen.note(amount_cents=line.amount.cents)
    seen.about("dispute", dispute.id, became)
    if phase is Phase.SUCCEEDED and dispute.decided_at is not None:
        seen.measured(_days(dispute.decided_at - dispute.opened_at), "days", expected=_days(dispute.due_at - dispute.opened_at))
    record(seen, phase)


def _days(length: timedelta) -> float:
    return round(length / timedelta(days=1), 2)
