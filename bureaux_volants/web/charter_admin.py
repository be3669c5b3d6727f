"""The charter as administrators write it: versions, the draft and its rules, what the draft would have changed, publishing."""

from __future__ import annotations

import datetime as dt
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.charter import versions
from bureaux_volants.charter.judging import tried
from bureaux_volants.charter.models import CharterVersion
from bureaux_volants.charter.rules import Invalid, Rule
from bureaux_volants.planner.pool_trips import past_trips
from bureaux_volants.territory.permissions import Action, may_everywhere

from .access import AgentRequest, View, agent_page, author_of
from .charter_words import EFFECTS, conditions
from .forms_charter import RuleForm, TextForm

#: What a draft is tried against.
TRIED_OVER = dt.timedelta(days=30)


def administrator_page(view: View) -> View:
    """A page for who administers the whole territory; nothing for everybody else."""

    @agent_page
    @wraps(view)
    def framed(request: AgentRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_everywhere(request.user, Action.ADMINISTER):
            raise Http404
        return view(request, *args, **kwargs)

    return framed


def _lines(rules: tuple[Rule, ...]) -> list[tuple[Rule, str, Any]]:
    return [(rule, conditions(rule), EFFECTS[rule.effect]) for rule in rules]


@require_safe
@administrator_page
def versions_page(request: AgentRequest) -> HttpResponse:
    """Every version, the newest first, and the draft."""
    territory_id = request.directory.territory_id
    published = CharterVersion.objects.filter(territory_id=territory_id).exclude(number=None).order_by("-number")
    return render(
        request,
        "web/charter/versions.html",
        {"versions": published.defer("text"), "draft": versions.draft_of(territory_id)},
    )


@require_safe
@administrator_page
def version_page(request: AgentRequest, number: int) -> HttpResponse:
    """A version as it was published."""
    version = CharterVersion.objects.filter(territory_id=request.directory.territory_id, number=number).first()
    if version is None:
        raise Http404
    return render(request, "web/charter/version.html", {"version": version, "rules": _lines(version.read_rules())})


@require_POST
@administrator_page
def begin(request: AgentRequest) -> HttpResponse:
    """Begin a draft from what is in force."""
    versions.begin(request.directory.territory_id, author_of(request))
    return redirect("charter_draft")


def _draft(request: AgentRequest) -> CharterVersion:
    draft = versions.draft_of(request.directory.territory_id)
    if draft is None:
        raise Http404
    return draft


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def draft(request: AgentRequest) -> HttpResponse:
    """The draft: its text, its rules one line each."""
    found = _draft(request)
    form = TextForm(request.POST or None, initial={"text": found.text})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            versions.write_text(request.directory.territory_id, form.cleaned_data["text"], author_of(request))
        except Invalid as invalid:
            for fault in invalid.faults:
                form.add_error(fault.field, fault.sentence)
            status = 422
        except NotFound:
            raise Http404 from None
        else:
            messages.success(request, _("Le texte est enregistré dans le brouillon."))
            return redirect("charter_draft")
    context = {"draft": found, "form": form, "rules": _lines(found.read_rules())}
    return render(request, "web/charter/draft.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_page
def rule(request: AgentRequest, code: str = "") -> HttpResponse:
    """One rule of the draft: a new one, or the one of that code."""
    found = _draft(request)
    known = {r.code: r for r in found.read_rules()}
    if code and code not in known:
        raise Http404
    status = 200
    if request.method == "POST":
        form = RuleForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                versions.put_rule(
                    request.directory.territory_id, form.cleaned_data["rule"], author_of(request), instead_of=code
                )
            except Invalid as invalid:
                form.tell(invalid)
            except NotFound:
                raise Http404 from None
            else:
                messages.success(request, _("La règle est enregistrée dans le brouillon."))
                return redirect("charter_draft")
    else:
        form = RuleForm.of(known[code]) if code else RuleForm()
    return render(request, "web/charter/rule.html", {"form": form, "code": code}, status=status)


@require_POST
@administrator_page
def remove_rule(request: AgentRequest, code: str) -> HttpResponse:
    """Take a rule out of the draft."""
    try:
        versions.remove_rule(request.directory.territory_id, code, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("La règle n'est plus dans le brouillon."))
    return redirect("charter_draft")


@require_safe
@administrator_page
def try_draft(request: AgentRequest) -> HttpResponse:
    """What each rule of the draft would have said of the trips of the last thirty days."""
    found, now = _draft(request), timezone.now()
    trips = past_trips(request.directory.territory_id, now - TRIED_OVER, now)
    rules = found.read_rules()
    results = tried(rules, trips)
    return render(
        request,
        "web/charter/try.html",
        {
            "trips": len(trips),
            "days": TRIED_OVER.days,
            "results": [(t, conditions(t.rule), EFFECTS[t.rule.effect]) for t in results],
        },
    )


@require_POST
@administrator_page
def publish(request: AgentRequest) -> HttpResponse:
    """Put the draft in force: everybody is asked to accept it."""
    try:
        published = versions.publish(request.directory.territory_id, author_of(request))
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.warning(request, error.message)
        return redirect("charter_draft")
    told = _("La version %(number)d est en vigueur : chaque agent est invité à l'accepter.")
    messages.success(request, told % {"number": published.number})
    return redirect("charter_versions")


@require_POST
@administrator_page
def drop(request: AgentRequest) -> HttpResponse:
    """Throw the draft away."""
    try:
        versions.drop(request.directory.territory_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Le brouillon est abandonné."))
    return redirect("charter_versions")
