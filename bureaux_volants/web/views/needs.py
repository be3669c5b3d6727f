"""Needs of communes: posted, answered by a slot or from afar, given more time, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.hosting import meetings as meeting_service
from bureaux_volants.hosting import needs as service
from bureaux_volants.hosting.models import Meeting, Need, Proposal
from bureaux_volants.hosting.showing import skills_of
from bureaux_volants.hosting.sides import is_for_commune, receiving_sites
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms_meetings import AnswerForm, NeedForm, OfferForm, PostponeForm, SlotForm, WhyForm


def _need(request: AgentRequest, reference: str) -> Need:
    try:
        return service.need_for(request.user, reference, request.directory)
    except NotFound:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def new(request: AgentRequest) -> HttpResponse:
    """Post a need; not found for who receives nowhere."""
    sites = receiving_sites(request.user, request.directory)
    if not sites:
        raise Http404
    skills = skills_of(request.directory.territory_id)
    today = request.directory.today(timezone.now())
    form = NeedForm(request.POST or None, initial=NeedForm.beginning(today, sites), sites=sites, skills=skills)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            need = service.post(
                request.user,
                data["site"],
                data["skill"],
                data["title"],
                data["before"],
                author_of(request),
                text=data["text"],
                minutes=data["minutes"],
                part=data["part"],
                token=data["token"],
            )
        except BookingError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _posted(need))
            return redirect("need", need.reference)
    context = {"form": form, "sites": sites, "skills": skills}
    return render(request, "web/meetings/need_new.html", context, status=422 if request.method == "POST" else 200)


def _posted(need: Need) -> str:
    asked = need.proposals.count()
    if not asked:
        return _("C'est posé. Personne ne passe près de chez vous d'ici là : nous cherchons encore, et vous le dirons.")
    told = ngettext(
        "C'est posé : %(n)d personne qui vient près de chez vous est sollicitée.",
        "C'est posé : %(n)d personnes qui viennent près de chez vous sont sollicitées.",
        asked,
    )
    return told % {"n": asked}


@require_safe
@agent_page
def need(request: AgentRequest, reference: str) -> HttpResponse:
    return _page(request, _need(request, reference))


def _page(request: AgentRequest, need: Need, *, status: int = 200, **filled: forms.Form) -> HttpResponse:
    """A need as its reader has it: the commune's side, or the side of who could answer. `filled`: a form that was sent, with its errors."""
    now = timezone.now()
    for_commune = is_for_commune(request.user, need)
    proposal = (
        need.proposals.filter(agent=request.user)
        .select_related("need__site", "need__territory", "need__author", "site", "booking")
        .first()
    )
    going_on = need.meetings.filter(state__in=(Meeting.State.ASKED, Meeting.State.AGREED, Meeting.State.OVER))
    context: dict[str, Any] = {
        "need": need,
        "for_commune": for_commune,
        "proposal": proposal,
        "meeting": going_on.select_related("site", "agent", "host").order_by("-pk").first(),
        "asked": need.proposals.filter(state=Proposal.State.WAITING).count() if for_commune else 0,
    }
    if need.is_waiting:
        if proposal is not None and proposal.state == Proposal.State.WAITING:
            slots = meeting_service.slots_for(proposal, now)
            context["slot_form"] = SlotForm(slots=slots, zone=request.directory.zone) if slots else None
            context["offer_form"] = OfferForm() if proposal.booking is not None else None
        if service.may_answer(request.user, need):
            context["answer_form"] = AnswerForm()
        if for_commune:
            context["postpone_form"], context["close_form"] = PostponeForm(), WhyForm()
    return render(request, "web/meetings/need.html", {**context, **filled}, status=status)


def _done(
    request: AgentRequest, need: Need, act: Callable[[], object], said: str, **filled: forms.Form
) -> HttpResponse:
    """Do it and go back to the need; what cannot be done is said beside the form that was sent."""
    try:
        act()
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        for form in filled.values():
            form.add_error(None, error.message)
        if not filled:
            messages.warning(request, error.message)
            return redirect("need", need.reference)
        return _page(request, _need(request, need.reference), status=409, **filled)
    messages.success(request, said)
    return redirect("need", need.reference)


@require_POST
@agent_page
def accept(request: AgentRequest, reference: str) -> HttpResponse:
    """Take one of the slots that the commune offers."""
    need, now = _need(request, reference), timezone.now()
    proposal = need.proposals.filter(agent=request.user).select_related("need__site", "need__territory").first()
    if proposal is None:
        raise Http404
    form = SlotForm(request.POST, slots=meeting_service.slots_for(proposal, now), zone=request.directory.zone)
    if not form.is_valid():
        return _page(request, need, status=422, slot_form=form)
    return _done(
        request,
        need,
        lambda: meeting_service.accept(request.user, need.pk, form.chosen, author_of(request)),
        _("Rendez-vous pris. L'invitation part à chacun."),
        slot_form=form,
    )


@require_POST
@agent_page
def offer(request: AgentRequest, reference: str) -> HttpResponse:
    """Offer another time of one's own presence."""
    need = _need(request, reference)
    proposal = need.proposals.filter(agent=request.user).first()
    if proposal is None:
        raise Http404
    form = OfferForm(request.POST)
    if not form.is_valid():
        return _page(request, need, status=422, offer_form=form)
    start = form.on(proposal.start.astimezone(request.directory.zone).date(), request.directory.zone)
    return _done(
        request,
        need,
        lambda: meeting_service.offer(request.user, need.pk, start, author_of(request)),
        _("Votre proposition est transmise à la commune."),
        offer_form=form,
    )


@require_POST
@agent_page
def decline(request: AgentRequest, reference: str) -> HttpResponse:
    need = _need(request, reference)
    if not need.proposals.filter(agent=request.user).exists():
        raise Http404
    return _done(
        request,
        need,
        lambda: service.decline(request.user, need.pk, author_of(request)),
        _("C'est noté, quelqu'un d'autre est sollicité. La commune ne sait pas que vous l'avez été."),
    )


@require_POST
@agent_page
def answer(request: AgentRequest, reference: str) -> HttpResponse:
    """Answer in writing."""
    need = _need(request, reference)
    if not service.may_answer(request.user, need):
        raise Http404
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, need, status=422, answer_form=form)
    return _done(
        request,
        need,
        lambda: service.answer(request.user, need.pk, form.cleaned_data["text"], author_of(request)),
        _("Votre réponse est envoyée."),
        answer_form=form,
    )


def _of_the_commune(request: AgentRequest, reference: str) -> Need:
    need = _need(request, reference)
    if not is_for_commune(request.user, need):
        raise Http404
    return need


@require_POST
@agent_page
def postpone(request: AgentRequest, reference: str) -> HttpResponse:
    need = _of_the_commune(request, reference)
    form = PostponeForm(request.POST)
    if not form.is_valid():
        return _page(request, need, status=422, postpone_form=form)
    return _done(
        request,
        need,
        lambda: service.postpone(need.pk, form.cleaned_data["before"], author_of(request)),
        _("La date est reculée, nous cherchons de nouveau."),
        postpone_form=form,
    )


@require_POST
@agent_page
def close(request: AgentRequest, reference: str) -> HttpResponse:
    need = _of_the_commune(request, reference)
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, need, status=422, close_form=form)
    return _done(
        request,
        need,
        lambda: service.close(need.pk, form.cleaned_data["reason"], author_of(request)),
        _("Le besoin est clos."),
        close_form=form,
    )
