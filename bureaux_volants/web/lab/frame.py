"""The frame of a trial's pages: which trial, who may see it, which page follows which."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from bureaux_volants.trials.models import Trial
from bureaux_volants.web.access import AgentRequest

#: The pages of a trial in the order of its life: name of the address, and what it is called.
PAGES = (
    ("trial", _("Où en est-on")),
    ("trial_design", _("Protocole")),
    ("trial_people", _("Participants")),
    ("trial_surveys", _("Questionnaires")),
    ("trial_equity", _("Qui en profite")),
    ("trial_costs", _("Dépenses")),
    ("trial_grid", _("Grille")),
    ("trial_report", _("Rapport")),
    ("trial_exports", _("Données")),
)


def trial_of(request: AgentRequest, slug: str) -> Trial:
    """A trial of the reader's own territory; Http404 otherwise. The page is a role page already."""
    found = Trial.objects.filter(territory_id=request.directory.territory_id, slug=slug).first()
    if found is None:
        raise Http404
    return found


def frame_of(trial: Trial, here: str) -> dict[str, Any]:
    """What `web/lab/trial.html` needs: `here` is the name of the page's address, one of PAGES."""
    return {"trial": trial, "trial_pages": [(name, label, name == here) for name, label in PAGES]}


def json_answer(name: str, text: str) -> HttpResponse:
    """A text of canonical JSON, byte for byte, to keep and to check."""
    response = HttpResponse(text.encode(), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
