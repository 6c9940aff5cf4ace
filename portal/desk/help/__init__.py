"""The help desk: what waits for an answer, suggestions, remarks, templates, and mail that nobody could place."""

from portal.desk.help import wishes
from portal.desk.help.views import bp

__all__ = ["bp", "wishes"]
