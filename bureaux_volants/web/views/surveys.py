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

from bureaux_volants.trials.models import DiaryDay, Invitation, Survey
from bureaux_volants.trials.surveys import answering, questions
from bureaux_volants.trials.surveys import diary as diaries
from bureaux_volants.web.access import AgentRequest, agent_page


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
    asked = request.POST.get("lang") or request.GET.get("lang") or "fr"
    language = asked if asked in definition.get("languages", ["fr"]) else "fr"
    closed = answering.closed_because(invitation, _today(request))
    problem, wrong, status = closed, {}, 200
    said: dict[str, Any] = {}
    if request.method == "POST":
        said = {str(q["id"]): request.POST.getlist(str(q["id"])) for q in questions.questions_of(definition)}
        kept, _wrong = questions.read(definition, said)
        put = set(request.POST.getlist("put"))
        # A question that these answers bring up, and that was not on the page yet.
        fresh = [q for q in questions.questions_of(definition) if questions.is_shown(q, kept) and q["id"] not in put]
        if fresh and not closed:
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
    context = {
        "invitation": invitation,
        "wave": invitation.wave,
        "closed": closed,
        "problem": problem,
        "language": language,
        "languages": [(code, questions.LANGUAGES[code]) for code in definition.get("languages", ["fr"])],
        "intro": questions.said_in(definition.get("intro"), language),
        "sections": _sections(definition, said, wrong, language),
    }
    return render(request, "web/surveys/answer.html", context, status=status)


def _sections(
    definition: questions.Definition, said: dict[str, Any], wrong: dict[str, str], language: str
) -> list[dict[str, Any]]:
    """The questions that are put, as the template shows them."""
    kept, _wrong = questions.read(definition, said)
    told = []
    for section in definition["sections"]:
        put = [q for q in section["questions"] if questions.is_shown(q, kept)]
        if put:
            title = questions.said_in(section.get("title"), language)
            told.append({"title": title, "questions": [_put(q, said, wrong, language) for q in put]})
    return told


def _put(question: questions.Question, said: dict[str, Any], wrong: dict[str, str], language: str) -> dict[str, Any]:
    code, value = str(question["id"]), said.get(str(question["id"]))
    chosen = [str(v) for v in (value if isinstance(value, list) else [] if value is None else [value])]
    if question.get("options"):
        choices = [(str(o["code"]), questions.said_in(o["text"], language)) for o in question["options"]]
    elif question["type"] == "scale":
        choices = [
            (str(v), f"{v:+d}".replace("-", "−") if question["min"] < 0 and v else str(v))
            for v in questions.points(question)
        ]
    else:
        choices = []
    return {
        "id": code,
        "type": question["type"],
        "text": questions.said_in(question["text"], language),
        "required": question.get("required", False),
        "choices": [(v, label, v in chosen) for v, label in choices],
        "value": chosen[0] if chosen else "",
        "low": questions.said_in(question.get("low"), language),
        "high": questions.said_in(question.get("high"), language),
        "is_row": question["type"] == "scale" and not question.get("options"),
        "error": wrong.get(code, ""),
    }


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
    trips = filled.get(chosen)
    is_suggested = trips is None
    if trips is None:
        trips = diaries.suggestion(request.user, chosen, filled)
    if request.method == "POST":
        names = ("mode", "purpose", "km", "minutes")
        rows = list(zip(*(request.POST.getlist(name) for name in names), strict=False))
        trips, wrong = ([], []) if "none" in request.POST else diaries.read_trips(rows)
        if not wrong:
            try:
                answering.fill_day(request.user, wave_id, chosen, trips, today)
            except answering.CannotAnswer as error:
                wrong = [error.message]
            else:
                messages.success(request, _("Jour enregistré."))
                return redirect("diary", wave_id)
        trips = [dict(zip(names, row, strict=True)) for row in rows]
    spare = {
        "mode": trips[-1]["mode"] if trips else "car",
        "purpose": "commute" if not trips else "private",
        "km": "",
        "minutes": "",
    }
    context = {
        "wave": wave,
        "days": [(d, d in filled, d == chosen) for d in days],
        "chosen": chosen,
        "trips": [*trips, *([spare] * (2 if len(trips) < 2 else 1))],
        "is_suggested": is_suggested and bool(trips),
        "modes": list(diaries.MODES.items()),
        "purposes": list(diaries.PURPOSES.items()),
        "wrong": wrong,
    }
    return render(request, "web/surveys/diary.html", context, status=422 if wrong else 200)


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
