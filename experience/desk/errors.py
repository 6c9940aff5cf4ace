"""How the CX desk says no."""

from flask_babel import lazy_gettext as _l

from core.refusal import Refusal


class InOtherHands(Refusal):
    """Somebody else of the team owns this note; `facts["owner_id"]` says who."""

    code = "note_in_other_hands"
    remedy = _l("What you typed is still here. Read what they did; to go on yourself, take it over.")

    def __init__(self, owner_id: int, name: str) -> None:
        super().__init__(owner_id=owner_id)
        self.says = _l("%(name)s is looking after this note.", name=name)


class NobodyToAnswer(Refusal):
    """The note came from a visitor."""

    code = "nobody_to_answer"
    says = _l("This note came from a visitor who was not signed in, so there is nobody to send it to.")
    remedy = _l("Tag it, and close it when what it is about is put right.")
