"""The forms that answer a notice."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from experience.asks.forms import plain_lines
from portal.billing.disputes.forms import MOST_WORDS
from portal.web.forms import Form


class ContestForm(Form):
    """Why it should not be charged, in the member's words."""

    words = TextAreaField(_l("Why should you not pay it?"), filters=[plain_lines], validators=[
        DataRequired(_l("Say in a sentence why not.")),
        Length(5, MOST_WORDS, _l("Say it in a sentence or two: 5 to 2,000 letters."))],
        render_kw={"rows": 4, "maxlength": MOST_WORDS})
