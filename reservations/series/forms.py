"""The forms of a series: which days (a GET form), booking them once, and cancelling what is left."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField
from wtforms.validators import DataRequired, Regexp

from portal.web.forms import Form, OnceForm
from reservations.booking.forms import CostCentreChoice


class SeriesForm(CostCentreChoice, OnceForm):
    """The frozen prices; the days stand in the address."""

    offer = HiddenField(validators=[DataRequired(_l("Reload the page to see today’s price."))])


class CancelSeriesForm(Form):
    """What the page showed that cancelling costs, in cents."""

    fee_cents = HiddenField(validators=[DataRequired(_l("Reload the page and send the form again.")), Regexp(r"[0-9]{1,9}\Z")])


def read_days(args: "MultiDict[str, str]", default: int) -> frozenset[int]:
    """The weekdays of the address (0 is Monday), or the one on which the first trip begins."""
    return frozenset(int(value) for value in args.getlist("day") if value in set("0123456")) or frozenset({default})


def read_until(args: "MultiDict[str, str]") -> tuple[date | None, str]:
    """The last day of the address, and what is wrong with what was typed there."""
    typed = args.get("until", "").strip()
    if not typed:
        return None, ""
    try:
        return date.fromisoformat(typed[:10]), ""
    except ValueError:
        return None, _("We could not read that day. Type it like 2026-12-31.")
