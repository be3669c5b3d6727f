"""The employer's mobility plan: a period of whole months, its tables, the same as files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bureaux_volants.territory import french
from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.mobility_plan import gathering
from bureaux_volants.trials.mobility_plan.gathering import Plan
from bureaux_volants.web import fleet_export
from bureaux_volants.web.access import AgentRequest

from .access import lab_page
from .mobility_tables import period_of, tables

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What the page begins with.
USUAL_MONTHS = 12


class PeriodForm(forms.Form):
    """From a month to another, both included."""

    first = forms.ChoiceField(label=gettext_lazy("Du mois de"))
    last = forms.ChoiceField(label=gettext_lazy("Au mois de (compris)"))

    def __init__(self, *args: Any, territory: Territory, **kwargs: Any) -> None:
        self.known = {begin.isoformat()[:7]: begin for begin, _end in gathering.months_known(territory)}
        names = [(code, f"{french.MONTHS[day.month - 1]} {day.year}") for code, day in reversed(self.known.items())]
        codes = list(self.known)
        if codes:
            kwargs.setdefault("initial", {"first": codes[-USUAL_MONTHS:][0], "last": codes[-1]})
        super().__init__(*args, **kwargs)
        wrong = {"invalid_choice": _("Choisissez un mois de la liste."), "required": _("Choisissez un mois.")}
        for name in ("first", "last"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = names
            field.error_messages |= wrong


def _asked(request: AgentRequest) -> tuple[PeriodForm, Plan | None]:
    """The form and the plan asked for; the usual period when none is. With an error no plan."""
    territory = Territory.objects.get(pk=request.directory.territory_id)
    form = PeriodForm(request.GET if {"first", "last"} & set(request.GET) else None, territory=territory)
    if not form.known:
        return form, None
    if form.is_bound and not form.is_valid():
        return form, None
    said = form.cleaned_data if form.is_bound else form.initial
    try:
        return form, gathering.plan_of(territory, form.known[said["first"]], form.known[said["last"]])
    except TrialRefused as error:
        form.add_error(None, error.message)
        return form, None


@require_safe
@lab_page
def plan(request: AgentRequest) -> HttpResponse:
    form, found = _asked(request)
    context = {
        "form": form,
        "plan": found,
        "tables": tables(found) if found else [],
        "period": period_of(found) if found else "",
        "query": f"first={found.first:%Y-%m}&last={found.last:%Y-%m}" if found else "",
    }
    return render(request, "web/lab/mobility.html", context, status=422 if form.errors else 200)


@require_safe
@lab_page
def export(request: AgentRequest, form: str) -> HttpResponse:
    """The tables as a file, with nothing that the page does not show. `form` is "csv" or "xlsx"."""
    _form, found = _asked(request)
    if found is None:
        raise Http404
    make, kind = (fleet_export.as_csv, "text/csv; charset=utf-8") if form == "csv" else (fleet_export.as_xlsx, XLSX)
    response = HttpResponse(make(period_of(found), tables(found)), content_type=kind)
    name = f"plan-de-mobilite-{found.first:%Y-%m}-{found.last:%Y-%m}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
