"""In French what is under two is one: « 0 note », « 1,5 jour ». Our words are written in French, not translated into it, and for what is in no
catalogue Django counts as English does."""

from __future__ import annotations

from typing import Any

from django.utils.translation import trans_real


def count_in_french() -> None:
    """From now on, for every message that is in no catalogue. Doing it twice changes nothing more."""
    before = trans_real.DjangoTranslation.ngettext
    if getattr(before, "is_french", False):
        return

    def ngettext(self: Any, msgid1: str, msgid2: str, n: Any) -> str:
        found: str = before(self, msgid1, msgid2, n)
        return msgid1 if found == msgid2 and abs(n) < 2 else found

    ngettext.is_french = True  # type: ignore[attr-defined]
    trans_real.DjangoTranslation.ngettext = ngettext  # type: ignore[method-assign]
