"""Two people wrote over the same version: what goes together, and what they must see. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of a sheet by its number, and what it shows, in words."""

    id: int
    alt: str


@dataclass(frozen=True, slots=True)
class Content:
    """All that a sheet says: its texts by the name of their field, and its photos in order."""

    texts: Mapping[str, str]
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """`content` keeps one's own words wherever both have changed them; `clashes` names those fields, `taken` the fields
    that only the other one had changed and that are theirs now."""

    content: Content
    clashes: frozenset[str]
    taken: frozenset[str]


def merge(base: Content, mine: Content, theirs: Content) -> Merged:
    """Bring together what two people made of `base`. Nothing that either added is lost."""
    texts: dict[str, str] = {}
    clashes, taken = set[str](), set[str]()
    for name, own in mine.texts.items():
        was, other = base.texts.get(name, ""), theirs.texts.get(name, "")
        texts[name] = own
        if own == was and other != was:
            texts[name] = other
            taken.add(name)
        elif own != other and other != was:
            clashes.add(name)
    photos = _photos(base.photos, mine.photos, theirs.photos)
    if photos != mine.photos:
        taken.add("photos")
    return Merged(Content(texts, photos), frozenset(clashes), frozenset(taken))


def _photos(base: Sequence[Photo], mine: Sequence[Photo], theirs: Sequence[Photo]) -> tuple[Photo, ...]:
    """One's own photos with what the other added; a photo that the other took away goes, unless one has described it anew."""
    was, other = {p.id: p for p in base}, {p.id: p for p in theirs}
    kept: list[Photo] = []
    for photo in mine:
        untouched = was.get(photo.id) == photo
        if untouched and photo.id not in other:
            continue
        kept.append(other[photo.id] if untouched else photo)
    here = {p.id for p in mine}
    return (*kept, *(p for p in theirs if p.id not in here and p.id not in was))
