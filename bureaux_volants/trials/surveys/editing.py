"""Changing a questionnaire one step at a time, and which languages it is whole in. Pure: each step gives a new definition.

What comes out is always sound (questions.checked), or has no question yet. A question keeps its `id` when its words change, so
that what depends on it still does; a new one gets a number that none of the questionnaire has.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from .questions import LANGUAGES, BadDefinition, Definition, Question, checked, questions_of, said_in

Draft = dict[str, Any]
Texts = Mapping[str, str]


class CannotEdit(ValueError):
    """Nothing was changed; each reason is one French sentence."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def begun(title: str, intro: str = "") -> Draft:
    """A questionnaire in French with nothing in it yet."""
    return {
        "languages": ["fr"],
        "title": _kept({"fr": title}),
        "intro": _kept({"fr": intro}),
        "sections": [{"title": {}, "questions": []}],
    }


def headed(definition: Definition, *, title: Texts, intro: Texts, languages: list[str]) -> Draft:
    """Other words at its head, other languages. Words in a language that is given up stay, unseen, for the day it comes back."""
    draft = _copy(definition)
    draft["title"], draft["intro"] = _kept(title), _kept(intro)
    draft["languages"] = [code for code in LANGUAGES if code == "fr" or code in languages]
    return draft


def with_question(definition: Definition, question: Question, section: int | None = None) -> Draft:
    """A question more, last of a section (by default of the whole). Its `id` is given here."""
    draft = _copy(definition)
    sections = draft["sections"]
    number = len(sections) - 1 if section is None else _section(draft, section)
    sections[number]["questions"].append({**question, "id": _free_id(definition)})
    return _sound(draft)


def replaced(definition: Definition, code: str, question: Question) -> Draft:
    """Another wording, other answers; its `id` and its condition stay."""
    draft = _copy(definition)
    row, place = _place(draft, code)
    condition = row[place].get("if")
    row[place] = {**question, "id": code, **({"if": condition} if condition else {})}
    return _sound(draft)


def conditioned(definition: Definition, code: str, condition: Mapping[str, Any] | None) -> Draft:
    """Put only when an earlier answer says so; None: always."""
    draft = _copy(definition)
    row, place = _place(draft, code)
    row[place].pop("if", None)
    if condition:
        row[place]["if"] = dict(condition)
    return _sound(draft)


def moved(definition: Definition, code: str, step: int) -> Draft:
    """One place up (−1) or down (+1); past the end of its section, into the next one. Raises CannotEdit when a condition forbids it."""
    draft = _copy(definition)
    row, place = _place(draft, code)
    number = next(n for n, section in enumerate(draft["sections"]) if section["questions"] is row)
    to = place + step
    if 0 <= to < len(row):
        row[place], row[to] = row[to], row[place]
    elif 0 <= number + step < len(draft["sections"]):
        other = draft["sections"][number + step]["questions"]
        other.insert(0 if step > 0 else len(other), row.pop(place))
    return _sound(draft)


def duplicated(definition: Definition, code: str) -> Draft:
    """The same question once more, right after it."""
    draft = _copy(definition)
    row, place = _place(draft, code)
    row.insert(place + 1, {**copy.deepcopy(row[place]), "id": _free_id(definition)})
    return _sound(draft)


def removed(definition: Definition, code: str) -> Draft:
    """Without a question. Raises CannotEdit while another one depends on it."""
    draft = _copy(definition)
    row, place = _place(draft, code)
    if others := [q for q in questions_of(draft) if (q.get("if") or {}).get("question") == code]:
        raise CannotEdit(
            _("« %(other)s » dépend de cette question : retirez d'abord sa condition.")
            % {"other": said_in(others[0]["text"], "fr")}
        )
    row.pop(place)
    return _sound(draft)


def with_section(definition: Definition, title: Texts) -> Draft:
    """A section more, at the end."""
    draft = _copy(definition)
    draft["sections"].append({"title": _kept(title), "questions": []})
    return draft


def section_named(definition: Definition, number: int, title: Texts) -> Draft:
    draft = _copy(definition)
    draft["sections"][_section(draft, number)]["title"] = _kept(title)
    return draft


