"""The forms of the privacy pages."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import AnyOf

from portal.web.forms import Form

SURE = "erase me"


def _plain(typed: str | None) -> str:
    return " ".join((typed or "").lower().split()).strip("“”\"'.")


class EraseForm(Form):
    """Two words that nobody types by mistake."""

    sure = StringField(_l("Type “erase me” to confirm"), filters=[_plain], render_kw={"autocomplete": "off"}, validators=[
        AnyOf([SURE], message=_l("Type the two words “erase me”. Without them nothing happens."))])
