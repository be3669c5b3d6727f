"""The grammar of a questionnaire, what is wrong with one, and what is wrong with an answer to it. Pure.

A definition is JSON:

    {"languages": ["fr", "en"], "scales": ["who5"], "intro": {texts},
     "sections": [{"title": {texts}, "text": {texts}, "questions": [question…]}…]}

A question: `id`, `type`, `text` (texts), `required`, and by type: `options` (`code`, `text`) for `single` and `multiple`;
`min`, `max` for `number` and `scale`, a scale also `low` and `high` (what its ends mean) or `options` (a word for each point).
`if`: {"question": id of an earlier one, "is": [codes]} or {"question": …, "at_least": n, "at_most": n}: shown only then.
Texts are {"fr": …, "en": …}: French always, the other languages that the definition names where they are known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

LANGUAGES = {"fr": "Français", "en": "English", "de": "Deutsch"}
TYPES = ("scale", "single", "multiple", "number", "text")
MOST_QUESTIONS = 60
MOST_POINTS = 11
#: No value of a scale or of a number is further from zero: means and what is worked out of them stay numbers.
LARGEST = 1_000_000_000
LONGEST_TEXT = 2000
LONGEST_WORDING = 400
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")

Definition = Mapping[str, Any]
Question = Mapping[str, Any]
Answers = dict[str, Any]


class BadDefinition(ValueError):
    """No questionnaire; `problems` are French sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def said_in(texts: Mapping[str, str] | None, language: str) -> str:
    """A text in a language, in French where it is not translated."""
    return (texts or {}).get(language) or (texts or {}).get("fr", "")


def questions_of(definition: Definition) -> Iterator[Question]:
    """Every question in the order in which they are put."""
    for section in definition.get("sections", ()):
        yield from section.get("questions", ())


def checked(definition: Definition) -> Definition:
    """The definition itself. Raises BadDefinition with every problem found."""
    problems: list[str] = []
    languages = definition.get("languages", ["fr"])
    if "fr" not in languages or any(one not in LANGUAGES for one in languages):
        problems.append(_("Les langues possibles sont le français (toujours présent), l'anglais et l'allemand."))
    questions = list(questions_of(definition))
    if not questions:
        problems.append(_("Un questionnaire pose au moins une question."))
    if len(questions) > MOST_QUESTIONS:
        problems.append(_("Un questionnaire pose %(n)d questions au plus.") % {"n": MOST_QUESTIONS})
    before: dict[str, Question] = {}
    for number, question in enumerate(questions, 1):
        problems += [_("Question %(n)d : %(why)s") % {"n": number, "why": why} for why in _faults(question, before)]
        before[str(question.get("id", ""))] = question
    if problems:
        raise BadDefinition(problems)
    return definition


def _faults(question: Question, before: Mapping[str, Question]) -> Iterator[str]:
    code, kind = str(question.get("id", "")), question.get("type")
    if not _ID.fullmatch(code):
        yield _("son identifiant s'écrit en minuscules, chiffres et tirets bas.")
    elif code in before:
        yield _("son identifiant « %(id)s » est déjà pris.") % {"id": code}
    wording = said_in(question.get("text"), "fr").strip()
    if not wording:
        yield _("écrivez-la en français.")
    elif len(wording) > LONGEST_WORDING:
        yield _("elle dépasse %(n)d caractères.") % {"n": LONGEST_WORDING}
    if kind not in TYPES:
        yield _("son type n'existe pas.")
        return
    codes = [str(o.get("code", "")) for o in question.get("options", ())]
    if kind in ("single", "multiple"):
        if len(codes) < 2:
            yield _("donnez au moins deux réponses possibles, une par ligne.")
        if len(set(codes)) < len(codes) or "" in codes:
            yield _("deux réponses possibles se confondent.")
    if any(not said_in(o.get("text"), "fr").strip() for o in question.get("options", ())):
        yield _("une réponse possible n'est pas écrite en français.")
    if kind in ("scale", "number"):
        low, high = question.get("min"), question.get("max")
        if not _is_number(low) or not _is_number(high) or low >= high:  # type: ignore[operator]  # numbers by then
            yield _("sa plus petite valeur doit être inférieure à la plus grande.")
        elif max(abs(low), abs(high)) > LARGEST:  # type: ignore[arg-type]
            yield _("ses valeurs restent entre moins un milliard et un milliard.")
        elif kind == "scale" and (low != int(low) or high != int(high) or high - low >= MOST_POINTS):  # type: ignore[arg-type]
            yield _("une échelle a au plus %(n)d points entiers.") % {"n": MOST_POINTS}
        elif kind == "scale" and codes and sorted(codes) != sorted(str(v) for v in points(question)):
            yield _("donnez un mot pour chaque point de l'échelle, ou pour aucun.")
    if condition := question.get("if"):
        yield from _condition_faults(condition, before)


