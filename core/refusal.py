"""How the business says no: a code for logs, a status for HTTP, words and a remedy for the member."""

from typing import Any

from flask_babel import lazy_gettext as _l


class Refusal(Exception):
    """A no with its reason. Subclasses name `code`, `status`, `says` and `remedy`; facts go to the log and the page."""

    code: str = "refused"
    status: int = 409
    says: Any = _l("That is not possible.")
    remedy: Any = _l("Go back and try another way.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts


class NotFound(Refusal):
    """There is no such thing, or it is not theirs: the two look the same from outside."""

    code, status = "not_found", 404
    says = _l("There is nothing at this address.")
    remedy = _l("Check the address, or start again from the home page.")
