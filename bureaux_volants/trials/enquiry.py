"""The enquiry: notes of what was heard and seen, and findings that say what several notes say together.

Nobody is named. A sentence is kept as it was said only with the consent of whoever said it, or when nobody could be recognised:
when consent is refused or taken back, the sentences go. Pictures are drawn anew without metadata (booking/photos.py), and are in
no export.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Commune

from .errors import NotFound, TrialRefused
from .models import Decision, FieldNote, Finding, NotePhoto, Trial, Verbatim
from .naming import leads_to_somebody

MOST_PHOTOS = 6
MOST_VERBATIMS = 20


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says. `tags` are kept in lower case, once each."""

    kind: str
    day: dt.date
    text: str
    who: str = ""
    place: str = ""
    commune_id: int | None = None
    tags: tuple[str, ...] = ()
    consent: str = FieldNote.Consent.NOT_NEEDED
    consent_at: dt.date | None = None
    verbatims: tuple[str, ...] = ()
    trial_id: int | None = None


def _check(territory_id: int, said: Note, today: dt.date) -> None:
    reasons = leads_to_somebody(territory_id, said.who, said.place, said.text, *said.verbatims)
    if said.day > today:
        reasons.append("Une note se prend après : ce jour est à venir.")
    if said.consent == FieldNote.Consent.GIVEN and said.consent_at is None:
        reasons.append("Dites quel jour l'accord a été donné.")
    if said.consent == FieldNote.Consent.GIVEN and said.consent_at is not None and said.consent_at > today:
        reasons.append("L'accord se note une fois donné : ce jour est à venir.")
    if said.consent == FieldNote.Consent.REFUSED and said.verbatims:
        reasons.append("L'accord pour être cité est refusé : ne gardez pas ses phrases, dites-en le sens dans la note.")
    if len(said.verbatims) > MOST_VERBATIMS:
        reasons.append(f"{MOST_VERBATIMS} phrases au plus par note.")
    if said.commune_id and not Commune.objects.filter(pk=said.commune_id, territory_id=territory_id).exists():
        reasons.append("Cette commune n'est pas du territoire.")
    if said.trial_id and not Trial.objects.filter(pk=said.trial_id, territory_id=territory_id).exists():
        reasons.append("Cet essai n'existe pas.")
    if reasons:
        raise TrialRefused(*dict.fromkeys(reasons))


@in_transaction
def save_note(
    territory_id: int, said: Note, author: Author, *, note_id: int | None = None, now: dt.datetime | None = None
) -> FieldNote:
    """Keep a note, or write it anew. Raises NotFound, TrialRefused."""
    now = now or timezone.now()
    note = (
        FieldNote(territory_id=territory_id, author=author.agent, created_at=now)
        if note_id is None
        else _note(territory_id, note_id)
    )
    _check(territory_id, said, now.astimezone(note.territory.zone).date())
    for name in ("kind", "day", "text", "who", "place", "commune_id", "consent", "trial_id"):
        setattr(note, name, getattr(said, name))
    note.consent_at = said.consent_at if said.consent == FieldNote.Consent.GIVEN else None
    note.tags = sorted({t.strip().lower()[:40] for t in said.tags if t.strip()})
    note.save()
    note.verbatims.all().delete()
    Verbatim.objects.bulk_create(Verbatim(note=note, text=text) for text in said.verbatims)
    record(territory_id, author, "note.written" if note_id is None else "note.changed", "field_note", note.pk)
    return note


def _note(territory_id: int, note_id: int) -> FieldNote:
    found = FieldNote.objects.select_for_update().filter(pk=note_id, territory_id=territory_id).first()
    if found is None:
        raise NotFound("Cette note n'existe pas.")
    return found


@in_transaction
def delete_note(territory_id: int, note_id: int, author: Author) -> None:
    """A note goes, with its sentences and its pictures; the findings that rested on it stay. Raises NotFound."""
    note = _note(territory_id, note_id)
    for photo in note.photos.all():
        _drop_file(photo)
    record(territory_id, author, "note.deleted", "field_note", note.pk)
    note.delete()


def _drop_file(photo: NotePhoto) -> None:
    storage, name = photo.image.storage, str(photo.image.name)
    # Only once it is certain: a file does not come back with the transaction.
    transaction.on_commit(lambda: storage.delete(name))


@in_transaction
def add_photo(territory_id: int, note_id: int, picture: bytes, alt: str, author: Author) -> NotePhoto:
    """Keep a cleaned picture (booking/photos.py) with what is seen on it in words. Raises NotFound, TrialRefused."""
    note = _note(territory_id, note_id)
    if not alt.strip():
        raise TrialRefused("Dites ce qu'on voit sur la photo : tout le monde ne la verra pas.")
    if reasons := leads_to_somebody(territory_id, alt):
        raise TrialRefused(*reasons)
    if note.photos.count() >= MOST_PHOTOS:
        raise TrialRefused(f"{MOST_PHOTOS} photos au plus par note.")
    photo = NotePhoto(note=note, alt=alt.strip())
    photo.image.save(f"{uuid.uuid4().hex}.jpg", ContentFile(picture), save=True)
    record(territory_id, author, "note.changed", "field_note", note.pk)
    return photo