def _condition_faults(condition: Mapping[str, Any], before: Mapping[str, Question]) -> Iterator[str]:
    asked = before.get(str(condition.get("question", "")))
    if asked is None:
        yield _("sa condition porte sur une question qui ne vient pas avant elle.")
    elif asked.get("type") == "text":
        yield _("sa condition porte sur un texte libre, ce qui n'est pas possible.")
    elif asked.get("type") in ("single", "multiple"):
        known = {str(o["code"]) for o in asked.get("options", ())}
        wanted = condition.get("is") or []
        if not wanted or not set(map(str, wanted)) <= known:
            yield _("sa condition demande une réponse qui n'existe pas.")
    elif not any(_is_number(condition.get(end)) for end in ("at_least", "at_most")):
        yield _("sa condition ne dit pas à partir de quelle valeur, ni jusqu'à laquelle.")


def _is_number(value: Any) -> bool:
    # Compared, not converted: a whole number may be larger than any float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def points(question: Question) -> range:
    """The values of a scale."""
    return range(int(question["min"]), int(question["max"]) + 1)


def is_shown(question: Question, answers: Mapping[str, Any]) -> bool:
    """Whether a question is put, given the (kept) answers to those before it. One that depends on a hidden one is hidden too."""
    condition = question.get("if")
    if not condition:
        return True
    said = answers.get(condition["question"])
    if said is None:
        return False
    if "is" in condition:
        chosen = said if isinstance(said, list) else [said]
        return any(str(one) in {str(w) for w in condition["is"]} for one in chosen)
    return bool(condition.get("at_least", -math.inf) <= said <= condition.get("at_most", math.inf))


def read(definition: Definition, sent: Mapping[str, Any]) -> tuple[Answers, dict[str, str]]:
    """What is kept of what was sent, and what is wrong with it by question (French sentences).

    `sent`: a string by question, a list of strings for `multiple`. Answers to questions that are not put are dropped; questions
    left out are no keys. With any error the answers are those that could be read.
    """
    kept: Answers = {}
    wrong: dict[str, str] = {}
    for question in questions_of(definition):
        if not is_shown(question, kept):
            continue
        code = str(question["id"])
        try:
            value = _value(question, sent.get(code))
        except ValueError as error:
            wrong[code] = str(error)
            continue
        if value is None:
            if question.get("required"):
                wrong[code] = _("Répondez à cette question, elle est nécessaire pour la suite.")
            continue
        kept[code] = value
    return kept, wrong


def _value(question: Question, sent: Any) -> Any:
    kind = question["type"]
    if kind == "multiple":
        chosen = [str(one) for one in (sent if isinstance(sent, list | tuple) else [sent] if sent else [])]
        known = [str(o["code"]) for o in question["options"]]
        if not set(chosen) <= set(known):
            raise ValueError(_("Choisissez parmi les réponses proposées."))
        return [code for code in known if code in chosen] or None
    if isinstance(sent, list | tuple):
        sent = sent[0] if sent else ""
    said = str(sent if sent is not None else "").strip()
    if not said:
        return None
    if kind == "text":
        if "\x00" in said:
            raise ValueError(_("Votre texte contient un caractère qui ne se garde pas : écrivez-le de nouveau."))
        if len(said) > LONGEST_TEXT:
            raise ValueError(_("Votre texte dépasse %(n)d caractères : raccourcissez-le.") % {"n": LONGEST_TEXT})
        return said
    if kind == "single":
        if said not in {str(o["code"]) for o in question["options"]}:
            raise ValueError(_("Choisissez parmi les réponses proposées."))
        return said
    return _figure(question, said)


def _figure(question: Question, said: str) -> int | float:
    try:
        value = float(said.replace(",", ".").replace("\u202f", "").replace(" ", ""))
    except ValueError:
        raise ValueError(_("Écrivez un nombre, en chiffres.")) from None
    low, high = question["min"], question["max"]
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(_("Donnez une valeur de %(low)g à %(high)g.") % {"low": low, "high": high})
    if question["type"] == "scale":
        if value != int(value):
            raise ValueError(_("Choisissez un point de l'échelle."))
        return int(value)
    return int(value) if value == int(value) else value


def unchanged(old: Definition, new: Definition) -> set[str]:
    """Questions that two versions put in the same words, with the same answers and on the same condition: the comparable ones."""
    former = {q["id"]: q for q in questions_of(old)}
    return {str(q["id"]) for q in questions_of(new) if former.get(q["id"]) == q}
