"""“Who are you?”, ready to use: what the directory does not record, asked of whoever agrees to say it; and what comes out of it. Pure.

The same questionnaire asks whether one came to a flying desk. Who is what and who came are thus one answer: nobody's answers are looked
up beside their bookings. The identifiers of the questions are kept for this: `category`, `sex`, `telework_job`, `came`, `hindered_by`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bureaux_volants.fleet.usage import wilson
from bureaux_volants.trials.indicators.figures import is_small
from bureaux_volants.trials.indicators.measures import OTHER, safe_groups

from .questions import questions_of

CAME: Final = "came"
HINDERED_BY: Final = "hindered_by"
#: The questions whose answers are groups, in the order in which they are told.
GROUPS: Final = ("telework_job", "category", "sex")

#: The group of those who passed over a question.
NO_ANSWER: Final = "none"


def _texts(fr: str, en: str, de: str) -> dict[str, str]:
    return {"fr": fr, "en": en, "de": de}


def _single(code: str, text: dict[str, str], options: Iterable[tuple[str, str, str, str]]) -> dict[str, Any]:
    return {
        "id": code,
        "type": "single",
        "text": text,
        "options": [{"code": one, "text": _texts(fr, en, de)} for one, fr, en, de in options],
    }


_YES_NO = (("yes", "oui", "yes", "ja"), ("no", "non", "no", "nein"))


def profile() -> dict[str, Any]:
    """The questionnaire (questions.py). No answer is required: each is about oneself."""
    why = _single(
        HINDERED_BY,
        _texts(
            "Qu'est-ce qui vous en a empêché(e) ? (plusieurs réponses possibles)",
            "What kept you from it? (several answers possible)",
            "Was hat Sie daran gehindert? (mehrere Antworten möglich)",
        ),
        (
            (
                "job",
                "mon poste ne s'exerce pas à distance",
                "my job cannot be done elsewhere",
                "meine Arbeit geht nur vor Ort",
            ),
            (
                "manager",
                "mon encadrement ne le souhaite pas",
                "my manager does not want it",
                "meine Leitung möchte es nicht",
            ),
            (
                "unknown",
                "je ne savais pas que c'était possible",
                "I did not know I could",
                "ich wusste nicht, dass es möglich ist",
            ),
            (
                "far",
                "aucun bureau n'est sur mon chemin",
                "no desk is on my way",
                "kein Arbeitsplatz liegt auf meinem Weg",
            ),
            (
                "access",
                "les lieux ne me sont pas accessibles",
                "the places are not accessible to me",
                "die Orte sind für mich nicht barrierefrei",
            ),
            ("equipment", "je n'ai pas le matériel qu'il faut", "I lack the equipment", "mir fehlt die Ausstattung"),
            ("no_wish", "je n'en ai pas envie", "I do not wish to", "ich möchte nicht"),
            ("other", "autre chose", "something else", "etwas anderes"),
        ),
    )
    why |= {"type": "multiple", "if": {"question": CAME, "is": ["no"]}}
    return {
        "languages": ["fr", "en", "de"],
        "intro": _texts(
            "Cinq questions pour savoir qui peut utiliser les bureaux volants et qui ne le peut pas. Vous pouvez en passer.",
            "Five questions to learn who can use the flying desks and who cannot. You may skip any of them.",
            "Fünf Fragen dazu, wer die Arbeitsplätze nutzen kann und wer nicht. Sie dürfen Fragen auslassen.",
        ),
        "sections": [
            {
                "title": _texts("Qui êtes-vous ?", "Who are you?", "Wer sind Sie?"),
                "questions": [
                    _single(
                        CAME,
                        _texts(
                            "Avez-vous déjà travaillé dans un bureau volant ?",
                            "Have you ever worked at a flying desk?",
                            "Haben Sie schon einmal an einem fliegenden Arbeitsplatz gearbeitet?",
                        ),
                        _YES_NO,
                    ),
                    why,
                    _single(
                        "telework_job",
                        _texts(
                            "Une partie de votre travail peut-elle se faire ailleurs que sur votre site ?",
                            "Can part of your work be done away from your usual site?",
                            "Kann ein Teil Ihrer Arbeit anderswo erledigt werden?",
                        ),
                        _YES_NO,
                    ),
                    _single(
                        "category",
                        _texts("Votre catégorie", "Your grade category", "Ihre Laufbahngruppe"),
                        (
                            ("a", "catégorie A", "category A", "Gruppe A"),
                            ("b", "catégorie B", "category B", "Gruppe B"),
                            ("c", "catégorie C", "category C", "Gruppe C"),
                            ("contract", "autre ou contractuel", "other or contract", "andere oder Vertrag"),
                        ),
                    ),
                    _single(
                        "sex",
                        _texts("Vous êtes", "You are", "Sie sind"),
                        (
                            ("f", "une femme", "a woman", "eine Frau"),
                            ("m", "un homme", "a man", "ein Mann"),
                            (
                                "x",
                                "vous ne vous reconnaissez ni dans l'un ni dans l'autre",
                                "neither",
                                "keines von beiden",
                            ),
                        ),
                    ),
                ],
            }
        ],
    }


def is_asked(definition: Mapping[str, Any]) -> bool:
    """Whether a questionnaire asks whether one came."""
    return any(question["id"] == CAME for question in questions_of(definition))


@dataclass(frozen=True, slots=True)
class Group:
    """Of those who gave one answer to one question, how many came; both None where it cannot be told. `answer` OTHER: put together."""

    question: str
    answer: str
    came: int | None
    people: int | None

    @property
    def share(self) -> float | None:
        return None if not self.people or self.came is None else self.came / self.people

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson, 95 %."""
        return None if not self.people or self.came is None else wilson(self.came, self.people)


def came_by_group(answers: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Who came, by each of GROUPS, in the order of the answers offered; of the answers that say whether one came.

    In each group those who came, and those who did not, are nobody or five at least: other answers, and none, are put together.
    """
    said = [a for a in answers if a.get(CAME) in ("yes", "no")]
    offered = {q["id"]: [o["code"] for o in q["options"]] for part in profile()["sections"] for q in part["questions"]}
    found = []
    for question in GROUPS:
        counts: dict[str, tuple[int, int]] = {}
        for answer in said:
            group = str(answer.get(question, NO_ANSWER))
            came, people = counts.get(group, (0, 0))
            counts[group] = came + (answer[CAME] == "yes"), people + 1
        safe = safe_groups(counts)
        for group in [*offered[question], NO_ANSWER, OTHER]:
            if group in safe:
                came, people = safe[group]
                is_told = not is_small(came) and not is_small(people - came)
                found.append(Group(question, group, *((came, people) if is_told else (None, None))))
    return found
