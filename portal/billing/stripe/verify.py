"""Verified against Stripe: running the port's checks on Stripe's test mode, and remembering that they held."""

import json
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import stripe

from portal.billing.payments.port import PaymentTrouble
from portal.billing.stripe.checks import CHECKS, Bench, CheckFailed

FILE = "stripe-verified.json"


def verify(bench: Bench, *, account: str, home: Path, at: datetime, say: Callable[[str], None],
           checks: Iterable[Callable[[Bench], None]] = CHECKS) -> bool:
    """Run the checks, saying a line about each; whether all held. What was verified before counts no more if one fails."""
    held = {check.__name__: _holds(check, bench, say) for check in checks}
    if not all(held.values()):
        (home / FILE).unlink(missing_ok=True)
        return False
    line = {"account": account, "api_version": stripe.api_version, "sdk_version": stripe.VERSION, "at": at.isoformat(),
            "checks": list(held)}
    with NamedTemporaryFile("w", dir=home, delete=False) as file:
        file.write(json.dumps(line) + "\n")
    os.replace(file.name, home / FILE)
    return True


def _holds(check: Callable[[Bench], None], bench: Bench, say: Callable[[str], None]) -> bool:
    promise = (check.__doc__ or check.__name__).strip()
    try:
        check(bench)
    except (CheckFailed, PaymentTrouble) as no:
        say(f"FAILED  {promise}\n        {type(no).__name__}: {no}")
        return False
    say(f"ok      {promise}")
    return True


def verified_against_stripe(home: Path) -> bool:
    """Whether the checks held on Stripe itself, with the SDK and the version of Stripe's interface that we use now."""
    try:
        line = json.loads((home / FILE).read_text())
        return bool((line["api_version"], line["sdk_version"]) == (stripe.api_version, stripe.VERSION))
    except (OSError, ValueError, KeyError, TypeError):
        return False
