"""The welcome sheet of a site: read it, write a new version of it, take an older one up again.

Whoever writes names the version that they read. Over a newer one nothing is written: `Newer` hands it over, so that the
two can be brought together (merging.py). The door and its code are only for whom `opens_to` says.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.utils import timezone

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, AnySite, may

from .merging import Content, Photo
from .models import SheetPhoto, SheetVersion

#: What anybody of the territory may read, in the order of the sheet; and what opens the door.
OPEN_TEXTS = ("bike", "stops", "car", "wifi", "lunch", "contact", "leaving")
DOOR_TEXTS = ("door", "code")
TEXTS = (*OPEN_TEXTS, *DOOR_TEXTS)

MOST_PHOTOS = 6


class Newer(BookingError):
    """Somebody has written a newer version meanwhile: `version`."""

    code = "newer-version"

    def __init__(self, version: SheetVersion) -> None:
        super().__init__("Cette fiche a été modifiée pendant que vous écriviez.")
        self.version = version


@dataclass(frozen=True, slots=True)
class Door:
    """How to get in."""

    door: str
    code: str


def latest(site_id: int) -> SheetVersion | None:
    """The sheet as it is now; None while nobody has written it."""
    return SheetVersion.objects.filter(site_id=site_id).select_related("author").order_by("-number").first()


def latest_of(site_ids: Iterable[int]) -> dict[int, SheetVersion]:
    """The sheets of several sites as they are now, by site. One query."""
    found = SheetVersion.objects.filter(site__in=set(site_ids)).order_by("site_id", "-number").distinct("site_id")
    return {version.site_id: version for version in found}


def content_of(version: SheetVersion | None) -> Content:
    """What a version says; nothing, for none."""
    if version is None:
        return Content(dict.fromkeys(TEXTS, ""))
    return Content(
        {name: getattr(version, name) for name in TEXTS}, tuple(Photo(p["id"], p["alt"]) for p in version.photos)
    )


def changed(before: Content, after: Content) -> list[str]:
    """The fields in which two versions differ, "photos" among them, in the order of the sheet."""
    names = [name for name in TEXTS if before.texts.get(name, "") != after.texts.get(name, "")]
    return [*names, "photos"] if before.photos != after.photos else names


@in_transaction
def write(
    territory_id: int,
    site_id: int,
    content: Content,
    base: int,
    author: Author,
    *,
    restores: int | None = None,
    now: dt.datetime | None = None,
) -> SheetVersion:
    """Keep a new version, written over version `base` (0: over none). What says nothing new is not kept.

    Raises Newer when `base` is no longer the last one: then nothing is changed.
    """
    lock(sites=[site_id])
    last = latest(site_id)
    if last is not None and last.number != base:
        raise Newer(last)
    before = content_of(last)
    if last is not None and not changed(before, content):
        return last
    # Only pictures sent for this very site: a form may name any number.
    own = set(
        SheetPhoto.objects.filter(site_id=site_id, pk__in=[p.id for p in content.photos]).values_list("pk", flat=True)
    )
    content = Content(content.texts, tuple(p for p in content.photos if p.id in own)[:MOST_PHOTOS])
    version = SheetVersion.objects.create(
        territory_id=territory_id,
        site_id=site_id,
        number=(last.number if last else 0) + 1,
        at=now or timezone.now(),
        author=author.agent,
        restores=restores,
        photos=[{"id": p.id, "alt": p.alt} for p in content.photos],
        **{name: content.texts.get(name, "") for name in TEXTS},
    )
    # Which fields, never what they say: the log is read by more people than the door's code is for.
    record(
        territory_id,
        author,
        "sheet.written",
        "site",
        site_id,
        version=version.number,
        fields=changed(before, content),
        **({"restores": restores} if restores else {}),
    )
    return version


def restore(
    territory_id: int, site_id: int, number: int, base: int, author: Author, *, now: dt.datetime | None = None
) -> SheetVersion:
    """Write again what an older version said. Raises NotFound, and Newer as `write` does."""
    old = SheetVersion.objects.filter(territory_id=territory_id, site_id=site_id, number=number).first()
    if old is None:
        raise NotFound("Cette version n'existe pas.")
    return write(territory_id, site_id, content_of(old), base, author, restores=number, now=now)


def add_photo(territory_id: int, site_id: int, picture: bytes, *, now: dt.datetime | None = None) -> SheetPhoto:
    """Keep a cleaned picture (booking/photos.py). No page shows it before a version does."""
    photo = SheetPhoto(territory_id=territory_id, site_id=site_id, added_at=now or timezone.now())
    photo.image.save(f"{uuid.uuid4().hex}.jpg", ContentFile(picture), save=True)
    return photo


def opens_to(agent: Agent, site: AnySite, directory: Directory, now: dt.datetime) -> bool:
    """Whether a person may be told the door and its code: they receive people there, or are booked there today."""
    if agent.territory_id != directory.territory_id:
        return False
    if may(agent, Action.HOST, site=site):
        return True
    today = local_day(directory.today(now), directory.zone)
    return Booking.objects.filter(
        agent=agent,
        territory_id=directory.territory_id,
        site_id=site.id,
        state__in=(State.CONFIRMED, State.IN_USE),
        start__lt=today.end,
        end__gt=today.start,
    ).exists()


def door_of(
    agent: Agent, site: AnySite, directory: Directory, now: dt.datetime, version: SheetVersion | None
) -> Door | None:
    """How to get in, for whom it is; None for everybody else, and when the sheet does not say."""
    if version is None or not (version.door or version.code) or not opens_to(agent, site, directory, now):
        return None
    return Door(version.door, version.code)


def open_texts(version: SheetVersion | None) -> Mapping[str, str]:
    """What a sheet says to everybody, without its empty fields."""
    return {} if version is None else {n: text for n in OPEN_TEXTS if (text := getattr(version, n))}
