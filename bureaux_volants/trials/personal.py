"""What would name somebody in a free text: addresses and telephone numbers. Pure. Names cannot be found so; the form asks not to write them."""

from __future__ import annotations

import re

_MAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+\.[\w.-]+", re.IGNORECASE)
# Ten digits from 0, or a + or 00 and a country's number, in pairs or not. Longer numbers are no telephone's.
_PHONE = re.compile(r"(?<![\d+])(?:0|(?:\+|00)\d{2}[\s.]?(?:\(0\))?[\s.]?)[1-9](?:[\s.\-/]?\d{2}){4}(?!\d)")


def personal_in(text: str) -> str | None:
    """A French sentence on the first thing that leads to somebody; None when nothing was found."""
    if found := _MAIL.search(text):
        return f"Une note ne nomme personne : retirez l'adresse « {found.group().strip()} »."
    if found := _PHONE.search(text):
        return f"Une note ne nomme personne : retirez le numéro « {found.group().strip()} »."
    return None
