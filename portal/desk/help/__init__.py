"""The help desk: what waits for an answer, suggestions, remarks, templates, and mail that nobody could place."""

from portal.desk.help import deeds, mail, templates, views, wishes
from portal.desk.help.blueprint import bp

__all__ = ["bp", "deeds", "mail", "templates", "views", "wishes"]
