"""Why an answer is not taken."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class AskIsOver(Refusal):
    """Its time has passed, or the member has said "not now"."""

    code, status = "ask_is_over", 410
    says = _l("This question is closed.")
    remedy = _l("You can always tell us how it goes: the question at the end of every page is open.")


class AnsweredAlready(Refusal):
    """The hour in which an answer can be changed has passed."""

    code, status = "ask_answered", 409
    says = _l("Thank you, you have answered this already.")
    remedy = _l("An answer can be changed within an hour. Tell us more with the question at the end of every page.")


class LinkIsUsed(Refusal):
    """A mail's link takes one answer."""

    code, status = "ask_link_used", 409
    says = _l("This link is used up: we have your answer.")
    remedy = _l("Sign in to change it within an hour, or tell us more with the question at the end of every page.")


class LinkUnreadable(Refusal):
    """A link that we did not sign, or that is not for whoever is signed in: the two look the same from outside."""

    code, status = "ask_link_unreadable", 404
    says = _l("This link does not work.")
    remedy = _l("It may have been cut off on its way: open it from the mail once more. When you are signed in, the same "
                "question is in your inbox, and you can answer it there.")


class OffTheScale(Refusal):
    code, status = "off_the_scale", 422
    says = _l("That is not one of the answers.")
    remedy = _l("Choose one of those on the page.")
