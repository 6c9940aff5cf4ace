"""Who carries messages outside, and what all of them may say besides `TryLater`."""

from dataclasses import dataclass

from portal.messages.mail import Mail
from portal.messages.push import Push
from portal.messages.sms import Sms


@dataclass(frozen=True)
class Carriers:
    """The ways out of the house. A site set up without notifications or text messages has None there."""

    mail: Mail
    push: Push | None
    sms: Sms | None
    site_url: str
