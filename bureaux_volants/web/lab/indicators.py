"""The glossary of indicators, and each of them month by month. It reads figures that were kept, and works nothing out."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.trials.indicators import reading
from bureaux_volants.trials.indicators.parts import family_words, words_of
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.report import charts
from bureaux_volants.web.access import AgentRequest

from .access import lab_page


def part_words(part: str, communes: dict[str, str]) -> str:
    """A group of a breakdown in French, with what it is a group of."""
    return f"{family_words(part)} : {words_of(part, communes)}"


@require_safe
@lab_page
def glossary(request: AgentRequest) -> HttpResponse:
    context = {"entries": reading.glossary(request.directory.territory_id)}
    return render(request, "web/lab/indicators.html", context)


@require_safe
@lab_page
def indicator(request: AgentRequest, code: str) -> HttpResponse:
    one = INDICATORS.get(code)
    if one is None:
        raise Http404
    territory_id = request.directory.territory_id
    months = reading.months_of(territory_id, code)
    points = tuple(
        (f"{m.first_day:%m/%Y}", m.value, m.low, m.high) for m in months if not m.is_hidden and m.value is not None
    )
    communes = reading.commune_names(territory_id)
    parts = reading.parts_of(territory_id, code)
    title = _("%(name)s, mois par mois") % {"name": str(one.name).capitalize()}
    chart, narrow = (
        (_chart(points, str(one.unit), title, is_narrow=is_narrow) if len(points) > 1 else None)
        for is_narrow in (False, True)
    )
    context = {
        "one": one,
        "months": months[::-1],
        "parts": [(part_words(p.part, communes), p) for p in parts],
        "parts_day": parts[0].first_day if parts else None,
        "chart": chart,
        "narrow": narrow,
    }
    return render(request, "web/lab/indicator.html", context)


@lru_cache(maxsize=128)
def _chart(
    points: tuple[tuple[str, float, float | None, float | None], ...], unit: str, title: str, *, is_narrow: bool
) -> SafeString:
    key = "months-narrow" if is_narrow else "months"
    # Our own drawing of our own figures: its words are escaped where it is made (trials/report/charts.py).
    return mark_safe(charts.months(points, unit=unit, title=title, key=key, is_narrow=is_narrow))  # noqa: S308
