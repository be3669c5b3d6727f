"""A questionnaire as the page shows it, to the agent who answers and to the lab that tries it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from bureaux_volants.trials.surveys import editing, questions


def sent_in(definition: questions.Definition, data: QueryDict) -> dict[str, Any]:
    """What a form sent, by question."""
    return {str(q["id"]): data.getlist(str(q["id"])) for q in questions.questions_of(definition)}


def is_fresh(definition: questions.Definition, said: dict[str, Any], data: QueryDict) -> bool:
    """Whether these answers bring up a question that was not on the page yet."""
    kept, _wrong = questions.read(definition, said)
    put = set(data.getlist("put"))
    return any(questions.is_shown(q, kept) and q["id"] not in put for q in questions.questions_of(definition))


def context_of(
    definition: questions.Definition, said: dict[str, Any], wrong: dict[str, str], language: str
) -> dict[str, Any]:
    """What `web/surveys/_questions.html` needs."""
    return {
        "language": language,
        "languages": [(code, questions.LANGUAGES[code]) for code in editing.offered(definition)],
        "intro": questions.said_in(definition.get("intro"), language),
        "sections": _sections(definition, said, wrong, language),
    }


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
