"""How far an application is: which steps are done, and which comes next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.account.contact.number import number_of
from portal.billing.cards.change import cards_of
from portal.billing.payers.payer_of import own_payer_to_look_at
from portal.signup.licence import shown
from portal.signup.models import Application


class Part(StrEnum):
    """The parts of joining, in order; each is a page."""

    CHECK = "check"
    PHONE = "phone"
    LICENCE = "licence"
    PLAN = "plan"
    PAYMENT = "payment"
    REVIEW = "review"


LABELS: dict[Part, Any] = {
    Part.CHECK: _l("Free check"), Part.PHONE: _l("Your details"), Part.LICENCE: _l("Licence"), Part.PLAN: _l("Plan"),
    Part.PAYMENT: _l("Payment"), Part.REVIEW: _l("Look over and send"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One part on the progress line: done, now or later."""

    part: Part
    state: str

    @property
    def title(self) -> Any:
        return LABELS[self.part]


def done_of(application: Application, *, texts: bool) -> frozenset[Part]:
    """The parts that are done. Without `texts` nobody can confirm a number, and the one that was typed is taken."""
    done = {Part.CHECK}
    if number_of(application.member_id) is not None or (not texts and application.member.phone):
        done.add(Part.PHONE)
    if shown(application.member_id) is not None:
        done.add(Part.LICENCE)
    if application.plan is not None:
        done.add(Part.PLAN)
    if has_card(application.member_id):
        done.add(Part.PAYMENT)
    return frozenset(done)


def has_card(member_id: int) -> bool:
    """Whether they have a card that could pay; also whoever drives on an account pays their own fee."""
    payer = own_payer_to_look_at(member_id)
    return payer is not None and bool(cards_of(payer.id))


def stops(done: frozenset[Part], here: Part | None = None) -> list[Stop]:
    """The progress line as somebody on the page `here` sees it."""
    here = here or next_part(done)
    return [Stop(part, "now" if part is here else "done" if part in done else "later") for part in Part]


def next_part(done: frozenset[Part]) -> Part:
    """The first part that is not done."""
    return next(part for part in Part if part not in done)
