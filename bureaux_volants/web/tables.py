"""Facteurs et barèmes: the tables in force with their source, every version, and a new one from a spreadsheet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bureaux_volants.territory.permissions import Action, may_everywhere
from bureaux_volants.travel.footprint import Tables
from bureaux_volants.travel.models import TableVersion
from bureaux_volants.travel.sheets import COLUMNS, MOST_CHARACTERS, Faulty, Kind, Table, rows_of, write_sheet
from bureaux_volants.travel.tables import Known, add, tables_of, versions_of

from .access import AgentRequest, author_of, role_page
from .forms import FARTHEST, DateInput

#: What the keys of the sheets are, for people.
NAMES = {
    "walk": gettext_lazy("marche"),
    "bike": gettext_lazy("vélo"),
    "ebike": gettext_lazy("vélo électrique"),
    "cargo_bike": gettext_lazy("vélo cargo"),
    "bus": gettext_lazy("bus"),
    "rapid_bus": gettext_lazy("bus à haut niveau de service"),
    "coach": gettext_lazy("autocar"),
    "tram": gettext_lazy("tramway"),
    "metro": gettext_lazy("métro"),
    "train": gettext_lazy("train régional"),
    "car_diesel": gettext_lazy("voiture diesel"),
    "car_petrol": gettext_lazy("voiture essence"),
    "car_hybrid": gettext_lazy("voiture hybride"),
    "car_electric": gettext_lazy("voiture électrique"),
    "ticket": gettext_lazy("ticket de transport"),
}
HEADS = {
    "cle": gettext_lazy("Clé"),
    "usage": gettext_lazy("Usage"),
    "fabrication": gettext_lazy("Fabrication"),
    "unite": gettext_lazy("Unité"),
    "source": gettext_lazy("Source"),
    "valeur": gettext_lazy("Valeur"),
    "jusqu_a_km": gettext_lazy("Jusqu'à (km par an)"),
}
FIGURES = frozenset({"usage", "fabrication", "valeur", "jusqu_a_km"})


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in force, as the page tells it."""

    kind: str
    title: str
    table: Table
    is_shipped: bool
    heads: list[tuple[Any, bool]]
    rows: list[list[Cell]]
    versions: list[Known]


class VersionForm(forms.Form):
    """A new version: its name, its first day, its source, and its values as a file or as text."""

    version = forms.CharField(
        label=gettext_lazy("Nom de la version"),
        max_length=40,
        help_text=gettext_lazy(
            "Lettres minuscules, chiffres et tirets : « ademe-2027-01 ». Les résultats le citeront."
        ),
        error_messages={"required": gettext_lazy("Nommez la version : les résultats la citeront.")},
    )
    since = forms.DateField(
        label=gettext_lazy("En vigueur à partir du"),
        widget=DateInput(),
        error_messages={
            "required": gettext_lazy("Indiquez le premier jour où ces valeurs valent."),
            "invalid": gettext_lazy("Indiquez un jour, par exemple 01/01/2027."),
        },
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Texte, délibération ou publication, avec sa date."),
        error_messages={
            "required": gettext_lazy(
                "Indiquez d'où viennent ces chiffres : texte, délibération ou publication, avec sa date."
            )
        },
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier CSV"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("Sans fichier, c'est le tableau ci-dessous qui est lu."),
    )
    text = forms.CharField(
        label=gettext_lazy("Valeurs"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "sheet", "spellcheck": "false", "wrap": "off"}),
    )

    def clean_since(self) -> dt.date:
        since: dt.date = self.cleaned_data["since"]
        # Tables of the past are asked for as well: nobody is that far behind, or ahead.
        if abs(since - timezone.localdate()) > 5 * FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return since

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if file is not None:
            if file.size > MOST_CHARACTERS:
                self.add_error("file", _("Ce fichier est trop gros pour un tableau de quelques lignes."))
            else:
                data["text"] = _decoded(file.read())
        return data


