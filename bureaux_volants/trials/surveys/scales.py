"""Two scales ready to use, their words, and how they are scored. Pure.

**WHO-5**, index of well-being of the World Health Organization: Topp, Østergaard, Søndergaard & Bech (2015), "The WHO-5 Well-Being
Index: a systematic review of the literature", Psychotherapy and Psychosomatics 84, 167–176, https://doi.org/10.1159/000376585.
Words of the five statements and six answers: Psychiatric Research Unit, WHO Collaborating Centre in Mental Health, Hillerød (1998
version, in each language); the French ones compared with copies of that form in several programmes that put it to patients, some of
which say "reposé(e)" for "dispos(e)" in the fourth. Raw 0–25, times four; raw under 13 says poor well-being; a change of ten points matters. No rule for missing items
is published: one missing, no score.

**STS**, Satisfaction with Travel Scale: Ettema, Gärling, Eriksson, Friman, Olsson & Fujii (2011), "Satisfaction with travel and
subjective well-being: development and test of a measurement tool", Transportation Research Part F 14, 167–175,
https://doi.org/10.1016/j.trf.2010.11.002. Nine pairs of adjectives, −4 to +4, three sub-scales of three. The French and German
words are our own: not validated, and said so on the page. A sub-scale is the mean of its items when at least two of the three
are there; the whole is the mean of the three sub-scales, none missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WHO5_ITEMS: Final = (
    (
        "Je me suis senti(e) bien et de bonne humeur",
        "I have felt cheerful and in good spirits",
        "… war ich froh und guter Laune",
    ),
    (
        "Je me suis senti(e) calme et tranquille",
        "I have felt calm and relaxed",
        "… habe ich mich ruhig und entspannt gefühlt",
    ),
    (
        "Je me suis senti(e) plein(e) d'énergie et vigoureux(se)",
        "I have felt active and vigorous",
        "… habe ich mich energisch und aktiv gefühlt",
    ),
    (
        "Je me suis réveillé(e) en me sentant frais(che) et dispos(e)",
        "I woke up feeling fresh and rested",
        "… habe ich mich beim Aufwachen frisch und ausgeruht gefühlt",
    ),
    (
        "Ma vie quotidienne a été remplie de choses intéressantes",
        "My daily life has been filled with things that interest me",
        "… war mein Alltag voller Dinge, die mich interessieren",
    ),
)
_WHO5_POINTS: Final = (
    (5, "Tout le temps", "All of the time", "Die ganze Zeit"),
    (4, "La plupart du temps", "Most of the time", "Meistens"),
    (3, "Plus de la moitié du temps", "More than half of the time", "Etwas mehr als die Hälfte der Zeit"),
    (2, "Moins de la moitié du temps", "Less than half of the time", "Etwas weniger als die Hälfte der Zeit"),
    (1, "De temps en temps", "Some of the time", "Ab und zu"),
    (0, "Jamais", "At no time", "Zu keinem Zeitpunkt"),
)
#: (low end, high end) by language; three for each sub-scale, in the order of SUBSCALES.
_STS_ITEMS: Final = (
    (("pressé(e)", "détendu(e)"), ("time pressed", "relaxed"), ("gehetzt", "entspannt")),
    (
        ("inquiet/inquiète d'être en retard", "sûr(e) d'être à l'heure"),
        ("worried I would not be in time", "confident I would be in time"),
        ("besorgt, zu spät zu kommen", "sicher, pünktlich zu sein"),
    ),
    (("stressé(e)", "calme"), ("stressed", "calm"), ("gestresst", "ruhig")),
    (("fatigué(e)", "en éveil"), ("tired", "alert"), ("müde", "wach")),
    (("plein(e) d'ennui", "plein(e) d'entrain"), ("bored", "enthusiastic"), ("gelangweilt", "begeistert")),
    (("lassé(e)", "intéressé(e)"), ("fed up", "engaged"), ("überdrüssig", "interessiert")),
    (
        ("les pires qui soient", "les meilleurs qui soient"),
        ("the worst I can think of", "the best I can think of"),
        ("die schlechtesten, die ich mir vorstellen kann", "die besten, die ich mir vorstellen kann"),
    ),
    (
        ("de mauvaise qualité", "de bonne qualité"),
        ("of low standard", "of high standard"),
        ("von niedriger Qualität", "von hoher Qualität"),
    ),
    (
        ("se sont mal passés", "se sont bien passés"),
        ("worked poorly", "worked well"),
        ("sind schlecht verlaufen", "sind gut verlaufen"),
    ),
)
SUBSCALES: Final = ("sts_calm", "sts_energy", "sts_quality")
#: The questions of each scale.
ITEMS: Final = {
    "who5": tuple(f"who5_{n}" for n in range(1, 6)),
    "sts": tuple(f"sts_{n}" for n in range(1, 10)),
}
#: What each score is called, its bounds, and its sources.
NAMES: Final = {
    "who5": "Bien-être (OMS-5)",
    "sts": "Satisfaction des déplacements (STS)",
    "sts_calm": "STS : calme pendant le trajet",
    "sts_energy": "STS : entrain pendant le trajet",
    "sts_quality": "STS : qualité du trajet",
}
BOUNDS: Final = {"who5": (0.0, 100.0), "sts": (-4.0, 4.0), **dict.fromkeys(SUBSCALES, (-4.0, 4.0))}
WHO5_POOR_BELOW_RAW: Final = 13
WHO5_CHANGE_THAT_MATTERS: Final = 10.0
LEAST_STS_ITEMS: Final = 2


def _texts(fr: str, en: str, de: str) -> dict[str, str]:
    return {"fr": fr, "en": en, "de": de}


def who5() -> dict[str, Any]:
    """The questionnaire (questions.py)."""
    options = [{"code": str(value), "text": _texts(fr, en, de)} for value, fr, en, de in _WHO5_POINTS]
    return {
        "languages": ["fr", "en", "de"],
        "scales": ["who5"],
        "title": _texts(NAMES["who5"], "Well-being (WHO-5)", "Wohlbefinden (WHO-5)"),
        "intro": _texts(
            "Veuillez indiquer, pour chacune des cinq affirmations, laquelle se rapproche le plus de ce que vous avez "
            "ressenti au cours des deux dernières semaines.",
            "Please indicate for each of the five statements which is closest to how you have been feeling over the last two weeks.",
            "Die folgenden Aussagen betreffen Ihr Wohlbefinden in den letzten zwei Wochen: wählen Sie, was am besten zutrifft.",
        ),
        "sections": [
            {
                "title": _texts(
                    "Au cours des deux dernières semaines", "Over the last two weeks", "In den letzten zwei Wochen …"
                ),
                "questions": [
                    {"id": f"who5_{n}", "type": "scale", "text": _texts(*item), "min": 0, "max": 5, "options": options}
                    for n, item in enumerate(_WHO5_ITEMS, 1)
                ],
            }
        ],
    }


def sts() -> dict[str, Any]:
    """The questionnaire (questions.py)."""
    felt = _texts("Pendant mes trajets, j'étais…", "During my trips I was…", "Auf meinen Wegen war ich …")
    were = _texts("Mes trajets étaient…", "My trips were…", "Meine Wege waren …")
    went = _texts("Dans l'ensemble, ils…", "Overall they…", "Insgesamt …")
    questions = []
    for n, ends in enumerate(_STS_ITEMS, 1):
        lows, highs = zip(*ends, strict=True)
        text = felt if n <= 6 else went if n == 9 else were
        pair = _texts(*(f"{text[k]} {lo} / {hi}" for k, lo, hi in zip(("fr", "en", "de"), lows, highs, strict=True)))
        questions.append(
            {
                "id": f"sts_{n}",
                "type": "scale",
                "text": pair,
                "min": -4,
                "max": 4,
                "low": _texts(*lows),
                "high": _texts(*highs),
            }
        )
    return {
        "languages": ["fr", "en", "de"],
        "scales": ["sts"],
        "title": _texts(NAMES["sts"], "Satisfaction with travel (STS)", "Zufriedenheit mit den Wegen (STS)"),
        "intro": _texts(
            "Pensez à vos trajets domicile-travail de la semaine passée. Entre les deux mots, choisissez le point qui "
            "dit le mieux ce que vous avez vécu.",
            "Think of your commute of last week. Between the two words, choose the point that best says how it was.",
            "Denken Sie an Ihre Arbeitswege der letzten Woche. Wählen Sie zwischen den beiden Wörtern den passenden Punkt.",
        ),
        "sections": [
            {
                "title": _texts("Mes trajets de la semaine", "My trips of the week", "Meine Wege der Woche"),
                "questions": questions,
            }
        ],
    }


def score(code: str, answers: Mapping[str, Any]) -> float | None:
    """One score of what somebody answered: `who5` 0–100; `sts` and its sub-scales −4…+4. None: too many items are missing.

    Raises KeyError for a score that does not exist.
    """
    if code == "who5":
        items = [answers.get(f"who5_{n}") for n in range(1, 6)]
        return None if None in items else 4.0 * sum(v for v in items if v is not None)
    if code == "sts":
        parts = [score(sub, answers) for sub in SUBSCALES]
        return None if None in parts else sum(p for p in parts if p is not None) / len(parts)
    if code not in SUBSCALES:
        raise KeyError(code)
    first = 1 + 3 * SUBSCALES.index(code)
    said = [v for n in range(first, first + 3) if (v := answers.get(f"sts_{n}")) is not None]
    return sum(said) / len(said) if len(said) >= LEAST_STS_ITEMS else None


def is_poor(who5_score: float) -> bool:
    """Whether a WHO-5 score says poor well-being: something to speak of with somebody, never a diagnosis."""
    return who5_score < 4 * WHO5_POOR_BELOW_RAW


def scores_of(definition: Mapping[str, Any]) -> list[str]:
    """The scores that a questionnaire gives."""
    found: list[str] = []
    for scale in definition.get("scales", ()):
        found += [scale, *SUBSCALES] if scale == "sts" else [scale]
    return found
