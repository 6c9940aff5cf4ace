"""How help says no."""

from typing import Any

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class InOtherHands(Refusal):
    """A colleague owns the conversation; `facts["owner_id"]` says who."""

    code = "conversation_in_other_hands"

    def __init__(self, owner_id: int, name: str) -> None:
        super().__init__(owner_id=owner_id)
        self.says = _l("%(name)s is looking after this conversation.", name=name)
        self.remedy = _l("Take it over first, then send yours. What you typed is still here.")


class WroteMeanwhile(Refusal):
    """Somebody wrote since this page was opened."""

    code = "wrote_meanwhile"
    remedy = _l("Read it, then send yours. What you typed is still here.")

    def __init__(self, says: Any) -> None:
        super().__init__()
        self.says = says


class NotOpen(Refusal):
    code = "conversation_not_open"
    says = _l("This conversation is closed.")
    remedy = _l("Reload the page to see what became of it.")


class OfSomebodyElse(Refusal):
    code, status = "of_somebody_else", 422
    says = _l("Those two conversations are not with the same member.")
    remedy = _l("Choose another one of the same member.")


class TooManyOpen(Refusal):
    code, status = "too_many_open", 429
    says = _l("There are several open questions from this address already.")
    remedy = _l("Answer in one of them: its link is in the mail we sent. We will read it there.")


class LinkTooOld(Refusal):
    """A visitor's link whose conversation has rested for longer than LINK_LIVES."""

    code, status = "visitor_link_too_old", 410
    says = _l("This link is too old to open the conversation.")
    remedy = _l("Answer our last mail from the address that got it, and the link works again; or ask anew on the help page.")


class NoSuchNumber(Refusal):
    code, status = "no_call_wanted", 409
    says = _l("Nobody asked for a call in this conversation.")
    remedy = _l("Reload the page to see what became of it.")


class CallWanted(Refusal):
    code = "call_wanted"
    says = _l("We call you about this already, or it is solved.")
    remedy = _l("Look at the conversation: it says when we call. Write there to change it.")


class NotThere(Refusal):
    """A remark by somebody who never drove the car or parked at the lot."""

    code, status = "was_not_there", 403
    says = _l("Only members who have been there can leave a note for others.")
    remedy = _l("Tell us instead: the help page reaches us from anywhere.")


class OneIsWaiting(Refusal):
    code = "remark_waiting"
    says = _l("Your last note about this is still being looked at.")
    remedy = _l("It shows as soon as somebody has read it, usually the same day.")


class AlreadyAnswered(Refusal):
    code = "already_answered"
    says = _l("A colleague has answered this meanwhile.")
    remedy = _l("Reload the page to see what they said.")
