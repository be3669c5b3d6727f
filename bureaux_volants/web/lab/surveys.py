"""A trial's questionnaires for the lab: waves, who answers, results of five people at least, the key."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bureaux_volants.events.log import Author
from bureaux_volants.territory import french
from bureaux_volants.trials.models import PseudonymKey, Survey, Trial, Wave
from bureaux_volants.trials.surveys import diary, profile, questions, scales, waves, writing
from bureaux_volants.trials.surveys.aggregates import Difference
from bureaux_volants.trials.surveys.releases import Release, released
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms import DateInput
from bureaux_volants.web.forms_lab import in_years

from .access import lab_page
from .frame import frame_of, trial_of

#: Ready to use: what it is called, and what it asks.
READY: dict[str, Any] = {
    "who5": (gettext_lazy("Bien-être (OMS-5)"), scales.who5, Survey.Kind.QUESTIONNAIRE),
    "sts": (gettext_lazy("Satisfaction des déplacements (STS)"), scales.sts, Survey.Kind.QUESTIONNAIRE),
    "profil": (gettext_lazy("Qui êtes-vous ?"), profile.profile, Survey.Kind.QUESTIONNAIRE),
    "carnet": (gettext_lazy("Carnet de déplacements"), dict, Survey.Kind.DIARY),
}


class WaveForm(forms.Form):
    """What is asked, when."""

    survey = forms.ChoiceField(
        label=gettext_lazy("Questionnaire"),
        error_messages={"required": gettext_lazy("Choisissez le questionnaire à poser.")},
    )
    moment = forms.ChoiceField(label=gettext_lazy("Moment"), choices=Wave.Moment)
    first_day = forms.DateField(label=gettext_lazy("Du"), widget=DateInput(), validators=[in_years])
    last_day = forms.DateField(label=gettext_lazy("Au (compris)"), widget=DateInput(), validators=[in_years])

    def __init__(self, *args: Any, territory_id: int, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.own = {
            s.code: s for s in writing.own(territory_id) if any(True for _q in questions.questions_of(s.questions))
        }
        survey = self.fields["survey"]
        assert isinstance(survey, forms.ChoiceField)
        ready: list[tuple[str, Any]] = [(code, one[0]) for code, one in READY.items()]
        own = [(code, f"{s.title} (v{s.version})") for code, s in self.own.items()]
        # None beforehand: nobody is to be asked something that was not chosen.
        none = [("", _("Choisir…"))]
        survey.choices = [*none, (_("Les nôtres"), own), (_("Prêts à l'emploi"), ready)] if own else [*none, *ready]

    def clean_first_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["first_day"]
        if day <= self.today:
            raise forms.ValidationError(_("Une vague commence demain au plus tôt : jusque-là, elle peut s'annuler."))
        return day

    def chosen(self, territory_id: int, author: Author) -> Survey:
        """The questionnaire, kept if it is a ready-made one that was never put."""
        code = self.cleaned_data["survey"]
        if code in self.own:
            return self.own[code]
        title, definition, kind = READY[code]
        return waves.keep_survey(territory_id, code, str(title), definition(), author, kind=kind)


class KeyForm(forms.Form):
    """Said twice before it is done: it cannot be undone."""

    is_understood = forms.BooleanField(
        label=gettext_lazy("J'ai compris que cela ne se défait pas."),
        error_messages={"required": gettext_lazy("Cochez cette case pour détruire la clé.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def surveys(request: AgentRequest, slug: str) -> HttpResponse:
    trial, today = trial_of(request, slug), request.directory.today(timezone.now())
    form = WaveForm(
        request.POST or None,
        territory_id=trial.territory_id,
        today=today,
        initial={
            "first_day": today + dt.timedelta(days=1),
            "last_day": today + dt.timedelta(days=14),
            "moment": waves.moment_of(trial, today + dt.timedelta(days=1)),
        },
    )
    if request.method == "POST" and form.is_valid():
        data, author = form.cleaned_data, author_of(request)
        try:
            survey = form.chosen(trial.territory_id, author)
            waves.open_wave(trial, survey, data["moment"], data["first_day"], data["last_day"], author)
        except waves.CannotAsk as error:
            form.add_error(None, error.message)
        else:
            messages.success(
                request,
                _("La vague est prête : les invitations partent le %(day)s. Jusque-là, elle peut s'annuler.")
                % {"day": french.day(data["first_day"])},
            )
            return redirect("trial_surveys", slug)
    key = PseudonymKey.objects.filter(trial=trial).first()
    context = {
        **frame_of(trial, "trial_surveys"),
        "form": form,
        "seen": _seen(trial, today),
        "asked": len(waves.people_of(trial)),
        "destroyed_at": key.destroyed_at if key else None,
    }
    return render(request, "web/lab/surveys.html", context, status=422 if request.method == "POST" else 200)


def _seen(trial: Trial, today: dt.date) -> list[dict[str, Any]]:
    told = []
    for wave in Wave.objects.filter(trial=trial).select_related("survey", "trial").order_by("-first_day", "-number"):
        told.append(
            {
                "wave": wave,
                "is_to_come": today < wave.first_day,
                "is_over": today > wave.last_day,
                "may_close": wave.first_day < today <= wave.last_day,
                "reminders": [wave.first_day + dt.timedelta(days=n) for n in wave.reminders],
                **_figures(released(wave, today)),
            }
        )
    return told


def _figures(release: Release | None) -> dict[str, Any]:
    """The figures of a wave in the page's own words."""
    if release is None:
        return {"is_waiting": True}
    figures = release.figures
    asked, answered = figures["asked"], figures["answered"]
    groups = [
        (_("Par bras de l'essai"), figures["by_arm"]),
        (_("Par commune"), figures["by_commune"]),
    ]
    return {
        **figures,
        "day": release.day,
        "percent": None if answered is None or not asked else round(100 * answered / asked),
        "groups": [(title, [_group(g) for g in rows]) for title, rows in groups if rows],
        "differences": [(d.name, d.standardised) for d in (Difference(**d) for d in figures["differences"])],
        "diaries": [
            (_modes(modes), diary.PURPOSES.get(p, _("pour le travail")), km) for modes, p, km in figures["diaries"]
        ],
        "tallies": [{**t, "said": release.words.get(t["words"], [])} for t in figures["tallies"]],
        "are_words_withheld": release.are_words_withheld,
    }


