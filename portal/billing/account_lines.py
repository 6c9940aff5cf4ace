"""The lines of the account page about money."""

from datetime import datetime

from flask_babel import gettext as _

from portal.account.lines import Group, Line
from portal.account.models import Member
from portal.billing.cards.change import cards_of
from portal.billing.payers.models import Payer
from portal.billing.payers.payer_of import payer_to_look_at
from portal.billing.payers.terms import account_name
from portal.billing.words import card_name
from portal.web.say import money


def money_lines(member: Member, _now: datetime) -> list[Line]:
    """How bills are paid and whether one is open, and where every line stands."""
    payer = payer_to_look_at(member.id)
    open_now = payer is not None and payer.owed_cents > 0
    return [
        Line(Group.MONEY, "card", _("Payments"), _paid(payer, member), "cards.payments",
             to_do=open_now and payer is not None and payer.member_id == member.id),
        Line(Group.MONEY, "receipt", _("Statement"), _("Every line of every bill, and why"), "statements.show"),
    ]


def _paid(payer: Payer | None, member: Member) -> str:
    """By which card, and what is open; or on whose account."""
    if payer is not None and payer.member_id != member.id:
        return _("%(business)s pays for your trips", business=account_name(payer))
    cards = cards_of(payer.id) if payer is not None else []
    card = card_name(cards[0].brand, cards[0].last_four) if cards else _("No card yet")
    if payer is not None and payer.owed_cents > 0:
        return _("%(card)s; %(amount)s is open", card=card, amount=money(payer.owed))
    return card
