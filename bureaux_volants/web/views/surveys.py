"""What an agent is asked: questionnaires, the travel diary, their own answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.territory import french
from bureaux_volants.trials.models import DiaryDay, Invitation, Survey
from bureaux_volants.trials.surveys import answering, editing, questions
from bureaux_volants.trials.surveys import diary as diaries
from bureaux_volants.web import asking
from bureaux_volants.web.access import AgentRequest, agent_page

#: Empty lines under those of the day.
SPARE_ROWS = 2


def _today(request: AgentRequest) -> dt.date:
    return request.directory.today(timezone.now())


def _invitation(request: AgentRequest, wave_id: int, kind: str) -> Invitation:
    found = answering.invitation_of(request.user, wave_id)
    if found is None or found.wave.survey.kind != kind:
        raise Http404
    return found


@require_safe
@agent_page
def surveys(request: AgentRequest) -> HttpResponse:
    """What one is asked today."""
    return render(request, "web/surveys/list.html", {"asked": answering.asked_of(request.user, _today(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def answer(request: AgentRequest, wave_id: int) -> HttpResponse:
    """One questionnaire. What depends on an earlier answer is put once that answer is sent."""
    invitation = _invitation(request, wave_id, Survey.Kind.QUESTIONNAIRE)
    definition = invitation.wave.survey.questions
    language = _language(request, invitation)
    closed = answering.closed_because(invitation, _today(request))
    problem, wrong, status = closed, {}, 200
    said: dict[str, Any] = {}
    if request.method == "POST":
        said = asking.sent_in(definition, request.POST)
        if "to" in request.POST:
            pass  # another language: what is filled in stays, nothing is sent yet
        elif asking.is_fresh(definition, said, request.POST) and not closed:
            messages.info(request, _("Votre réponse amène une question de plus, plus bas."))
        else:
            try:
                answering.answer(request.user, wave_id, said, _today(request), language=language)
            except answering.CannotAnswer as error:
                problem, wrong, status = error.message, error.wrong, 409 if closed else 422
            else:
                messages.success(request, _("Merci, c'est enregistré. Vous pouvez corriger jusqu'à la clôture."))
                return redirect("surveys")
    elif not closed:
        try:
            said = answering.answers_of(invitation.wave, request.user)
        except answering.CannotAnswer as error:
            problem = closed = error.message
    title = questions.said_in(definition.get("title"), language) or invitation.wave.survey.title
    context = {
        **asking.context_of(definition, said, wrong, language),
        "invitation": invitation,
        "wave": invitation.wave,
        "title": title,
        "is_title_translated": language in (definition.get("title") or {}),
        "closed": closed,
        "problem": problem,
    }
    return render(request, "web/surveys/answer.html", context, status=status)


def _language(request: AgentRequest, invitation: Invitation) -> str:
    """The language asked for, else the one of this form, else the one chosen last, if the questionnaire is offered in it."""
    definition = invitation.wave.survey.questions
    offered = editing.offered(definition)
    chosen = request.POST.get("to") or request.GET.get("lang")
    if chosen in offered:
        request.session["survey_language"] = chosen
    found = chosen or request.POST.get("lang") or request.session.get("survey_language", "")
    return found if found in offered else "fr"


@require_POST
@agent_page
def decline(request: AgentRequest, wave_id: int) -> HttpResponse:
    if answering.invitation_of(request.user, wave_id) is None:
        raise Http404
    try:
        answering.decline(request.user, wave_id)
    except answering.CannotAnswer as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("C'est noté : vous ne serez plus sollicité(e) pour ce questionnaire."))
    return redirect("surveys")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def diary(request: AgentRequest, wave_id: int, day: str = "") -> HttpResponse:
    """One day of the diary; each day is saved by itself."""
    invitation = _invitation(request, wave_id, Survey.Kind.DIARY)
    wave, today = invitation.wave, _today(request)
    closed = answering.closed_because(invitation, today)
    days = diaries.days_to_fill(wave.first_day, wave.last_day, today)
    if closed or not days:
        return render(
            request,
            "web/surveys/diary.html",
            {"wave": wave, "closed": closed},
            status=409 if request.method == "POST" else 200,
        )
    filled = _filled(request, invitation)
    if filled is None:
        return redirect("surveys")
    try:
        chosen = dt.date.fromisoformat(day) if day else next((d for d in reversed(days) if d not in filled), days[-1])
    except ValueError:
        raise Http404 from None
    if chosen not in days:
        raise Http404
    wrong: list[str] = []
    like = diaries.last_like(chosen, filled)
    rows = diaries.rows_of(filled[chosen]) if chosen in filled else diaries.suggestion(request.user, chosen, filled)
    if request.method == "POST":
        if "like" in request.POST and like is not None:
            trips = filled[like]
        elif "none" in request.POST:
            trips = []
        else:
            rows = _rows(request)
            trips, wrong = diaries.read_trips(rows)
        if not wrong:
            try:
                answering.fill_day(request.user, wave_id, chosen, trips, today)
            except answering.CannotAnswer as error:
                wrong = [error.message]
            else:
                messages.success(request, _("%(day)s : enregistré.") % {"day": french.day(chosen).capitalize()})
                return redirect("diary", wave_id)
    context = {
        "wave": wave,
        "days": [(d, d in filled, d == chosen) for d in days],
        "done": sum(d in filled for d in days),
        "chosen": chosen,
        "is_filled": chosen in filled,
        "has_none": chosen in filled and not filled[chosen],
        "like": like,
        "is_yesterday": like is not None and (chosen - like).days == 1,
        "like_words": diaries.summary(filled[like]) if like else "",
        "rows": [*(rows or [diaries.Row(both=True)]), *([diaries.Row(purpose="private")] * SPARE_ROWS)],
        "told": max(1, len(rows)),
        "usual": [(m, diaries.MODES[m]) for m in diaries.USUAL_MODES],
        "others": [(m, label) for m, label in diaries.MODES.items() if m not in diaries.USUAL_MODES],
        "purposes": list(diaries.PURPOSES.items()),
        "wrong": wrong,
    }
    return render(request, "web/surveys/diary.html", context, status=422 if wrong else 200)


def _rows(request: AgentRequest) -> list[diaries.Row]:
    """The lines sent, as typed, the empty ones at the end left out."""
    sent = request.POST
    rows = [
        diaries.Row(
            sent.get(f"mode-{n}", ""),
            sent.get(f"purpose-{n}", ""),
            sent.get(f"km-{n}", ""),
            sent.get(f"minutes-{n}", ""),
            f"both-{n}" in sent,
        )
        for n in range(1, diaries.MOST_TRIPS + SPARE_ROWS + 1)
    ]
    last = max((n for n, row in enumerate(rows, 1) if row.mode or row.km.strip() or row.minutes.strip()), default=0)
    return rows[:last]


def _filled(request: AgentRequest, invitation: Invitation) -> dict[dt.date, list[dict[str, Any]]] | None:
    try:
        mine = answering.who(invitation.wave, request.user)
    except answering.CannotAnswer as error:
        messages.warning(request, error.message)
        return None
    return dict(DiaryDay.objects.filter(wave=invitation.wave, pseudonym=mine).values_list("day", "trips"))


@require_safe
@agent_page
def mine(request: AgentRequest) -> HttpResponse:
    """Everything one answered, and how to take it back."""
    told = answering.about(request.user)
    trials: dict[int, dict[str, Any]] = {}
    for one in told:
        trials.setdefault(
            one["trial_id"],
            {"id": one["trial_id"], "title": one["trial"], "is_anonymous": one["is_anonymous"], "waves": []},
        )["waves"].append(one)
    for trial in trials.values():
        trial["is_withdrawn"] = all(wave["has_declined"] for wave in trial["waves"])
    return render(request, "web/surveys/mine.html", {"trials": list(trials.values())})


@require_POST
@agent_page
def withdraw(request: AgentRequest, trial_id: int) -> HttpResponse:
    if not Invitation.objects.filter(agent=request.user, wave__trial_id=trial_id).exists():
        raise Http404
    try:
        answering.withdraw(request.user, trial_id)
    except answering.CannotAnswer as error:
        messages.warning(request, error.message)
    else:
        messages.success(
            request, _("Toutes vos réponses à cet essai sont effacées, et vous ne serez plus sollicité(e).")
        )
    return redirect("survey_mine")
