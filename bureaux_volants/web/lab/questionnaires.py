"""The lab's own questionnaires: written question by question, tried as an agent will see them. Nothing here needs a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.trials.errors import NotFound
from bureaux_volants.trials.models import Survey
from bureaux_volants.trials.surveys import editing, questions, scales, writing
from bureaux_volants.trials.surveys.editing import CannotEdit, Draft
from bureaux_volants.trials.surveys.questions import LANGUAGES, Definition
from bureaux_volants.web import asking
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_surveys import (
    KINDS,
    BeginForm,
    ConditionForm,
    HeadForm,
    QuestionForm,
    SectionForm,
)

from .access import lab_page

#: Ready-made questionnaires that can be looked at.
SCALES: dict[str, Callable[[], Draft]] = {"who5": scales.who5, "sts": scales.sts}
#: What a button does to one question.
ACTS: dict[str, Callable[[Definition, str], Draft]] = {
    "monter": lambda definition, code: editing.moved(definition, code, -1),
    "descendre": lambda definition, code: editing.moved(definition, code, 1),
    "dupliquer": editing.duplicated,
    "supprimer": editing.removed,
}


@require_safe
@lab_page
def index(request: AgentRequest) -> HttpResponse:
    """All the questionnaires of the territory."""
    own = [
        (s, sum(1 for _q in questions.questions_of(s.questions)), writing.is_put(s))
        for s in writing.own(request.directory.territory_id)
    ]
    return render(request, "web/lab/questionnaires.html", {"own": own})


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def new(request: AgentRequest) -> HttpResponse:
    form = BeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        survey = writing.create(request.directory.territory_id, data["title"], data["intro"], author_of(request))
        messages.success(request, _("Le questionnaire est créé. Écrivez sa première question."))
        return redirect("trial_questionnaire", survey.code)
    return render(request, "web/lab/questionnaire_new.html", {"form": form}, status=422 if form.is_bound else 200)


def _own(request: AgentRequest, code: str) -> Survey:
    try:
        return writing.latest(request.directory.territory_id, code)
    except NotFound:
        raise Http404 from None


def _edit(request: AgentRequest, code: str, change: Callable[[Definition], Draft]) -> Survey:
    try:
        return writing.edit(request.directory.territory_id, code, change, author_of(request))
    except NotFound:
        raise Http404 from None


@require_safe
@lab_page
def edit(request: AgentRequest, code: str) -> HttpResponse:
    """The questionnaire in order, with what can be done to each question."""
    survey = _own(request, code)
    definition = survey.questions
    versions = writing.versions(survey.territory_id, code)
    number = 0
    sections = []
    for place, section in enumerate(definition["sections"]):
        rows = []
        for question in section["questions"]:
            number += 1
            rows.append(_card(definition, question, number))
        title = section.get("title") or {}
        form = SectionForm(
            languages=definition["languages"],
            initial={f"title_{code}": said for code, said in title.items()},
            prefix=f"s{place}",
        )
        sections.append({"place": place, "title": title.get("fr", ""), "rows": rows, "form": form})
    context = {
        "survey": survey,
        "intro": questions.said_in(definition.get("intro"), "fr"),
        "sections": sections,
        "last": number,
        "kinds": KINDS.items(),
        "is_put": writing.is_put(survey),
        "next_version": survey.version + 1,
        "versions": [(v, len(questions.unchanged(v.questions, definition)), list(v.waves.all())) for v in versions],
        "languages": [
            (LANGUAGES[code], code, editing.missing(definition, code))
            for code in definition["languages"]
            if code != "fr"
        ],
    }
    return render(request, "web/lab/questionnaire.html", context)


def _card(definition: Definition, question: questions.Question, number: int) -> dict[str, Any]:
    told = [questions.said_in(o["text"], "fr") for o in question.get("options", ())]
    ends = [questions.said_in(question.get(end), "fr") for end in ("low", "high")]
    return {
        "id": question["id"],
        "number": number,
        "text": questions.said_in(question["text"], "fr"),
        "kind": KINDS[question["type"]][0],
        "answers": told,
        "bounds": (question["min"], question["max"], *ends) if question["type"] in ("scale", "number") else None,
        "required": question.get("required", False),
        "condition": editing.condition_words(definition, question),
        "may_depend": bool(editing.earlier(definition, question["id"])),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def head(request: AgentRequest, code: str) -> HttpResponse:
    """Title, introduction and languages."""
    survey = _own(request, code)
    initial = HeadForm.beginning(survey.questions)
    form = HeadForm(request.POST or None, languages=survey.questions["languages"], initial=initial)
    if request.method == "POST" and form.is_valid():
        kept = {part: {**(survey.questions.get(part) or {}), **form.texts(part)} for part in ("title", "intro")}
        languages = form.cleaned_data["languages"]
        _edit(
            request,
            code,
            lambda was: editing.headed(was, title=kept["title"], intro=kept["intro"], languages=languages),
        )
        if set(languages) - set(survey.questions["languages"]):
            messages.success(request, _("C'est enregistré. Traduisez maintenant le titre, puis chaque question."))
            return redirect("trial_questionnaire_head", code)
        messages.success(request, _("C'est enregistré."))
        return redirect("trial_questionnaire", code)
    context = {"survey": survey, "form": form, "is_put": writing.is_put(survey)}
    return render(request, "web/lab/questionnaire_head.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def question_new(request: AgentRequest, code: str, kind: str, section: int) -> HttpResponse:
    survey = _own(request, code)
    if kind not in KINDS or section >= len(survey.questions["sections"]):
        raise Http404
    initial = {"min": 1, "max": 5} if kind == "scale" else {"min": 0, "max": 100} if kind == "number" else {}
    return _question_page(
        request,
        survey,
        kind,
        initial,
        QuestionForm.rows_for(None),
        lambda was, made: editing.with_question(was, made, section),
        None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def question(request: AgentRequest, code: str, question_id: str) -> HttpResponse:
    survey = _own(request, code)
    asked = editing.question_of(survey.questions, question_id)
    if asked is None:
        raise Http404
    return _question_page(
        request,
        survey,
        asked["type"],
        QuestionForm.beginning(asked),
        QuestionForm.rows_for(asked),
        lambda was, made: editing.replaced(was, question_id, made),
        question_id,
    )


def _question_page(
    request: AgentRequest,
    survey: Survey,
    kind: str,
    initial: dict[str, Any],
    rows: int,
    change: Callable[[Definition, Draft], Draft],
    question_id: str | None,
) -> HttpResponse:
    languages, status = survey.questions["languages"], 200
    form = QuestionForm(kind=kind, languages=languages, rows=rows, initial=initial)
    if request.method == "POST":
        rows = _rows_sent(request, rows)
        if "more" in request.POST or "raise" in request.POST:
            # The list of answers longer, or in another order: all that is typed stays, nothing is kept yet.
            typed = _raised(request.POST.dict(), request.POST.get("raise", ""), languages)
            more = 3 if "more" in request.POST else 0
            form = QuestionForm(kind=kind, languages=languages, rows=rows + more, initial=typed)
        else:
            form, status = QuestionForm(request.POST, kind=kind, languages=languages, rows=rows), 422
            if form.is_valid():
                try:
                    _edit(request, survey.code, lambda was: change(was, form.question))
                except CannotEdit as error:
                    for reason in error.reasons:
                        form.add_error(None, reason)
                else:
                    messages.success(request, _("La question est enregistrée."))
                    return redirect("trial_questionnaire", survey.code)
    context = {
        "survey": survey,
        "form": form,
        "kind": KINDS[kind][0],
        "is_put": writing.is_put(survey),
        "id": question_id,
    }
    return render(request, "web/lab/question.html", context, status=status)


def _rows_sent(request: AgentRequest, rows: int) -> int:
    sent = request.POST.get("rows", "")
    return max(int(sent), 1) if sent.isdecimal() and len(sent) < 3 else rows


def _raised(typed: dict[str, str], row: str, languages: list[str]) -> dict[str, str]:
    """What is typed, one answer put before the one above it."""
    if row.isdecimal() and len(row) < 3 and int(row):
        low, high = int(row) - 1, int(row)
        for name in ("code_{}", *(f"answer_{{}}_{code}" for code in languages)):
            first, second = name.format(low), name.format(high)
            typed[first], typed[second] = typed.get(second, ""), typed.get(first, "")
    return typed


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def condition(request: AgentRequest, code: str, question_id: str) -> HttpResponse:
    """On what a question depends: first the earlier question, then its answers."""
    survey = _own(request, code)
    definition = survey.questions
    asked = editing.question_of(definition, question_id)
    before = editing.earlier(definition, question_id)
    if asked is None or not before:
        raise Http404
    former = asked.get("if") or {}
    chosen = request.POST.get("on", request.GET.get("on", former.get("question", "")))
    parent = next((q for q in before if q["id"] == chosen), None)
    form, status = None, 200
    if parent is not None:
        initial = ConditionForm.beginning(former) if former.get("question") == chosen else {}
        form = ConditionForm(request.POST or None, asked=parent, initial=initial)
    if request.method == "POST":
        status = 422
        made = None
        if "never" in request.POST or (form is not None and form.is_valid()):
            made = None if "never" in request.POST or form is None else form.condition
            try:
                _edit(request, code, lambda was: editing.conditioned(was, question_id, made))
            except CannotEdit as error:
                messages.warning(request, str(error))
            else:
                messages.success(
                    request, _("La condition est enregistrée.") if made else _("Cette question est posée à tous.")
                )
                return redirect("trial_questionnaire", code)
    context = {
        "survey": survey,
        "question": questions.said_in(asked["text"], "fr"),
        "before": [(q["id"], questions.said_in(q["text"], "fr"), q["id"] == chosen) for q in before],
        "parent": questions.said_in(parent["text"], "fr") if parent else "",
        "on": chosen,
        "form": form,
        "has_one": bool(former),
        "is_put": writing.is_put(survey),
    }
    return render(request, "web/lab/question_if.html", context, status=status)


def _then(request: AgentRequest, code: str, change: Callable[[Definition], Draft], anchor: str = "") -> HttpResponse:
    """Do it and show the questionnaire again, at the same place."""
    try:
        _edit(request, code, change)
    except CannotEdit as error:
        messages.warning(request, str(error))
    return redirect(reverse("trial_questionnaire", args=[code]) + (f"#{anchor}" if anchor else ""))


@require_POST
@lab_page
def question_act(request: AgentRequest, code: str, question_id: str, verb: str) -> HttpResponse:
    if verb not in ACTS:
        raise Http404
    anchor = "" if verb == "supprimer" else f"question-{question_id}"
    return _then(request, code, lambda was: ACTS[verb](was, question_id), anchor)


@require_POST
@lab_page
def section_new(request: AgentRequest, code: str) -> HttpResponse:
    survey = _own(request, code)
    form = SectionForm(request.POST, languages=survey.questions["languages"])
    if not form.is_valid() or not form.title["fr"]:
        messages.warning(request, _("Donnez un titre à la partie, en %(n)d caractères au plus.") % {"n": 120})
        return redirect("trial_questionnaire", code)
    return _then(request, code, lambda was: editing.with_section(was, form.title))


@require_POST
@lab_page
def section(request: AgentRequest, code: str, place: int) -> HttpResponse:
    """Name a part, or take its heading away."""
    survey = _own(request, code)
    if "remove" in request.POST:
        return _then(request, code, lambda was: editing.section_removed(was, place))
    form = SectionForm(request.POST, languages=survey.questions["languages"], prefix=f"s{place}")
    if not form.is_valid():
        messages.warning(request, _("Un titre de partie compte %(n)d caractères au plus.") % {"n": 120})
        return redirect("trial_questionnaire", code)
    return _then(request, code, lambda was: editing.section_named(was, place, form.title))


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def preview(request: AgentRequest, code: str) -> HttpResponse:
    """The questionnaire as an agent sees it on a phone; what is answered here is not kept. A former one by `version`."""
    definition, title, version = _previewed(request, code)
    offered = editing.offered(definition)
    asked = request.POST.get("to") or request.POST.get("lang", "fr")
    language = asked if asked in offered else "fr"
    said: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        said = asking.sent_in(definition, request.POST)
        if "to" not in request.POST:
            _kept, wrong = questions.read(definition, said)
            if asking.is_fresh(definition, said, request.POST):
                wrong = {}
                messages.info(request, _("Votre réponse amène une question de plus, plus bas."))
            elif not wrong:
                messages.success(
                    request, _("L'agent lirait ici : merci, c'est enregistré. Rien n'est gardé de cet essai.")
                )
    context = {
        **asking.context_of(definition, said, wrong, language),
        "title": questions.said_in(definition.get("title"), language) or title,
        "code": code,
        "is_ready": code in SCALES,
        "version": version,
    }
    return render(request, "web/lab/questionnaire_preview.html", context, status=422 if wrong else 200)


def _previewed(request: AgentRequest, code: str) -> tuple[Definition, str, int | None]:
    if code in SCALES:
        return SCALES[code](), str(scales.NAMES[code]), None
    versions = writing.versions(request.directory.territory_id, code)
    wanted = request.GET.get("version", "")
    found = next((v for v in versions if not wanted or str(v.version) == wanted), None)
    if found is None:
        raise Http404
    return found.questions, found.title, found.version


@require_POST
@lab_page
def drop(request: AgentRequest, code: str) -> HttpResponse:
    """Throw away what no wave puts."""
    territory_id = request.directory.territory_id
    try:
        writing.drop(territory_id, code, author_of(request))
    except NotFound:
        raise Http404 from None
    except CannotEdit as error:
        messages.warning(request, str(error))
        return redirect("trial_questionnaire", code)
    messages.success(request, _("Cette version est supprimée."))
    return (
        redirect("trial_questionnaire", code)
        if writing.versions(territory_id, code)
        else redirect("trial_questionnaires")
    )
