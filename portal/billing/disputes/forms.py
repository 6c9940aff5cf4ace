"""The forms of a dispute."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from experience.asks.forms import plain_lines
from portal.web.forms import Form

MOST_WORDS = 2000


class DisputeForm(Form):
    """What is not right, in the member's words."""

    words = TextAreaField(_l("What is not right?"), filters=[plain_lines], validators=[
        DataRequired(_l("Say in a sentence what is not right.")),
        Length(5, MOST_WORDS, _l("Say it in a sentence or two: 5 to 2,000 letters."))],
        render_kw={"rows": 4, "maxlength": MOST_WORDS})
