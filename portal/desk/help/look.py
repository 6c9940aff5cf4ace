"""Whoever takes a conversation on these pages sees from then on whom it is with."""

from uuid import UUID

from flask_login import current_user

from core.time import now
from portal.desk.help.page import the_conversation
from portal.desk.help.who import see_who, sees_names
from portal.web.shell import adapters


def look(conversation_id: UUID) -> None:
    """Write the look down where the name is not theirs to know anyhow."""
    if not sees_names(current_user.roles):
        see_who(the_conversation(conversation_id), current_user.id, adapters().seal, now())