@in_transaction
def remove_photo(territory_id: int, note_id: int, photo_id: int, author: Author) -> None:
    """A picture goes. Raises NotFound."""
    photo = _note(territory_id, note_id).photos.filter(pk=photo_id).first()
    if photo is None:
        raise NotFound("Cette photo n'existe pas.")
    _drop_file(photo)
    photo.delete()
    record(territory_id, author, "note.changed", "field_note", note_id)


def quotable(territory_id: int) -> QuerySet[Verbatim]:
    """The sentences that may be quoted: consent given, or nobody to be recognised."""
    allowed = (FieldNote.Consent.GIVEN, FieldNote.Consent.NOT_NEEDED)
    return Verbatim.objects.filter(note__territory_id=territory_id, note__consent__in=allowed).select_related("note")


@in_transaction
def save_finding(
    territory_id: int,
    title: str,
    text: str,
    notes: Iterable[int],
    author: Author,
    *,
    led_to: str = "",
    trial_id: int | None = None,
    decision_id: int | None = None,
    finding_id: int | None = None,
    now: dt.datetime | None = None,
) -> Finding:
    """What several notes say together, and what it led to: words, a trial, a decision, or the hypotheses that name it. Raises NotFound, TrialRefused."""
    if reasons := leads_to_somebody(territory_id, title, text, led_to):
        raise TrialRefused(*reasons)
    own = list(FieldNote.objects.filter(territory_id=territory_id, pk__in=list(notes)))
    if not own:
        raise TrialRefused("Un constat s'appuie sur au moins une note : choisissez lesquelles.")
    if trial_id and not Trial.objects.filter(pk=trial_id, territory_id=territory_id).exists():
        raise NotFound("Cet essai n'existe pas.")
    if decision_id and not Decision.objects.filter(pk=decision_id, trial__territory_id=territory_id).exists():
        raise NotFound("Cette décision n'existe pas.")
    if finding_id is None:
        finding = Finding(territory_id=territory_id, created_at=now or timezone.now())
    else:
        finding = finding_of(territory_id, finding_id)
    finding.title, finding.text, finding.led_to = title, text, led_to
    finding.trial_id, finding.decision_id = trial_id, decision_id
    finding.save()
    finding.notes.set(own)
    record(territory_id, author, "finding.written", "finding", finding.pk)
    return finding


def finding_of(territory_id: int, finding_id: int) -> Finding:
    """A finding of the territory. Raises NotFound."""
    found = Finding.objects.filter(pk=finding_id, territory_id=territory_id).first()
    if found is None:
        raise NotFound("Ce constat n'existe pas.")
    return found


@in_transaction
def delete_finding(territory_id: int, finding_id: int, author: Author) -> None:
    """A finding goes; its notes stay. Raises NotFound."""
    finding = finding_of(territory_id, finding_id)
    record(territory_id, author, "finding.deleted", "finding", finding.pk)
    finding.delete()


def findings_csv(territory_id: int) -> bytes:
    """The findings as a CSV file (UTF-8 with its mark, semicolons): no author, no who, no picture; sentences with consent only."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(
        ["constat", "explication", "notes", "étiquettes", "verbatims", "a mené à", "essai", "hypothèses", "décision"]
    )
    quoted: dict[int, list[str]] = {}
    for verbatim in quotable(territory_id):
        quoted.setdefault(verbatim.note_id, []).append(verbatim.text)
    found = Finding.objects.filter(territory_id=territory_id).select_related("trial", "decision")
    for finding in found.prefetch_related("notes", "hypotheses"):
        notes = list(finding.notes.all())
        row = [
            finding.title,
            finding.text,
            str(len(notes)),
            ", ".join(sorted({t for n in notes for t in n.tags})),
            " | ".join(text for n in notes for text in quoted.get(n.pk, ())),
            finding.led_to,
            finding.trial.title if finding.trial else "",
            " | ".join(h.text for h in finding.hypotheses.all()),
            finding.decision.what if finding.decision else "",
        ]
        writer.writerow([_plain(cell) for cell in row])
    return ("\ufeff" + out.getvalue()).encode()


def tags_of(territory_id: int) -> list[tuple[str, int]]:
    """The tags of a territory's notes and on how many notes each is, in alphabetical order."""
    every = FieldNote.objects.filter(territory_id=territory_id).values_list("tags", flat=True)
    return sorted(Counter(tag for tags in every for tag in tags).items())


#: What a spreadsheet begins a formula with, as written and in the wide letters that some read alike (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _plain(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula, with or without the spaces before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell
