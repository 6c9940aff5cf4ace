"""The pages of cases and fixes; importing this hangs them all into their blueprints."""

from experience.cases.blueprint import bp
from experience.cases.views import case, digest, fixes, queue

__all__ = ["bp", "case", "digest", "fixes", "queue"]
