"""Every table with something about a person in it: whose room it is, or why it is nobody's. A test walks them all."""

from core.personal import Held, Holder
from experience.asks.personal import PERSONAL as ASKS
from experience.cases.personal import PERSONAL as CASES
from experience.insight.personal import PERSONAL as INSIGHT
from experience.promises.personal import PERSONAL as PROMISES
from experience.record.personal import PERSONAL as RECORD
from portal.account.personal import PERSONAL as ACCOUNT
from portal.account.tier.personal import PERSONAL as TIER
from portal.api.personal import PERSONAL as API
from portal.billing.personal import PERSONAL as BILLING
from portal.help.personal import PERSONAL as HELP
from portal.licence.personal import PERSONAL as LICENCE
from portal.messages.personal import PERSONAL as MESSAGES
from portal.privacy.personal import PERSONAL as PRIVACY
from portal.signup.personal import PERSONAL as SIGNUP
from reservations.fob.personal import PERSONAL as FOBS
from reservations.personal import PERSONAL as RESERVATIONS

# From the top of the house down: what points at a row goes before the row. The account is last, and with it the address.
HOLDERS: tuple[Holder, ...] = (PRIVACY, MESSAGES, API, CASES, HELP, INSIGHT, FOBS, RESERVATIONS, SIGNUP, BILLING, LICENCE, ASKS,
                               PROMISES, RECORD, TIER, ACCOUNT)
BY_NAME = {holder.name: holder for holder in HOLDERS}
TABLES: dict[str, tuple[Held, ...]] = {
    name: tuple(held for holder in HOLDERS for held in holder.tables if held.table == name)
    for name in (held.table for holder in HOLDERS for held in holder.tables)}

# What people of our staff did at work, under their own names, and who looks after what.
OF_STAFF = frozenset({
    "ask_rules", "ask_wordings", "blocks", "car_moves", "fixes", "help_templates", "mailings", "saved_views", "step_owners"})
# Private, and nobody's: the codes of the fuel cards in our cars.
NOBODYS = frozenset({"energy_cards"})
