"""Rencontres: what waits for an answer, what is agreed, the needs of communes, who comes and is open to be met."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.events.log import Author
from bureaux_volants.hosting import meetings as service
from bureaux_volants.hosting.models import Meeting, Need, Proposal
from bureaux_volants.hosting.showing import coming
from bureaux_volants.hosting.sides import readable_meetings, readable_needs, receiving_sites
from bureaux_volants.territory.models import Agent
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms_meetings import AfterForm, QuarterForm, WhyForm

#: How long after a meeting one is asked about it on the page, and how much of the past is shown.
ASKED_FOR, PAST_SHOWN = dt.timedelta(days=14), 10


def unanswered(agent: Agent, now: dt.datetime) -> list[Meeting]:
    """The meetings of the last days about which the person has said nothing."""
    mine = Meeting.objects.filter(state=Meeting.State.OVER, end__gt=now - ASKED_FOR, end__lte=now)
    return list(
        (mine.filter(agent=agent) | mine.filter(host=agent))
        .exclude(answers__agent=agent)
        .select_related("site", "agent", "host")
        .order_by("start", "pk")
    )


@require_safe
@agent_page
def index(request: AgentRequest) -> HttpResponse:
    """Everything of the person's side, what they must answer first. So many queries, whatever there is."""
    now = timezone.now()
    agent, directory = request.user, request.directory
    mine = list(readable_meetings(agent, directory).filter(end__gt=now, state__in=("asked", "agreed")))
    sites = receiving_sites(agent, directory)
    needs = readable_needs(agent, directory)
    proposed = list(
        Proposal.objects.filter(agent=agent, state=Proposal.State.WAITING, end__gt=now)
        .filter(need__state__in=(Need.State.OPEN, Need.State.PROPOSED))
        .select_related("need__site__organisation", "need__skill", "site")
        .order_by("start", "pk")
    )
    here = [s.id for s in sites]
    ours = needs.filter(site__in=here) if here else needs.none()
    asked = {p.need_id for p in proposed}
    others = needs.exclude(site__in=here).filter(state__in=(Need.State.OPEN, Need.State.PROPOSED))
    return render(
        request,
        "web/meetings/index.html",
        {
            "proposed": proposed,
            "to_answer": [m for m in mine if service.may_reply(agent, m)],
            "waiting": [m for m in mine if m.state == Meeting.State.ASKED and not service.may_reply(agent, m)],
            "agreed": [m for m in mine if m.state == Meeting.State.AGREED],
            "questions": unanswered(agent, now),
            "receives": bool(sites),
            "needs": list(ours.exclude(state__in=(Need.State.MET, Need.State.ANSWERED, Need.State.CLOSED))),
            "ended": list(
                ours.filter(state__in=(Need.State.MET, Need.State.ANSWERED, Need.State.CLOSED)).order_by(
                    "-ended_at", "-pk"
                )[:PAST_SHOWN]
            ),
            "others": [n for n in others if n.pk not in asked],
            "presences": coming(agent, here, now=now) if here else [],
        },
    )


def _meeting(request: AgentRequest, reference: str) -> Meeting:
    try:
        return service.meeting_for(request.user, reference, request.directory)
    except NotFound:
        raise Http404 from None


@require_safe
@agent_page
def meeting(request: AgentRequest, reference: str) -> HttpResponse:
    return _page(request, _meeting(request, reference))


def _page(request: AgentRequest, found: Meeting, *, status: int = 200, after: AfterForm | None = None) -> HttpResponse:
    now, me = timezone.now(), request.user
    is_one_of_two = me.pk in (found.agent_id, found.host_id)
    said = found.answers.filter(agent=me).first() if is_one_of_two else None
    is_past = found.state in (Meeting.State.OVER, Meeting.State.MISSED) and is_one_of_two
    if after is None and is_past:
        after = AfterForm(initial={"said": said.said, "wants_more": said.wants_more} if said else None)
    may_read_need = (
        found.need is not None and readable_needs(me, request.directory).filter(pk=found.need_id or 0).exists()
    )
    context: dict[str, Any] = {
        "meeting": found,
        "other": found.host if me.pk == found.agent_id else found.agent,
        "may_reply": service.may_reply(me, found) and found.start > now,
        "may_take_back": found.state == Meeting.State.ASKED and not service.may_reply(me, found),
        "may_cancel": found.state == Meeting.State.AGREED and found.start > now,
        "may_read_need": may_read_need,
        "said": said,
        "after": after,
        "why": WhyForm(),
    }
    return render(request, "web/meetings/meeting.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def quarter(request: AgentRequest, reference: str) -> HttpResponse:
    """Ask somebody who comes for a quarter of an hour."""
    now = timezone.now()
    try:
        presence = service.askable(request.user, reference)
    except NotFound:
        raise Http404 from None
    slots = service.quarter_slots(presence, request.user, now)
    form = QuarterForm(request.POST or None, slots=slots, zone=request.directory.zone)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                asked = service.ask_quarter(
                    request.user, reference, form.chosen, form.cleaned_data["title"], author_of(request)
                )
            except NotFound:
                raise Http404 from None
            except BookingError as error:
                form.add_error(None, error.message)
                status = 409
            else:
                messages.success(request, _("C'est demandé : vous serez prévenu de la réponse."))
                return redirect("meeting", asked.reference)
    context = {"presence": presence, "form": form, "slots": slots}
    return render(request, "web/meetings/quarter.html", context, status=status)


#: Word in the address -> the service, and what is said after.
VERBS: dict[str, tuple[Callable[[Agent, Meeting, Author, str], object], Any]] = {
    "accepter": (
        lambda me, m, who, why: service.agree(me, m.pk, who),
        gettext_lazy("C'est convenu. L'invitation part à chacun."),
    ),
    "decliner": (lambda me, m, who, why: service.refuse(me, m.pk, who, reason=why), gettext_lazy("C'est noté.")),
    "annuler": (
        lambda me, m, who, why: service.cancel(me, m.pk, who, reason=why),
        gettext_lazy("La rencontre est annulée, et c'est dit."),
    ),
}


@require_POST
@agent_page
def act(request: AgentRequest, reference: str, verb: str) -> HttpResponse:
    """Say yes, say no or take back, give up."""
    found = _meeting(request, reference)
    if verb not in VERBS:
        raise Http404
    form = WhyForm(request.POST)
    why = form.cleaned_data["reason"] if form.is_valid() else ""
    do, said = VERBS[verb]
    try:
        do(request.user, found, author_of(request), why)
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, said)
    return redirect("meeting", found.reference)


@require_POST
@agent_page
def say(request: AgentRequest, reference: str) -> HttpResponse:
    """The answer after a meeting."""
    found = _meeting(request, reference)
    form = AfterForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, after=form)
    try:
        service.say(
            request.user,
            found.pk,
            form.cleaned_data["said"],
            wants_more=form.cleaned_data["wants_more"],
            author=author_of(request),
        )
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Merci, c'est noté."))
    return redirect("meeting", found.reference)
