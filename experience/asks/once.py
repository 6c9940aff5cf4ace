"""What each member is asked once in their life with us, on a page that they have open."""

from datetime import datetime

from flask import current_app

from experience.asks.models import AskRow
from experience.asks.wish import was_decided, wish_to_ask


def wish_once(*, solicitation: str, member_id: int, reservation_id: int | None, now: datetime) -> AskRow | None:
    """Wish for it, to be seen at this moment, unless it was decided before; a booking's question only at their first."""
    once = f"{solicitation}-{member_id}"
    is_first = current_app.extensions.get("is_first_booking")
    if was_decided(once) or (reservation_id is not None and not (is_first and is_first(member_id, reservation_id))):
        return None
    return wish_to_ask(member_id=member_id, solicitation=solicitation, once=once, now=now, reservation_id=reservation_id,
                       on_page=True)
