"""What is kept of looks behind a random id: who of the team looked, when and for which reason; never the words."""

from flask_babel import lazy_gettext as _l

from core.personal import NOTHING, Because, Fate, Held, Holder
from experience.insight.models import Lookup
from experience.record.personal import own_pids

PERSONAL = Holder(
    "insight", _l("What our team wrote when it looked up who you are"),
    (Held("lookups", lambda person: Lookup.pid.in_(own_pids(person)), Fate.EMPTIED, Because.TRAIL, {"words_sealed": NOTHING},
          shown=False),))  # the access log tells of them, by reason