def _modes(codes: str) -> str:
    return " + ".join(str(diary.MODES.get(code, code)) for code in codes.split("+"))


def _group(group: dict[str, Any]) -> tuple[str, str, int, int, int]:
    """Name, those told together in it, asked, answered, per cent."""
    names, answered = group["names"], group["answered"]
    asked = answered + group["silent"]
    together = ", ".join(names) if len(names) > 1 else ""
    return (_("Autres") if together else names[0], together, asked, answered, round(100 * answered / asked))


@require_POST
@lab_page
def close(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Close a wave before its time."""
    wave = _wave(request, slug, number)
    try:
        waves.close(wave, request.directory.today(timezone.now()), author_of(request))
    except waves.CannotAsk as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("La vague est close : hier en a été le dernier jour."))
    return redirect("trial_surveys", slug)


@require_POST
@lab_page
def cancel(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Give up a wave that has not begun."""
    wave = _wave(request, slug, number)
    try:
        waves.cancel(wave, request.directory.today(timezone.now()), author_of(request))
    except waves.CannotAsk as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("La vague est annulée ; personne n'en avait encore été averti."))
    return redirect("trial_surveys", slug)


def _wave(request: AgentRequest, slug: str, number: int) -> Wave:
    trial = trial_of(request, slug)
    found = Wave.objects.filter(trial=trial, number=number).select_related("trial", "survey").first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def key(request: AgentRequest, slug: str) -> HttpResponse:
    """Destroy the key of a trial that is over, after saying what that means."""
    trial, today = trial_of(request, slug), request.directory.today(timezone.now())
    found = PseudonymKey.objects.filter(trial=trial).first()
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            waves.destroy_key(trial, today, author_of(request))
        except waves.CannotAsk as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("La clé est détruite : les réponses de cet essai sont anonymes pour toujours."))
            return redirect("trial_surveys", slug)
    context = {
        **frame_of(trial, "trial_surveys"),
        "form": form,
        "destroyed_at": found.destroyed_at if found else None,
        "why_not": waves.why_key_stays(trial, today),
    }
    return render(request, "web/lab/surveys_key.html", context, status=422 if request.method == "POST" else 200)
