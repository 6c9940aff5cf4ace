"""What happens by the clock alone, at the moment it was due."""

from collections.abc import Callable

from portal.billing.stripe.embedded import charges, checkout_sessions, disputes, payment_intents, payouts, refunds
from portal.billing.stripe.embedded.world import World

BY_THE_CLOCK: dict[str, Callable[[World, str], None]] = {
    "charge_settles": charges.settle_late,
    "dispute_decided": disputes.decided,
    "dispute_lapses": disputes.lapses,
    "dispute_opens": disputes.opens,
    "hold_ends": payment_intents.hold_ends,
    "payout": payouts.pay_out,
    "refund_arrives": refunds.arrives,
    "refund_fails": refunds.fails,
    "session_expires": checkout_sessions.expires,
}


def catch_up(world: World) -> None:
    """Let everything that was due until now happen, in its order."""
    now = world.moment
    while timer := world.store.pop_timer(int(now)):
        world.moment = timer.due
        BY_THE_CLOCK[timer.what](world, timer.about)
    world.moment = now
