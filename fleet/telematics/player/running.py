"""What the running player has at hand for its views."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from fleet.telematics.player.cars import Garage


@dataclass(frozen=True, slots=True)
class Player:
    """The cars, the token that the API asks for, and the host names under which the pages answer."""

    garage: Garage
    token: str
    hosts: Sequence[str]


def player() -> Player:
    """The player of the running application."""
    running: Player = current_app.extensions["player"]
    return running
