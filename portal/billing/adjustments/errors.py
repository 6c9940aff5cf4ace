"""How adjustments are refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class NotYourOwn(Refusal):
    code, status = "not_your_own", 403
    says = _l("This is your own, or you asked for it yourself, so somebody else has to decide it.")
    remedy = _l("Ask a colleague with the finance role.")


class AlreadySettled(Refusal):
    code, status = "already_settled", 409
    says = _l("Somebody has decided this already.")
    remedy = _l("Open it again to see how.")
