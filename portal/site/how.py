"""`/how-it-works`: six steps, each with its promises and what a member gets when one is not kept."""

from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from core.time import now
from experience.journey import Step
from experience.promises.kinds import KINDS
from experience.promises.kinds import PromiseKind as K
from fleet.tariffs.in_force import policies_at
from fleet.tariffs.quote import Policies
from portal.site.blueprint import bp
from portal.site.promises import gives
from portal.web.page import ANYONE, page
from portal.web.say import duration, percent


@dataclass(frozen=True, slots=True)
class Stop:
    """One of the six steps: its words, the icon beside the car, and each promise with what a break of it gives."""

    title: str
    words: str
    icon: str
    promises: list[tuple[str, str]]


@bp.get("/how-it-works")
@page(Step.LEARN_COVERAGE, who=ANYONE, whole=True)
def how_it_works() -> Any:
    """Six steps, from finding a car to the receipt."""
    return render_template("portal/site/how_it_works.html", stops=stops(policies_at(now())), policies=policies_at(now()))


def stops(policies: Policies) -> list[Stop]:
    """The six, with today's numbers."""
    rules = {key: policy.value for key, policy in policies.items()}

    def promised(*kinds: K) -> list[tuple[str, str]]:
        return [(str(KINDS[kind].says), gives(kind, policies)) for kind in kinds]

    return [
        Stop(_("Find a car"),
             _("Type a street, crossing or station and a time. You see what is free, how far it is on foot, and the price with "
               "everything in it."), "search", promised(K.PRICE)),
        Stop(_("Book it"),
             _("Choose how much you would pay for damage. The price is frozen; cancelling is free until %(short)s before the "
               "start, and until %(long)s for trips of %(long_trip)s or more.", short=duration(rules["cancel_notice_short"]),
               long=duration(rules["cancel_notice_long"]), long_trip=duration(rules["cancel_long_trip"])),
             "calendar", promised(K.CONFIRMATION)),
        Stop(_("Walk to it"),
             _("Name, plate, color, bay and a small sketch say which one is yours; flash its lights to be sure. You may get "
               "in %(early)d minutes early when nobody has it before you.", early=rules["early_access"]), "walk",
             promised(K.CAR_THERE)),
        Stop(_("Look and unlock"),
             _("Look round it for a minute and say what you see: nobody holds it against you. Tap, and the doors open. The "
               "key is inside."), "key", promised(K.UNLOCK, K.CLEAN)),
        Stop(_("Drive"),
             _("Fuel and charging are on us: a card lies in the glove box, its PIN on your phone. The insurance certificate is "
               "there too. Refuel from below %(below)s and earn %(minutes)d minutes of driving.",
               below=percent(rules["refuel_below"]), minutes=rules["refuel_reward"]), "fuel", promised(K.ENERGY)),
        Stop(_("Bring it back"),
             _("To its own bay, %(least)s or more in the tank, locked with your phone. Each line of the receipt says why.",
               least=percent(rules["low_energy"])), "check", promised(K.BAY_FREE, K.RECEIPT)),
    ]
