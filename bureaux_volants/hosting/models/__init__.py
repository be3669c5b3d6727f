"""What the room keeps."""

from .need import (
    LENGTHS,
    LONGEST_ANSWER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    QUARTER,
    Meeting,
    MeetingAnswer,
    Need,
    Proposal,
)
from .presence import LONGEST_NOTE, Presence, Skill
from .reception import LONGEST_MESSAGE, MESSAGES_A_DAY, DayMessage, Visitor
from .sheet import LONGEST, SheetPhoto, SheetVersion

__all__ = [
    "LENGTHS",
    "LONGEST",
    "LONGEST_ANSWER",
    "LONGEST_MESSAGE",
    "LONGEST_NOTE",
    "LONGEST_TEXT",
    "LONGEST_TITLE",
    "MESSAGES_A_DAY",
    "QUARTER",
    "DayMessage",
    "Meeting",
    "MeetingAnswer",
    "Need",
    "Presence",
    "Proposal",
    "SheetPhoto",
    "SheetVersion",
    "Skill",
    "Visitor",
]
