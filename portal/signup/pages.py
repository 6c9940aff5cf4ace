"""All pages of joining in one blueprint."""

from portal.signup import decision_views, licence_views, step_views
from portal.signup.views import bp

__all__ = ["bp", "decision_views", "licence_views", "step_views"]  # importing this hangs all of them into the blueprint
