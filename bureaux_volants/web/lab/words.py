"""What a reading's figures say beside the main effect, in sentences and rows that the page and the paper share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.territory import french
from bureaux_volants.trials.amending import AMENDABLE, in_words
from bureaux_volants.trials.estimating.conclusion import number, plain
from bureaux_volants.trials.models import Amendment

SCENARIOS = {
    "none": gettext_lazy("réponses prises telles quelles, sans effet rebond"),
    "ademe": gettext_lazy("effet rebond de l'ADEME : 31 % du gain perdu"),
    "severe": gettext_lazy("effet rebond deux fois plus fort : 62 % du gain perdu"),
    "flattered": gettext_lazy("réponses flatteuses : une réponse « sur mon site » sur cinq était un jour à domicile"),
    "flattered_ademe": gettext_lazy("réponses flatteuses et effet rebond de l'ADEME"),
}
PRE_TRENDS = {
    "drawn_order": gettext_lazy(
        "Semaines d'avant la première ouverture, test par le tirage de l'ordre : p = %(p)s. L'ordre ayant été tiré, un écart d'avant viendrait "
        "de la malchance du tirage ou d'un ordre qui n'a pas été suivi."
    ),
    "permutation": gettext_lazy(
        "Semaines d'avant la première ouverture, test par permutation des communes, tenues pour comparables : p = %(p)s."
    ),
    "wald": gettext_lazy("Semaines d'avant l'ouverture, test de Wald de tous les effets d'avant : p = %(p)s."),
}


def amended(amendment: Amendment) -> str:
    """When, what, from what to what, and why."""
    zone = amendment.trial.territory.zone
    return _("%(day)s, %(what)s, de « %(before)s » à « %(after)s » : %(reason)s") % {
        "day": french.day(amendment.at.astimezone(zone).date(), year=True),
        "what": AMENDABLE.get(amendment.what, amendment.what),
        "before": in_words(amendment.what, amendment.before),
        "after": in_words(amendment.what, amendment.after),
        "reason": amendment.reason,
    }


def short(value: float | None) -> str:
    return "–" if value is None else number(value)


def small(value: float | None) -> str:
    """A probability, to three digits."""
    if value is None:
        return "–"
    return "< 0,001" if value < 0.001 else f"{value:.3f}".replace(".", ",")


def before(figures: dict[str, Any]) -> str:
    """What the test of the weeks before says, and which test it is; "" without one."""
    study = figures.get("study") or {}
    words = PRE_TRENDS.get(study.get("pre_trend_test", ""))
    return str(words) % {"p": small(study["pre_trend_p"])} if words else ""


def treated(figures: dict[str, Any]) -> list[str]:
    """The effect in a week of coming, or why there is none; nothing when nobody came."""
    found = figures.get("treated")
    if not found:
        return []
    said = []
    if made := found["estimate"]:
        said.append(
            _(
                "Dans une semaine où l'agent est vraiment venu, l'effet est de %(value)s %(unit)s (intervalle à 95 %% : de %(low)s à %(high)s)."
            )
            % {
                "value": short(made["value"]),
                "low": short(made["low"]),
                "high": short(made["high"]),
                "unit": figures["outcome"]["unit"],
            }
        )
    else:
        said.append(
            _("L'effet d'une semaine où l'agent est vraiment venu n'est pas estimé : %(why)s")
            % {"why": within(found["reason"])}
        )
    if found.get("open") is not None:
        said.append(
            _(
                "Une fois leur commune ouverte, les agents sont venus dans %(open)d %% des semaines, au moins un jour, à un bureau que l'essai a "
                "ouvert ; %(closed)d %% avant ou dans les communes qui ne l'étaient pas."
            )
            % {"open": round(100 * found["open"]), "closed": round(100 * found["closed"])}
        )
    if made:
        said.append(
            _(
                "C'est l'effet d'être ouvert, rapporté à ces venues : il vaut pour ceux que l'ouverture a fait venir, et suppose qu'elle n'a rien "
                "changé pour les autres."
            )
        )
        said += [*made["warnings"], _("Méthode : %(paper)s.") % {"paper": made["paper"]}]
    return said


def carbon(figures: dict[str, Any]) -> list[str]:
    """What the days at the trial's desks avoided: the verdict, then what it rests on."""
    found = figures.get("counterfactual")
    if not found:
        return []
    if found["reason"]:
        return [found["reason"]]
    said = [
        _few(found) if found["few"] else _verdict(found["scenarios"]),
        _counted(found),
        *_apart(found),
        *_left_out(found),
    ]
    who = _("des communes qu'on a observées") if found["by_commune"] else _("des agents qu'on a observés")
    said.append(
        _(
            "Aller et retour entre le domicile que l'agent a indiqué et le bureau, à vol d'oiseau avec un détour ; modes de son carnet, sinon de "
            "tous les carnets, sinon la voiture, seul à bord ; facteurs %(factors)s. L'intervalle reflète le hasard %(who)s, non celui "
            "des facteurs ou des réponses. L'énergie du domicile et celle des bureaux ne sont pas comptées. Effet rebond : ADEME, étude "
            "de 2020 sur le télétravail ; le double est une hypothèse d'ici."
        )
        % {"factors": found["factors"], "who": who}
    )
    return said


def _left_out(found: dict[str, Any]) -> list[str]:
    """What cannot be told, and why."""
    said = []
    if found.get("lost_until"):
        said.append(
            _(
                "Les jours d'avant le %(day)s ne sont pas comptés : les réservations n'y ont plus de nom, et les réponses ne se rattachent plus à un domicile."
            )
            % {"day": french.day(dt.date.fromisoformat(found["lost_until"]), year=True)}
        )
    if len(found["scenarios"]) < len(SCENARIOS):
        said.append(
            _(
                "Les scénarios de rebond et de réponses flatteuses ne sont pas montrés : la différence entre eux dirait les trajets de moins de cinq agents."
            )
        )
    return said


