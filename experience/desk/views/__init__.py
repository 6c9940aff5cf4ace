"""The CX desk's pages; importing this hangs them all into the blueprint."""

from experience.desk.blueprint import bp
from experience.desk.views import compare, exports, feedback, gap, journey, own, promises, recording, today, voices

__all__ = ["bp", "compare", "exports", "feedback", "gap", "journey", "own", "promises", "recording", "today", "voices"]
