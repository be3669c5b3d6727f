"""Mes messages, quand et comment: what is sent, and when."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.events.log import record
from bureaux_volants.messages.kinds import Group
from bureaux_volants.messages.models import DeliveryPreferences
from bureaux_volants.territory.permissions import Action, may
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms_messages import DeliveryForm

#: What everybody may be told of; an account's own mails are always sent at once.
OF_ALL = (Group.BOOKINGS, Group.REMINDERS, Group.RIDES, Group.MEETINGS, Group.TRIALS)


def _groups(request: AgentRequest) -> list[Group]:
    """The groups that concern this person."""
    hosts, manages = may(request.user, Action.HOST), may(request.user, Action.MANAGE_TEAM)
    return [
        *OF_ALL,
        *([Group.REQUESTS] if hosts or manages else []),
        *([Group.HOSTING] if hosts else []),
        *([Group.FLEET] if may(request.user, Action.MANAGE_FLEET) else []),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def delivery(request: AgentRequest) -> HttpResponse:
    kept = DeliveryPreferences.objects.filter(agent=request.user).first()
    kept = kept or DeliveryPreferences(agent=request.user, territory_id=request.directory.territory_id)
    form = DeliveryForm(request.POST or None, instance=kept, groups=_groups(request))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            record(
                request.directory.territory_id, author_of(request), "agent.delivery", "agent", request.user.pk,
                fields=form.changed_data,
            )  # fmt: skip
        messages.success(request, _("C'est enregistré."))
        return redirect("delivery")
    return render(request, "web/delivery.html", {"form": form}, status=422 if request.method == "POST" else 200)
