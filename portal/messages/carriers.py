"""Who carries messages outside, and the seal under which what they carry is kept."""

from dataclasses import dataclass

from core.sealed import Seal
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
    seal: Seal
