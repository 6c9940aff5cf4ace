"""The form of the calendar page."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields import SelectChoice

from portal.web.forms import Form

ALARMS = {"": _l("No alarm"), "15": _l("15 minutes before"), "30": _l("30 minutes before"), "60": _l("1 hour before"),
          "120": _l("2 hours before"), "1440": _l("1 day before")}


class AlarmForm(Form):
    alarm = SelectField(_l("Alarm before a trip"), choices=[SelectChoice(value, words) for value, words in ALARMS.items()])

    @property
    def minutes(self) -> int | None:
        return int(self.alarm.data) if self.alarm.data else None
