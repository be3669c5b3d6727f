"""What would name somebody in a free text: addresses, telephone numbers, a title before a name, the name of somebody one knows. Pure.

A first name alone is not found; the form asks not to write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_MAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+\.[\w.-]+", re.IGNORECASE)
# Ten digits from 0, or a + or 00 and a country's number, in pairs or not. Longer numbers are no telephone's.
_PHONE = re.compile(r"(?<![\d+])(?:0|(?:\+|00)\d{2}[\s.]?(?:\(0\))?[\s.]?)[1-9](?:[\s.\-/]?\d{2}){4}(?!\d)")
# A title and a capital: « Mme Durand », not « Mme la directrice » nor « Madame le Maire ».
_TITLE = re.compile(
    r"(?<!\w)(?:MM?\.|Mr\.?|Mmes?\.?|Mlles?\.?|Messieurs|Monsieur|Mesdames|Madame|Mademoiselle)\s+"
    r"(?!(?:(?:Le|La|Les)\s+|L['’])(?:Maire|Adjoint|Président|Direct|Préf|Député|Sénat|Ministre|Secrétaire))[A-ZÀ-ÖØ-Þ][\w'’-]+"
)


def personal_in(text: str) -> str | None:
    """A French sentence on the first thing that leads to somebody; None when nothing was found."""
    if found := _MAIL.search(text):
        return f"On ne nomme personne ici : retirez l'adresse « {found.group().strip()} »."
    if found := _PHONE.search(text):
        return f"On ne nomme personne ici : retirez le numéro « {found.group().strip()} »."
    if found := _TITLE.search(text):
        return f"On ne nomme personne ici : à la place de « {found.group().strip()} », dites la fonction."
    return None


def _words(text: str) -> str:
    """Lower case, without accents nor punctuation, one space around each word."""
    bare = unicodedata.normalize("NFKD", text.lower())
    return f" {' '.join(re.findall(r'[a-z0-9]+', bare.encode('ascii', 'ignore').decode()))} "


def named_in(text: str, people: Iterable[tuple[str, str]]) -> str | None:
    """A French sentence on the first of these people (first name, last name) whose whole name is in the text, in either order."""
    there = _words(text.replace("’", " ").replace("'", " "))
    for first, last in people:
        one, other = _words(first).strip(), _words(last).strip()
        if one and other and (f" {one} {other} " in there or f" {other} {one} " in there):
            return f"On ne nomme personne ici : à la place de « {first} {last} », dites la fonction."
    return None
