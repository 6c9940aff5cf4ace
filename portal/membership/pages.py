"""All pages of a membership in one blueprint."""

from portal.membership import rejoin_views
from portal.membership.views import bp

__all__ = ["bp", "rejoin_views"]  # importing this hangs all of them into the blueprint