def _few(found: dict[str, Any]) -> str:
    people = found["counted"]["people"]
    return _(
        "On ne peut pas conclure sur %(n)d agents, ceux qui sont venus et ont dit ce qu'ils auraient fait sinon : ces chiffres sont un ordre de grandeur."
    ) % {"n": people}


def _verdict(scenarios: list[dict[str, Any]]) -> str:
    as_said = scenarios[0]
    if as_said["low"] > 0:
        if len(scenarios) < len(SCENARIOS):
            return _("D'après ce que les agents disent qu'ils auraient fait sinon, ces jours ont évité des émissions.")
        holds = all(one["low"] > 0 for one in scenarios)
        return (
            _(
                "D'après ce que les agents disent qu'ils auraient fait sinon, ces jours ont évité des émissions, et c'est encore vrai dans chaque scénario."
            )
            if holds
            else _(
                "D'après ce que les agents disent qu'ils auraient fait sinon, ces jours ont évité des émissions ; pas à coup sûr dans chaque scénario."
            )
        )
    if as_said["high"] < 0:
        return _(
            "D'après ce que les agents disent qu'ils auraient fait sinon, ces jours ont ajouté des émissions : trop d'entre eux remplacent un jour à domicile ou un site plus proche."
        )
    return _("On ne peut pas dire si ces jours ont évité ou ajouté des émissions.")


def _counted(found: dict[str, Any]) -> str:
    since, until = (french.day(dt.date.fromisoformat(found[name]), year=True) for name in ("since", "until"))
    said = _("Sont comptés %(days)d jours de %(people)d agents, du %(since)s au %(until)s") % {
        **found["counted"],
        "since": since,
        "until": until,
    }
    if found["usual"] and found["home"]:
        said += _(
            ", dont %(usual)d à la place d'un jour sur le site d'affectation et %(home)d à la place d'un jour à domicile"
        ) % {
            "usual": found["usual"]["days"],
            "home": found["home"]["days"],
        }
    return said + _(". Un jour qui remplace un jour à domicile ajoute des trajets.")


def _apart(found: dict[str, Any]) -> list[str]:
    parts = []
    for name, words in (
        ("unsaid", _("sans réponse ou « je ne sais pas »")),
        ("elsewhere", _("où l'agent aurait été ailleurs")),
        ("unplaced", _("dont le domicile ou le site d'affectation n'est pas connu")),
    ):
        group = found[name]
        if group is None:
            parts.append(_("quelques jours %(words)s, de trop peu d'agents pour en dire le nombre") % {"words": words})
        elif group["days"]:
            days = ngettext("%(n)d jour", "%(n)d jours", group["days"]) % {"n": group["days"]}
            parts.append(f"{days} {words}")
    return [_("À part, et non comptés : %(parts)s.") % {"parts": " ; ".join(parts)}] if parts else []


def carbon_rows(figures: dict[str, Any]) -> list[list[str]]:
    """Scenario, kgCO2e avoided a day, from, to, and in all."""
    found = figures.get("counterfactual") or {}
    return [
        [begun(str(SCENARIOS[one["code"]])), *(short(one[name]) for name in ("per_day", "low", "high", "total"))]
        for one in found.get("scenarios", [])
    ]


def sample(figures: dict[str, Any]) -> str:
    """Who was measured, and in how many of the weeks that the plan has; "" where nothing was."""
    found: dict[str, Any] | None = figures.get("sample")
    if not found:
        return ""
    weeks: str = (
        _(
            "%(weeks)d semaines sur les %(weeks_possible)d du plan ont au moins une mesure ; une semaine qui manque n'est pas inventée."
        )
        % found
    )
    if not found["agents"]:
        return _("Moins de cinq agents mesurés.") + " " + weeks
    said: str = _("%(agents)d agents mesurés") % found
    if found.get("agents_both") not in (None, found["agents"]):
        said += _(", dont %(agents_both)d avant et depuis la première ouverture") % found
    said += _(" ; %(communes)d communes, %(rows)s semaines d'agent. ") % {
        "communes": found["communes"],
        "rows": plain(found["rows"]),
    }
    return said + weeks


def begun(words: str) -> str:
    """With its first letter as at the beginning of a sentence, the others as they are."""
    return words[:1].upper() + words[1:]


def within(sentence: str) -> str:
    """A sentence as it goes on after a colon: without a capital, except that of a name in capitals."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def hypothesis_rows(figures: dict[str, Any]) -> list[list[str]]:
    """Hypothesis, what is said of it, and in one line what measures it, the effect, its interval and its p; "" where there is none.

    Those that nothing measures are left out.
    """
    rows = []
    for one in figures.get("hypotheses", []):
        if not one["outcome"]:
            continue
        made = one["estimate"]
        said = one["sentence"] or one["reason"] or _("Pas estimé.")
        name = f"{one['name']} ({one['unit']})" if one["unit"] else one["name"]
        line = ""
        if made:
            line = _("%(name)s : %(value)s (intervalle à 95 %% : de %(low)s à %(high)s ; %(agents)d agents)") % {
                "name": begun(name),
                "value": short(made["value"]),
                "low": short(made["low"]),
                "high": short(made["high"]),
                "agents": made["units"],
            }
            line += "." if one["main"] else _(" ; p corrigé : %(p)s.") % {"p": small(one["p_adjusted"])}
        rows.append([one["text"], said, line])
    return rows
