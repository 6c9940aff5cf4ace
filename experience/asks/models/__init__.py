"""What members tell us, kept apart from the events: each idea in a file of its own, all of them to be had from here."""

from experience.asks.models.asks import Answer, AskedMember, AskLog, AskRow, AskState, Logged
from experience.asks.models.before_and_after import Expectation, Heard, Hope, Means, Stage
from experience.asks.models.by_the_team import AskRule, AskWording, Mailing
from experience.asks.models.notes import Mood, Note, NoteReply, NoteStatus, Tag

__all__ = ["Answer", "AskLog", "AskRow", "AskRule", "AskState", "AskWording", "AskedMember", "Expectation", "Heard", "Hope",
           "Logged", "Mailing", "Means", "Mood", "Note", "NoteReply", "NoteStatus", "Stage", "Tag"]
