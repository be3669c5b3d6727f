"""The mobility charter as an agent reads and accepts it, and how many have, for the evaluation."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.charter import acceptance
from bureaux_volants.charter.asking import reasons_by_rule
from bureaux_volants.charter.models import Acceptance
from bureaux_volants.charter.versions import current
from bureaux_volants.territory.permissions import Action, may, may_everywhere
from bureaux_volants.web.access import AgentRequest, agent_page, author_of, role_page
from bureaux_volants.web.charter_words import EFFECTS, conditions


@require_safe
@agent_page
def charter(request: AgentRequest) -> HttpResponse:
    """The version in force, its rules in words, and the button that accepts it."""
    version = current(request.directory.territory_id)
    context = {
        "version": version,
        "accepted": Acceptance.objects.filter(agent=request.user, version=version).first() if version else None,
        "before": version is not None
        and Acceptance.objects.filter(agent=request.user).exclude(version=version).exists(),
        "rules": [(rule, conditions(rule), EFFECTS[rule.effect]) for rule in version.read_rules()] if version else [],
        "administers": may_everywhere(request.user, Action.ADMINISTER),
        "evaluates": may(request.user, Action.EVALUATE),
    }
    return render(request, "web/charter/read.html", context)


@require_POST
@agent_page
def accept(request: AgentRequest) -> HttpResponse:
    """Accept the version that was shown."""
    try:
        number = int(request.POST.get("version", ""))
    except ValueError:
        raise Http404 from None
    try:
        acceptance.accept(request.user, number, author_of(request))
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Merci : c'est noté."))
    return redirect("charter")


@require_safe
@role_page(Action.EVALUATE)
def progress(request: AgentRequest) -> HttpResponse:
    """How many have accepted and how often each rule was answered with a reason; never a group under five."""
    version = current(request.directory.territory_id)
    groups = acceptance.shown(acceptance.by_organisation(version)) if version else []
    sentences = {rule.code: rule.sentence for rule in version.read_rules()} if version else {}
    context = {
        "version": version,
        "groups": groups,
        "people": sum(g.people for g in groups),
        "accepted": sum(g.accepted for g in groups),
        "least": acceptance.LEAST,
        "reasons": [
            {**row, "sentence": sentences.get(row["code"], "")}
            for row in reasons_by_rule(request.directory.territory_id)
        ],
    }
    return render(request, "web/charter/progress.html", context)
