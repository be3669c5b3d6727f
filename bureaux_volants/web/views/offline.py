"""Without network: the page that is shown then, what a device keeps for it, and what it sends when the network is back."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import LateTap
from bureaux_volants.booking.replaying import replay
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.offline.account import opaque
from bureaux_volants.web.offline.keeping import copy_for


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """A page without anything of anybody: a script fills it with what the device keeps."""
    return render(request, "web/offline.html")


@require_safe
@never_cache
@agent_page
def kept(request: AgentRequest) -> HttpResponse:
    """What the device keeps for its holder (web/offline/keeping.py), with what it needs to send its actions."""
    told = copy_for(request.user, request.directory, timezone.now())
    return JsonResponse({"account": opaque(request.user), "csrf": get_token(request), "copy": told})


class LateTapForm(forms.Form):
    """What a device sends: `ago`, seconds since the tap, counted by the device."""

    key = forms.UUIDField()
    what = forms.ChoiceField(choices=LateTap.What.choices)
    reference = forms.CharField(max_length=20)
    ago = forms.IntegerField(min_value=0, max_value=366 * 24 * 3600)


@require_POST
@agent_page
def act(request: AgentRequest) -> HttpResponse:
    """An arrival or a departure said without network. Every answer carries the sentence that the person is to read."""
    form = LateTapForm(request.POST)
    if not form.is_valid():
        return _said(False, _("Cette action n'a pas pu être lue : recommencez-la."), status=422)
    asked = form.cleaned_data
    try:
        answer = replay(
            request.user,
            author_of(request),
            key=asked["key"],
            what=LateTap.What(asked["what"]),
            reference=asked["reference"],
            ago=dt.timedelta(seconds=asked["ago"]),
        )
    except NotFound as error:
        return _said(False, error.message, status=404)
    except BookingError as error:
        return _said(False, error.message, status=422)
    return _said(answer.done, answer.sentence)


def _said(done: bool, sentence: str, *, status: int = 200) -> JsonResponse:
    return JsonResponse({"done": done, "sentence": sentence}, status=status)
