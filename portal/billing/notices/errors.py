"""How notices are refused."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class NotHeardYet(Refusal):
    code, status = "not_heard_yet", 409
    says = _l("The member can still answer this notice, so it cannot be charged.")
    remedy = _l("Wait for the answer or for the end of the time to answer.")


class AlreadyAnswered(Refusal):
    code, status = "already_answered", 409
    says = _l("This notice was answered or charged already.")
    remedy = _l("Your statement shows what became of it.")


class SentByYou(Refusal):
    code, status = "sent_by_you", 403
    says = _l("You sent this notice yourself, so somebody else has to decide whether it stands.")
    remedy = _l("Ask a colleague with the finance role.")
