"""How long what is kept: each rule with its policy, or with the time that stands in the code, and one of them kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import delete

from core.database import rows_changed, transaction
from experience.record.forget import BROWSER_KEPT, STEPS_KEPT_MONTHS
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.account.profile.change_email import DAY as CHANGES_KEPT
from portal.account.security.password_tries import DAY as TRIES_KEPT
from portal.api.once import KEPT as ANSWERS_KEPT
from portal.billing.payers.invite import KEPT as INVITATIONS_KEPT
from portal.privacy.models import Erasure, ErasureState
from reservations.booking.store_quote import KEPT as QUOTES_KEPT


@dataclass(frozen=True, slots=True)
class Rule:
    """What, and how long: by a policy of days, or of whole years, or so many days or months."""

    what: Any
    policy: str = ""
    years: bool = False
    days: int = 0
    months: int = 0


RULES = (
    Rule(_l("Pictures of a licence, after the decision"), "licence_pictures"),
    Rule(_l("Pictures of a licence that nobody sent"), "licence_draft"),
    Rule(_l("The picture for the reduced tier, after the decision"), "tier_pictures"),
    Rule(_l("An application that nobody sent"), "join_forget"),
    Rule(_l("An invitation onto an account that nobody accepted, after its last day"), days=INVITATIONS_KEPT.days),
    Rule(_l("A try at a password or a code"), days=TRIES_KEPT.days),
    Rule(_l("A wish for another e-mail address, after its code or the time to undo it"), days=CHANGES_KEPT.days),
    Rule(_l("A price that was stored for booking, after its end"), days=QUOTES_KEPT.days),
    Rule(_l("What we answered a program of yours"), days=ANSWERS_KEPT.days),
    Rule(_l("What your browser told of a page"), days=BROWSER_KEPT.days),
    Rule(_l("What was noted of a step, under a random number"), months=STEPS_KEPT_MONTHS),
    Rule(_l("A file with all of your data, packed for you"), "export_kept"),
    Rule(_l("Nothing is erased after you asked for it, so that you can cancel it"), "erase_grace"),
    Rule(_l("Books, and what they rest on, after an erasure: at least"), "books_kept", years=True),
    Rule(_l("The receipt of an erasure"), "books_kept", years=True),
)


def told(policies: Policies) -> list[tuple[Any, str]]:
    """Each rule with its time in words."""
    return [(rule.what, _time(rule, policies)) for rule in RULES]


def _time(rule: Rule, policies: Policies) -> str:
    if rule.months:
        return str(ngettext("%(num)d month", "%(num)d months", rule.months))
    if not rule.policy:
        return str(ngettext("%(num)d day", "%(num)d days", rule.days))
    value = policies[rule.policy].value
    if rule.years:
        return str(ngettext("%(num)d year, to its end", "%(num)d years, to the end of the last one", value))
    return str(ngettext("%(num)d day", "%(num)d days", value))


def let_receipts_go(now: datetime) -> int:
    """Delete receipts, and wishes that were cancelled, when the books' time is over. Returns how many."""
    years = policies_at(now)["books_kept"].value
    before = datetime(now.year - years, 1, 1, tzinfo=UTC)
    with transaction():
        return rows_changed(delete(Erasure).where(
            Erasure.state.in_((ErasureState.DONE, ErasureState.CANCELLED)), Erasure.asked_at < before))
