"""What the room keeps."""

from .reception import LONGEST_MESSAGE, MESSAGES_A_DAY, DayMessage, Visitor
from .sheet import LONGEST, SheetPhoto, SheetVersion

__all__ = ["LONGEST", "LONGEST_MESSAGE", "MESSAGES_A_DAY", "DayMessage", "SheetPhoto", "SheetVersion", "Visitor"]
