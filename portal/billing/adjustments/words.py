"""What has become of money that a colleague wanted to give: said beside it wherever it is shown."""

from uuid import UUID

from flask_babel import gettext as _

from core.database import db
from portal.billing.adjustments.models import Adjustment, AdjustmentState


def not_given(adjustment_id: str | None) -> str:
    """Why it is not given, or not yet; nothing when it is."""
    found = db.session.get(Adjustment, UUID(adjustment_id)) if adjustment_id else None
    return {AdjustmentState.WAITING.value: _("waits for a second person, not given yet"),
            AdjustmentState.TURNED_DOWN.value: _("turned down, not given")}.get(found.state if found else "", "")
