"""An amount as people type it: "12.50", in dollars, and never a float."""

import re
from typing import Any

from flask_babel import gettext as _
from wtforms import StringField
from wtforms.validators import ValidationError

from core.money import Money
from portal.web import say

_TYPED = re.compile(r"\$?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{2}))?")
MOST = Money(100_000_00)


class DollarsField(StringField):  # type: ignore[misc]  # WTForms has no types
    """Typed dollars; `data` is Money, or None when it says nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. Cents are two digits or left out: 12.5 may be a slip of 12.05 as well as of 12.50."""
        self.typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        found = _TYPED.fullmatch(self.typed)
        if found is None or len(found[1]) > 12:
            raise ValueError(_("Write it like 12.50."))
        self.data = Money(int(found[1].replace(",", "")) * 100 + int(found[2] or 0))

    def _value(self) -> str:
        if getattr(self, "typed", ""):
            return str(self.typed)
        return f"{self.data.cents // 100}.{self.data.cents % 100:02d}" if self.data is not None else ""


class Between:
    """At least one cent (or nothing, with `zero`) and at most what there is."""

    def __init__(self, *, zero: bool = False) -> None:
        self.zero = zero

    def __call__(self, form: Any, field: Any) -> None:
        if field.process_errors:
            return
        if field.data is None:
            raise ValidationError(_("Say how much, like 12.50. Nothing is 0.00.") if self.zero
                                  else _("Say how much, like 12.50."))
        if field.data.cents == 0 and not self.zero:
            raise ValidationError(_("That is nothing. Write an amount like 12.50."))
        most = getattr(form, "most", None) or MOST
        if field.data.cents > most.cents:
            raise ValidationError(_("That is more than there is: write %(most)s or less.", most=say.money(most)))
