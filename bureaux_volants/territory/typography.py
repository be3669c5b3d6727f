"""Spaces that do not break: French puts one before « : ; ? ! % € » and inside « », and none of these begins or ends a line.

Sentences are written with the space of the keyboard, in templates, in messages and by people; the pages that leave put the right one.
"""

from __future__ import annotations

import re

NO_BREAK = "\u00a0"
# What is sent back, copied or run stays as it is: a field, a command, a script.
_WHOLE = "|".join(
    rf"{name}\b.*?(?:</{name}\s*>|\Z)" for name in ("textarea", "script", "style", "pre", "code", "kbd", "samp")
)
# What is left open runs to the end of the page: nothing is looked at twice.
_TAG = r"[a-zA-Z/!](?:[^>\"']+|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+(?:>|\Z)"
_SPACE = r" (?=[:;?!»]|[%€](?!\w))|(?<=«) "
# What is no sentence, or a space to bind (the group).
_PIECE = re.compile(rf"<(?:!--.*?(?:-->|\Z)|{_WHOLE}|{_TAG})|({_SPACE})", re.DOTALL)


def bound(page: str) -> str:
    """The page (HTML) with the spaces that French binds bound, in its sentences only. Bound twice is bound once. Pure."""
    return _PIECE.sub(lambda piece: NO_BREAK if piece[1] else piece[0], page)
