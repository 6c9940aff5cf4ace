"""How disputes are refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class NotDisputable(Refusal):
    code, status = "not_disputable", 409
    says = _l("This line cannot be disputed: it gives you something, or it is a payment.")
    remedy = _l("Dispute the line that cost something, or write to us from the foot of this page.")


class AlreadyDisputed(Refusal):
    code, status = "already_disputed", 409
    says = _l("You have disputed this line already.")
    remedy = _l("Its page shows who looks into it and until when.")


class AlreadyDecided(Refusal):
    code, status = "already_decided", 409
    says = _l("This dispute was decided already.")
    remedy = _l("Open it to see how.")


class WaitsForSecond(Refusal):
    code, status = "waits_for_second", 409
    says = _l("What was to be given back waits for a second person.")
    remedy = _l("Have it decided first; it stands among the adjustments.")
