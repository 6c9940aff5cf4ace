"""How a message went, in words for its member and for staff."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.account.contact.rules import Channel, Purpose, Why
from portal.messages.models import Delivery, State
from portal.web.say import moment

CHANNELS = {Channel.MAIL: _l("Mail"), Channel.PUSH: _l("Notification"), Channel.SMS: _l("Text message")}
BY = {Channel.MAIL: _l("by mail"), Channel.PUSH: _l("as a notification"), Channel.SMS: _l("as a text message")}
A_WHILE = timedelta(minutes=10)
PURPOSES = {Purpose.SERVICE: _l("Trips and money"), Purpose.CARE: _l("Answers and questions"), Purpose.NEWS: _l("News")}
STATES = {State.WAITING: _l("waits"), State.SENT: _l("sent"), State.FAILED: _l("did not arrive"), State.SKIPPED: _l("not sent")}
WHYS = {
    Why.NOT_CHOSEN: _l("not chosen by the member"), Why.NOT_URGENT: _l("could wait, and texts are for what cannot"),
    Why.QUIET_HOURS: _l("quiet hours"), Why.NO_DEVICE: _l("no device shows notifications"),
    Why.NO_NUMBER: _l("no confirmed number"), Why.NOT_OFFERED: _l("not set up on this site"),
    Why.PUSH_REACHED: _l("a notification got through"), Why.GONE: _l("every device has unsubscribed"),
    Why.REFUSED: _l("the carrier refused it"), Why.NO_ANSWER: _l("the carrier did not answer"),
    Why.MOOT: _l("there was nothing to say any more"),
}


def went(delivery: Delivery, since: datetime) -> str:
    """To its member: "by mail", with the time when it took a while; what was not meant to go that way says nothing."""
    name = CHANNELS[Channel(delivery.channel)]
    if delivery.state == State.SENT:
        by = BY[Channel(delivery.channel)]
        return str(by) if delivery.at - since < A_WHILE else _("%(by_way)s, %(time)s", by_way=by, time=moment(delivery.at))
    if delivery.state == State.FAILED:
        return _("%(way)s did not arrive", way=name)
    if delivery.state == State.WAITING and delivery.due_at is not None:
        return _("%(way)s waits for the morning, %(time)s", way=name, time=moment(delivery.due_at))
    if delivery.state == State.WAITING:
        return _("%(way)s is on its way", way=name)
    return ""
