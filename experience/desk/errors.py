"""How the CX desk says no."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class InOtherHands(Refusal):
    """Somebody else of the team owns this note; `facts["owner_id"]` says who."""

    code = "note_in_other_hands"
    says = _l("A colleague is looking after this note.")
    remedy = _l("Reload the page to see what they did. To take it over, press “Take it over”, then send yours.")


class NobodyToAnswer(Refusal):
    """The note came from a visitor."""

    code = "nobody_to_answer"
    says = _l("This note came from a visitor who was not signed in, so there is nobody to send it to.")
    remedy = _l("Tag it, and close it when what it is about is put right.")