def _decoded(content: bytes) -> str:
    """A file's text; spreadsheets of some offices still write in Windows' own alphabet."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _kind(request: AgentRequest, name: str) -> Kind:
    if not may_everywhere(request.user, Action.ADMINISTER) or name not in {k.value for k in Kind}:
        raise Http404
    return Kind(name)


def _of(tables: Tables, kind: Kind) -> Table:
    by_kind: dict[Kind, Table] = {
        Kind.FACTORS: tables.factors,
        Kind.FARES: tables.fares,
        Kind.ALLOWANCES: tables.allowances,
    }
    return by_kind[kind]


def _shown(kind: Kind, table: Table, versions: list[Known]) -> Shown:
    columns = COLUMNS[kind]
    return Shown(
        kind=kind.value,
        title=str(TableVersion.Kind(kind.value).label).capitalize(),
        table=table,
        is_shipped=next(v.row is None for v in versions if v.table.version == table.version),
        heads=[(HEADS[c], c in FIGURES) for c in columns],
        rows=[[_cell(c, text) for c, text in zip(columns, row, strict=True)] for row in rows_of(table)],
        versions=versions,
    )


def _cell(column: str, text: str) -> Cell:
    if column == "cle":
        text = str(NAMES[text]).capitalize()
    elif column == "jusqu_a_km" and not text:
        text = _("au-delà")
    return Cell(text, column in FIGURES)


@require_safe
@role_page(Action.ADMINISTER)
def tables(request: AgentRequest) -> HttpResponse:
    """The three tables in force today, each with its source, and the versions known."""
    if not may_everywhere(request.user, Action.ADMINISTER):
        raise Http404
    territory_id, today = request.directory.territory_id, request.directory.today(timezone.now())
    now, versions = tables_of(territory_id, today), versions_of(territory_id)
    shown = [_shown(kind, _of(now, kind), versions[kind]) for kind in Kind]
    return render(request, "web/tables/index.html", {"shown": shown, "today": today})


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.ADMINISTER)
def new(request: AgentRequest, kind: str) -> HttpResponse:
    """A new version: the form begins with the values in force; posted with a fault, it keeps what was sent."""
    known = _kind(request, kind)
    territory_id, today = request.directory.territory_id, request.directory.today(timezone.now())
    current = _of(tables_of(territory_id, today), known)
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        form = VersionForm(request.POST, request.FILES)
        if form.is_valid():
            data = form.cleaned_data
            try:
                add(
                    territory_id,
                    known,
                    data["text"],
                    version=data["version"],
                    since=data["since"],
                    source=data["source"],
                    author=author_of(request),
                )
            except Faulty as faulty:
                faults = faulty.faults
            else:
                messages.success(
                    request,
                    _("La version « %s » est enregistrée : les jours à partir de sa date s'en serviront.")
                    % data["version"],
                )
                return redirect("tables")
        # A file cannot be sent back to its field: its text can be corrected where it is shown.
        kept = request.POST.copy()
        kept["text"] = form.cleaned_data.get("text") or kept.get("text", "")
        form.data = kept
    else:
        form = VersionForm(initial={"since": today, "text": write_sheet(current)})
    context = {
        "kind": kind,
        "title": TableVersion.Kind(kind).label,
        "form": form,
        "faults": faults,
        "current": current,
        "columns": ";".join(COLUMNS[known]),
    }
    return render(request, "web/tables/new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@role_page(Action.ADMINISTER)
def sheet(request: AgentRequest, kind: str, version: str) -> HttpResponse:
    """One version's values, as the file that a new version can begin with."""
    known = _kind(request, kind)
    found = next((k for k in versions_of(request.directory.territory_id)[known] if k.table.version == version), None)
    if found is None:
        raise Http404
    response = HttpResponse(write_sheet(found.table).encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}-{version}.csv"'
    return response