def section_removed(definition: Definition, number: int) -> Draft:
    """Its heading goes; its questions join the section before it, or the one after the first."""
    draft = _copy(definition)
    sections = draft["sections"]
    if len(sections) == 1:
        raise CannotEdit(_("Un questionnaire garde au moins une partie."))
    gone = sections.pop(_section(draft, number))
    if number:
        sections[number - 1]["questions"] += gone["questions"]
    else:
        sections[0]["questions"] = [*gone["questions"], *sections[0]["questions"]]
    return draft


def question_of(definition: Definition, code: str) -> Question | None:
    return next((q for q in questions_of(definition) if q["id"] == code), None)


def earlier(definition: Definition, code: str) -> list[Question]:
    """The questions that a condition on this one may hang on: those before it that are not free text."""
    found: list[Question] = []
    for question in questions_of(definition):
        if question["id"] == code:
            return found
        if question["type"] != "text":
            found.append(question)
    return []


def condition_words(definition: Definition, question: Question) -> str:
    """`si « Venez-vous en voiture ? » : Oui ou Parfois`; "" without condition."""
    condition = question.get("if")
    asked = question_of(definition, condition["question"]) if condition else None
    if not condition or asked is None:
        return ""
    if "is" in condition:
        wanted = {str(one) for one in condition["is"]}
        said = _(" ou ").join(said_in(o["text"], "fr") for o in asked.get("options", ()) if str(o["code"]) in wanted)
    else:
        low, high = condition.get("at_least"), condition.get("at_most")
        if low is not None and high is not None:
            said = _("de %(low)g à %(high)g") % {"low": low, "high": high}
        else:
            said = _("au moins %(n)g") % {"n": low} if low is not None else _("au plus %(n)g") % {"n": high}
    return _("si « %(question)s » : %(said)s") % {"question": said_in(asked["text"], "fr"), "said": said}


def missing(definition: Definition, language: str) -> list[str]:
    """The French texts, in order, that have no words in this language."""
    return [texts["fr"] for texts in _texts_of(definition) if texts.get("fr") and not texts.get(language, "").strip()]


def offered(definition: Definition) -> list[str]:
    """The languages in which people may answer: French, and those that the questionnaire is whole in."""
    wanted = definition.get("languages", ["fr"])
    return [code for code in LANGUAGES if code == "fr" or (code in wanted and not missing(definition, code))]


def _texts_of(definition: Definition) -> Iterator[Texts]:
    yield from (definition.get("title") or {}, definition.get("intro") or {})
    for section in definition.get("sections", ()):
        yield from (section.get("title") or {}, section.get("text") or {})
        for question in section.get("questions", ()):
            yield from (question.get(part) or {} for part in ("text", "low", "high"))
            yield from (option.get("text") or {} for option in question.get("options", ()))


def _copy(definition: Definition) -> Draft:
    return copy.deepcopy(dict(definition))


def _kept(texts: Texts) -> dict[str, str]:
    return {code: said.strip() for code, said in texts.items() if code in LANGUAGES and said.strip()}


def _section(draft: Draft, number: int) -> int:
    if not 0 <= number < len(draft["sections"]):
        raise CannotEdit(_("Cette partie n'existe plus."))
    return number


def _place(draft: Draft, code: str) -> tuple[list[dict[str, Any]], int]:
    for section in draft["sections"]:
        row: list[dict[str, Any]] = section["questions"]
        for place, question in enumerate(row):
            if question["id"] == code:
                return row, place
    raise CannotEdit(_("Cette question n'existe plus."))


def _free_id(definition: Definition) -> str:
    taken = {
        int(code[1:]) for q in questions_of(definition) if (code := str(q["id"]))[1:].isdecimal() and code[0] == "q"
    }
    return f"q{max(taken, default=0) + 1}"


def _sound(draft: Draft) -> Draft:
    if any(True for _q in questions_of(draft)):
        try:
            checked(draft)
        except BadDefinition as error:
            raise CannotEdit(*error.problems) from None
    return draft
