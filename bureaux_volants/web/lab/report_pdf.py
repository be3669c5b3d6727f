"""The report as an accessible PDF (PDF/UA-1), in two lengths. The same trial, figures and versions give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

import typst
from django.utils.translation import gettext as _

from bureaux_volants.territory import french
from bureaux_volants.trials.deciding import Line
from bureaux_volants.trials.estimating.conclusion import number, plain
from bureaux_volants.trials.indicators.reading import Told
from bureaux_volants.trials.models import Decision, Trial

from . import words

#: What a chart's `currentColor` is on paper.
_INK = "#222222"


def decided_since(trial: Trial, decisions: Iterable[Decision]) -> Decision | None:
    """The last decision taken once the trial was over."""
    ended = trial.ended_at.astimezone(trial.territory.zone).date() if trial.ended_at else trial.ends_on
    return max((d for d in decisions if d.day >= ended), key=lambda d: (d.day, d.pk), default=None)


def doubt_and_request(
    figures: dict[str, Any], *, is_provisional: bool, decided: Decision | None = None
) -> tuple[str, str]:
    """The sentence of doubt and the decision asked, as the figures allow; a trial that runs asks for none, one that was decided on says so."""
    doubt, asked = _doubt_and_request(figures, is_provisional=is_provisional)
    if decided is not None:
        asked += " " + _("Déjà décidé le %(day)s (%(who)s) : %(what)s") % {
            "day": french.day(decided.day, year=True),
            "who": decided.who,
            "what": decided.what.rstrip(". ") + ".",
        }
    return doubt, asked


def _doubt_and_request(figures: dict[str, Any], *, is_provisional: bool) -> tuple[str, str]:
    if is_provisional:
        return (
            _("L'essai n'est pas terminé : ces chiffres changeront, et s'arrêter au premier bon chiffre tromperait."),
            _("Aucune pour l'instant, sauf si une règle d'arrêt du protocole s'applique."),
        )
    if not figures.get("main"):
        return (
            _("Aucun effet n'a pu être estimé : l'absence de chiffre n'est pas une absence d'effet."),
            _("Mener un autre essai ; sinon, décider en sachant que l'effet n'est pas établi."),
        )
    conclusion = figures["conclusion"]
    if conclusion["verdict"] == "effect":
        return (
            _(
                "L'intervalle passe des deux côtés du seuil : davantage d'agents, de communes ou de semaines diraient s'il est atteint."
            ),
            _(
                "Mener un autre essai, plus long ou plus large ; sinon, décider en sachant qu'il n'est pas établi que l'effet atteigne le seuil."
            ),
        )
    if not conclusion["is_conclusive"]:
        return (
            _(
                "L'intervalle laisse plusieurs réponses possibles : davantage d'agents, de communes ou de semaines seraient nécessaires pour trancher."
            ),
            _(
                "Mener un autre essai, plus long ou plus large ; sinon, décider en sachant que l'effet n'est pas établi."
            ),
        )
    doubt = _("L'effet est celui d'être ouvert, mesuré sur ces communes et ces semaines ; ailleurs il peut différer.")
    if conclusion["verdict"] == "reached":
        return doubt, _("Élargir, comme le protocole l'avait prévu si le seuil était atteint.")
    return doubt, _("Ne pas élargir pour ce motif : le changement qui l'aurait justifié n'est pas là.")


def _value_and_interval(found: dict[str, Any], low: str = "low", high: str = "high") -> list[str]:
    value, below, above = (words.short(found[name]) for name in ("value", low, high))
    return [value, _("%(low)s à %(high)s") % {"low": below, "high": above}]


def _told(told: Told) -> str:
    """A figure of use in a cell: its value, its interval, how many people."""
    found = told.figure
    if found is None or found.value is None:
        return _("non montré") if told.is_hidden else "–"
    said = plain(found.value)
    if found.low is not None and found.high is not None:
        said += f" ({plain(found.low)} à {plain(found.high)})"
    return f"{said} – {found.people} pers." if found.people else said


def report_pdf(
    trial: Trial, said: dict[str, Any], lines: list[Line], hypotheses: list[str], *, is_whole: bool = True
) -> bytes:
    """A4: one page for those who decide, and behind it the whole unless it is not asked for.

    `said` is what the page of the report says (live.py); it has a reading.
    """
    figures, reading = said["figures"], said["reading"]
    main, unit = figures.get("main"), figures["outcome"]["unit"]
    doubt, asked = doubt_and_request(
        figures, is_provisional=said["is_provisional"], decided=decided_since(trial, said["decisions"])
    )
    threshold = figures["outcome"]["threshold"] * (-1 if figures["outcome"]["decrease"] else 1)
    shown = [[_("seuil du protocole (%s)") % unit, number(threshold).removesuffix(",0")]]
    if main:
        value, interval = _value_and_interval(main)
        shown.insert(0, [_("effet mesuré (%s)") % unit, value])
        measured = _("fourchette probable (intervalle à 95 %%) ; %(units)d agents, %(clusters)d communes") % main
        shown.append([measured, interval])
    document = {
        "whole": is_whole,
        "title": trial.title,
        "author": trial.territory.name,
        "invented": trial.territory.is_demonstration,
        "until": french.day(reading.data_until, year=True),
        "question": trial.question,
        "provisional": said["is_provisional"],
        "verdict": figures["conclusion"]["sentence"]
        if main
        else _("On ne peut pas conclure : l'effet n'est pas estimé."),
        "figures": shown,
        "effect_alt": _("L'effet mesuré et son intervalle, face au seuil du protocole ; les valeurs sont au-dessus."),
        "study_alt": _("L'effet avant et après l'ouverture, semaine par semaine ; les valeurs sont dans le tableau."),
        "doubt": " ".join([doubt, *said["caveats"], *(main["warnings"] if main else ())]),
        "asked": asked,
        "protocol": [
            [_("Plan"), trial.get_design_display()],
            [_("Empreinte du protocole figé"), trial.frozen_digest or "–"],
        ],
        "dates": [f"{words.begun(str(what))} : {french.day(day, year=True)}" for what, day in said["calendar"]],
        "sample": [said["measured"]] if said["measured"] else [],
        "methods": [[words.begun(str(name)), e["paper"]] for name, e in said["estimates"]],
        "hypotheses": hypotheses,
        "amendments": said["amended"],
        "estimates": [[words.begun(str(name)), *_value_and_interval(e)] for name, e in said["estimates"]],
        "uses": [
            [f"{words.begun(str(u.indicator.name))} ({u.indicator.unit})", _told(u.before), _told(u.since)]
            for u in [*said["uses"], *said["quality"]]
        ],
        "refused": [f"{words.begun(str(name))} : {reason}" for name, reason in said["refused"]],
        "points": [
            [str(p["when"]).replace("-", "−"), *_value_and_interval(p, "band_low", "band_high")]
            for p in (figures.get("study") or {}).get("points", [])
        ],
        "before": said["before"],
        "treated": said["treated"],
        "hypothesis_rows": said["hypotheses_rows"],
        "carbon": said["carbon"],
        "carbon_rows": [
            [name, value, f"{low} à {high}", total] for name, value, low, high, total in said["carbon_rows"]
        ],
        "grid": [
            [
                words.begun(str(line.label)),
                *((line.now.get_mark_display(), line.now.reason) if line.now else ("", _("pas noté"))),
            ]
            for line in lines
        ]
        if any(line.now for line in lines)
        else [],
        "decisions": [f"{french.day(d.day, year=True)}, {d.who} : {d.what}" for d in said["decisions"]],
        "versions": [
            [_("Données"), reading.data_digest],
            [_("Calcul"), reading.code_version],
            *([[_("Graine"), str(said["seed"])]] if said["seed"] is not None else []),
            [_("Données jusqu'au"), french.day(reading.data_until, year=True)],
        ],
    }
    inputs = {"said": json.dumps(document, ensure_ascii=False, sort_keys=True)}
    for name, chart in (("effect", said["effect_chart"]), ("study", said["study_chart"])):
        if chart:
            inputs[name] = str(chart).replace("currentColor", _INK)
    source = resources.files("bureaux_volants.web").joinpath("templates/web/lab/report.typ").read_bytes()
    made = typst.compile(source, format="pdf", pdf_standards="ua-1", sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made
