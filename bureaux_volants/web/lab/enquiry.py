"""The enquiry's pages: notes, their photos, findings."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.photos import BadPhoto, clean
from bureaux_volants.trials import enquiry
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import FieldNote, Finding, NotePhoto
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.csv_answer import csv_answer
from bureaux_volants.web.forms_enquiry import FindingForm, NoteForm, PhotoForm

from .access import lab_page


@require_safe
@lab_page
def notes(request: AgentRequest) -> HttpResponse:
    """All notes, or those of one tag."""
    territory_id = request.directory.territory_id
    every = FieldNote.objects.filter(territory_id=territory_id)
    tags = enquiry.tags_of(territory_id)
    tag = request.GET.get("etiquette", "")
    tag = tag if tag in dict(tags) else ""
    found = every.filter(tags__contains=[tag]) if tag else every
    found = found.select_related("commune").prefetch_related("verbatims", "photos", "findings")
    context = {
        "notes": found,
        "tags": tags,
        "tag": tag,
        "total": every.count(),
        "findings": Finding.objects.filter(territory_id=territory_id)
        .select_related("trial", "decision__trial")
        .prefetch_related("notes", "hypotheses__trial"),
    }
    return render(request, "web/lab/notes.html", context)


def _own(request: AgentRequest, reference: str) -> FieldNote:
    if "\0" in reference:  # the database would not even look
        raise Http404
    return get_object_or_404(FieldNote, reference=reference, territory_id=request.directory.territory_id)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def note_new(request: AgentRequest) -> HttpResponse:
    initial: dict[str, Any] = {
        "kind": FieldNote.Kind.INTERVIEW,
        "day": request.directory.today(timezone.now()),
        "consent": FieldNote.Consent.NOT_NEEDED,
    }
    return _note_page(request, None, initial)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def note_edit(request: AgentRequest, reference: str) -> HttpResponse:
    note = _own(request, reference)
    return _note_page(request, note, NoteForm.beginning(note))


def _note_page(request: AgentRequest, note: FieldNote | None, initial: dict[str, Any]) -> HttpResponse:
    territory_id = request.directory.territory_id
    form = NoteForm(request.POST or None, initial=initial, territory_id=territory_id)
    if request.method == "POST" and form.is_valid():
        try:
            kept = enquiry.save_note(territory_id, form.note, author_of(request), note_id=note.pk if note else None)
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("La note est enregistrée."))
            return redirect("trial_note", kept.reference)
    context = {"form": form, "note": note, "photo_form": PhotoForm()}
    return render(request, "web/lab/note.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@lab_page
def note_delete(request: AgentRequest, reference: str) -> HttpResponse:
    note = _own(request, reference)
    enquiry.delete_note(note.territory_id, note.pk, author_of(request))
    messages.success(request, _("La note est supprimée, avec ses phrases et ses photos."))
    return redirect("trial_notes")


@require_POST
@lab_page
def photo_add(request: AgentRequest, reference: str) -> HttpResponse:
    note = _own(request, reference)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            picture = clean(form.cleaned_data["picture"])
            enquiry.add_photo(note.territory_id, note.pk, picture, form.cleaned_data["alt"], author_of(request))
        except (BadPhoto, TrialRefused) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("La photo est ajoutée, sans ce que l'appareil y avait écrit."))
            return redirect("trial_note", reference)
    note_form = NoteForm(initial=NoteForm.beginning(note), territory_id=note.territory_id)
    return render(request, "web/lab/note.html", {"form": note_form, "note": note, "photo_form": form}, status=422)


@require_POST
@lab_page
def photo_remove(request: AgentRequest, reference: str, photo_id: int) -> HttpResponse:
    note = _own(request, reference)
    try:
        enquiry.remove_photo(note.territory_id, note.pk, photo_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("La photo est supprimée."))
    return redirect("trial_note", reference)


@require_safe
@lab_page
def photo(request: AgentRequest, reference: str, photo_id: int) -> FileResponse:
    """A picture of a note, for the lab of its own territory."""
    found = get_object_or_404(NotePhoto, pk=photo_id, note=_own(request, reference))
    try:
        return FileResponse(found.image.open("rb"))
    except FileNotFoundError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def finding_new(request: AgentRequest) -> HttpResponse:
    return _finding_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def finding_edit(request: AgentRequest, finding_id: int) -> HttpResponse:
    return _finding_page(
        request, get_object_or_404(Finding, pk=finding_id, territory_id=request.directory.territory_id)
    )


def _finding_page(request: AgentRequest, finding: Finding | None) -> HttpResponse:
    territory_id = request.directory.territory_id
    initial = FindingForm.beginning(finding) if finding else {}
    form = FindingForm(request.POST or None, initial=initial, territory_id=territory_id)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            enquiry.save_finding(
                territory_id,
                data["title"],
                data["text"],
                data["notes"],
                author_of(request),
                led_to=data["led_to"],
                trial_id=data["trial"],
                decision_id=data["decision"],
                finding_id=finding.pk if finding else None,
            )
        except (TrialRefused, NotFound) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Le constat est enregistré."))
            return redirect("trial_notes")
    context = {"form": form, "finding": finding}
    return render(request, "web/lab/finding.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@lab_page
def finding_delete(request: AgentRequest, finding_id: int) -> HttpResponse:
    try:
        enquiry.delete_finding(request.directory.territory_id, finding_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Le constat est supprimé ; ses notes restent."))
    return redirect("trial_notes")


@require_safe
@lab_page
def findings_csv(request: AgentRequest) -> HttpResponse:
    return csv_answer("constats.csv", enquiry.findings_csv(request.directory.territory_id))
