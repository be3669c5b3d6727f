"""The lab's own questionnaires as they are kept: written, changed, dropped.

A version that a wave puts to people, or will, never changes (the database refuses it too): a change of it is the next version, on
which further changes then go until a wave puts that one. What was answered keeps the version in which it was asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.trials.errors import NotFound
from bureaux_volants.trials.models import Survey

from . import editing
from .editing import CannotEdit, Draft
from .questions import Definition

#: Ready-made: put as they are, never edited here.
READY = ("who5", "sts", "profil", "carnet")
LONGEST_TITLE = 120


def own(territory_id: int) -> list[Survey]:
    """The latest version of each questionnaire that the lab wrote, by title."""
    rows = _own(territory_id).order_by("code", "-version").distinct("code")
    return sorted(rows, key=lambda s: s.title.casefold())


def latest(territory_id: int, code: str) -> Survey:
    """Raises NotFound."""
    found = _own(territory_id).filter(code=code).order_by("-version").first()
    if found is None:
        raise NotFound(_("Ce questionnaire n'existe pas."))
    return found


def versions(territory_id: int, code: str) -> list[Survey]:
    """Latest first."""
    return list(_own(territory_id).filter(code=code).order_by("-version").prefetch_related("waves__trial"))


def is_put(survey: Survey) -> bool:
    """Whether a wave puts this very version, or will."""
    return survey.waves.exists()


@in_transaction
def create(territory_id: int, title: str, intro: str, author: Author) -> Survey:
    """An empty questionnaire. Raises CannotEdit."""
    return _new(territory_id, f"q-{secrets.token_hex(4)}", 1, editing.begun(title, intro), author)


@in_transaction
def edit(territory_id: int, code: str, change: Callable[[Definition], Draft], author: Author) -> Survey:
    """The questionnaire after `change` (a step of editing.py): in place, or as a new version once it is put to people.

    Raises NotFound, CannotEdit.
    """
    # The first version stands for all: two changes at once come one after the other, each on what the former left.
    _own(territory_id).filter(code=code).order_by("version").select_for_update(of=("self",)).first()
    survey = _own(territory_id).filter(code=code).order_by("-version").select_for_update(of=("self",)).first()
    if survey is None:
        raise NotFound(_("Ce questionnaire n'existe pas."))
    changed = change(survey.questions)
    if changed == survey.questions:
        return survey
    if is_put(survey):
        return _new(territory_id, code, survey.version + 1, changed, author)
    survey.questions, survey.title = changed, _title(changed)
    survey.save(update_fields=["questions", "title"])
    record(territory_id, author, "survey.written", "survey", survey.pk, code=code, version=survey.version)
    return survey


@in_transaction
def drop(territory_id: int, code: str, author: Author) -> None:
    """Throw the latest version away; the one before it is the latest again. Raises NotFound, CannotEdit once it is put to people."""
    survey = _own(territory_id).filter(code=code).order_by("-version").select_for_update(of=("self",)).first()
    if survey is None:
        raise NotFound(_("Ce questionnaire n'existe pas."))
    if is_put(survey):
        raise CannotEdit(_("Cette version a été posée : elle reste, avec ses réponses."))
    record(territory_id, author, "survey.dropped", "survey", survey.pk, code=code, version=survey.version)
    survey.delete()


def _own(territory_id: int) -> QuerySet[Survey]:
    ready = Q(code__in=READY) | Q(questions__has_key="scales")
    return Survey.objects.filter(territory_id=territory_id, kind=Survey.Kind.QUESTIONNAIRE).exclude(ready)


def _new(territory_id: int, code: str, version: int, definition: Draft, author: Author) -> Survey:
    survey = Survey.objects.create(
        territory_id=territory_id,
        code=code,
        version=version,
        title=_title(definition),
        questions=definition,
        created_at=timezone.now(),
    )
    record(territory_id, author, "survey.written", "survey", survey.pk, code=code, version=version)
    return survey


def _title(definition: Definition) -> str:
    title = str(definition["title"].get("fr", ""))
    if not title or len(title) > LONGEST_TITLE:
        raise CannotEdit(_("Le titre compte de 1 à %(n)d caractères.") % {"n": LONGEST_TITLE})
    return title
