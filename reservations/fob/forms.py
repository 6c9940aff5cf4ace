"""A member's forms about their fob."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice
from wtforms.validators import DataRequired, Regexp

from portal.web.forms import Form
from reservations.fob.models import FobWhy

WHYS = {FobWhy.LOST: _l("I lost it"), FobWhy.STOLEN: _l("It was stolen"), FobWhy.BROKEN: _l("It no longer works")}


class AskForm(Form):
    """`fee_cents`: what the page showed."""

    fee_cents = HiddenField(validators=[DataRequired(_l("Reload the page to see today’s fee.")), Regexp(r"[0-9]{1,9}\Z")])


class LostForm(Form):
    why = RadioField(_l("What happened"), choices=[SelectChoice(str(why), words) for why, words in WHYS.items()],
                     validators=[DataRequired(_l("Choose one."))])
