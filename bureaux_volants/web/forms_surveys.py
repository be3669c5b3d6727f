"""The forms in which the lab writes its own questionnaires: head, question, condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.trials.surveys import questions
from bureaux_volants.trials.surveys.questions import LANGUAGES, Question
from bureaux_volants.trials.surveys.writing import LONGEST_TITLE

#: The types of questions: what each is called, and what it is good for.
KINDS: Mapping[str, tuple[Any, Any]] = {
    "single": (gettext_lazy("Une seule réponse"), gettext_lazy("on choisit dans une liste")),
    "multiple": (gettext_lazy("Plusieurs réponses"), gettext_lazy("on coche tout ce qui convient")),
    "scale": (gettext_lazy("Échelle"), gettext_lazy("de 1 à 5, de « pas du tout » à « tout à fait »")),
    "number": (gettext_lazy("Nombre"), gettext_lazy("des jours, des kilomètres")),
    "text": (gettext_lazy("Texte libre"), gettext_lazy("on écrit avec ses mots")),
}
SPARE_ANSWERS = 2
FEWEST_ROWS = 4
_SAY = gettext_lazy("Écrivez la question en français.")


def _in_language(label: str, code: str) -> str:
    return label if code == "fr" else f"{label} ({LANGUAGES[code]})"


def _attrs(code: str, **more: Any) -> dict[str, Any]:
    """What is typed in another language is read aloud, and spell-checked, in that language."""
    return {**more, **({} if code == "fr" else {"lang": code})}


class BeginForm(forms.Form):
    """A questionnaire at its beginning."""

    title = forms.CharField(
        label=gettext_lazy("Titre"),
        max_length=LONGEST_TITLE,
        help_text=gettext_lazy("Ce que lisent les agents : « Vos déplacements en novembre »."),
        error_messages={"required": gettext_lazy("Donnez un titre au questionnaire.")},
    )
    intro = forms.CharField(
        label=gettext_lazy("Introduction (facultatif)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=questions.LONGEST_TEXT,
        required=False,
        help_text=gettext_lazy("Une phrase ou deux : pourquoi on demande cela, et combien de temps cela prend."),
    )


class HeadForm(forms.Form):
    """Title, introduction, languages."""

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Autres langues"),
        choices=[(code, name) for code, name in LANGUAGES.items() if code != "fr"],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy(
            "Le français y est toujours. Une autre langue n'est proposée aux agents que lorsque tout y est traduit."
        ),
    )

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = list(languages)
        for code in self.codes:
            self.fields[f"title_{code}"] = forms.CharField(
                label=_in_language(_("Titre"), code),
                max_length=LONGEST_TITLE,
                required=code == "fr",
                widget=forms.TextInput(attrs=_attrs(code)),
                error_messages={"required": _("Donnez un titre au questionnaire.")},
            )
            self.fields[f"intro_{code}"] = forms.CharField(
                label=_in_language(_("Introduction (facultatif)"), code),
                max_length=questions.LONGEST_TEXT,
                required=False,
                widget=forms.Textarea(attrs=_attrs(code, rows=3)),
            )

    def texts(self, name: str) -> dict[str, str]:
        return {code: self.cleaned_data[f"{name}_{code}"] for code in self.codes}

    @staticmethod
    def beginning(definition: questions.Definition) -> dict[str, Any]:
        return {
            "languages": definition.get("languages", ["fr"]),
            **{f"title_{code}": said for code, said in (definition.get("title") or {}).items()},
            **{f"intro_{code}": said for code, said in (definition.get("intro") or {}).items()},
        }


class QuestionForm(forms.Form):
    """One question of one type, in each language of its questionnaire."""

    def __init__(self, *args: Any, kind: str, languages: Sequence[str], rows: int = FEWEST_ROWS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.codes, self.rows = kind, list(languages), min(rows, 30)
        for code in self.codes:
            self.fields[f"text_{code}"] = forms.CharField(
                label=_in_language(_("Question"), code),
                widget=forms.Textarea(attrs=_attrs(code, rows=2)),
                max_length=questions.LONGEST_WORDING,
                required=code == "fr",
                error_messages={"required": _SAY},
            )
        if kind in ("single", "multiple"):
            self._ask_answers()
        if kind in ("scale", "number"):
            self._ask_bounds()
        if kind == "scale":
            self._ask_words()
        if kind != "text":
            self.fields["required"] = forms.BooleanField(
                label=_("Il faut y répondre pour envoyer"),
                required=False,
                help_text=_("À réserver à ce dont la suite dépend : on répond mieux quand on peut passer."),
            )

    def _ask_answers(self) -> None:
        for row in range(self.rows):
            self.fields[f"code_{row}"] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
            for code in self.codes:
                self.fields[f"answer_{row}_{code}"] = forms.CharField(
                    label=_in_language(_("Réponse %(n)d") % {"n": row + 1}, code),
                    max_length=questions.LONGEST_WORDING,
                    required=False,
                    widget=forms.TextInput(attrs=_attrs(code)),
                )

    def _ask_bounds(self) -> None:
        far = _("Cette valeur reste entre moins un milliard et un milliard.")
        wrong = {
            "invalid": _("Écrivez un nombre, en chiffres."),
            "required": _("Donnez cette valeur."),
            "min_value": far,
            "max_value": far,
        }
        for name, label in (("min", _("Plus petite valeur")), ("max", _("Plus grande valeur"))):
            kind = forms.IntegerField if self.kind == "scale" else forms.FloatField
            self.fields[name] = kind(
                label=label,
                min_value=-questions.LARGEST,
                max_value=questions.LARGEST,
                localize=self.kind == "number",
                error_messages=wrong,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def _ask_words(self) -> None:
        for code in self.codes:
            for name, label in (("low", _("Ce que veut dire la plus petite")), ("high", _("… et la plus grande"))):
                self.fields[f"{name}_{code}"] = forms.CharField(
                    label=_in_language(label, code),
                    max_length=60,
                    required=False,
                    widget=forms.TextInput(attrs=_attrs(code)),
                )
        for code in self.codes:
            self.fields[f"words_{code}"] = forms.CharField(
                label=_in_language(_("Ou un mot pour chaque point, un par ligne (facultatif)"), code),
                required=False,
                widget=forms.Textarea(attrs=_attrs(code, rows=5)),
            )

    @property
    def text_fields(self) -> list[BoundField]:
        return [self[f"text_{code}"] for code in self.codes]

    @property
    def answer_rows(self) -> list[tuple[BoundField, list[BoundField]]]:
        if self.kind not in ("single", "multiple"):
            return []
        return [(self[f"code_{n}"], [self[f"answer_{n}_{code}"] for code in self.codes]) for n in range(self.rows)]

    @property
    def end_fields(self) -> list[BoundField]:
        names = [f"{end}_{code}" for code in self.codes for end in ("low", "high")] if self.kind == "scale" else []
        return [self[name] for name in names]

    @property
    def word_fields(self) -> list[BoundField]:
        return [self[f"words_{code}"] for code in self.codes] if self.kind == "scale" else []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.kind in ("single", "multiple"):
            self._check_answers(data)
        low, high = data.get("min"), data.get("max")
        if low is not None and high is not None and low >= high:
            self.add_error("max", _("La plus grande valeur doit dépasser la plus petite."))
        elif self.kind == "scale" and low is not None and high is not None:
            self._check_points(data, low, high)
        return data

    def _check_answers(self, data: Mapping[str, Any]) -> None:
        seen: set[str] = set()
        for row in range(self.rows):
            said = data.get(f"answer_{row}_fr", "")
            if not said and any(data.get(f"answer_{row}_{code}") for code in self.codes):
                self.add_error(f"answer_{row}_fr", _("Écrivez cette réponse en français aussi."))
            elif said.casefold() in seen:
                self.add_error(f"answer_{row}_fr", _("Cette réponse est déjà dans la liste."))
            elif said:
                seen.add(said.casefold())
        if len(seen) < 2 and not self.errors:
            first_empty = next((n for n in range(self.rows) if not data.get(f"answer_{n}_fr")), 0)
            self.add_error(f"answer_{first_empty}_fr", _("Donnez au moins deux réponses possibles."))

    def _check_points(self, data: Mapping[str, Any], low: int, high: int) -> None:
        points = high - low + 1
        if points > questions.MOST_POINTS:
            self.add_error("max", _("Une échelle a %(n)d points au plus.") % {"n": questions.MOST_POINTS})
            return
        for code in self.codes:
            lines = _lines(data.get(f"words_{code}", ""))
            if lines and len(lines) != points:
                self.add_error(
                    f"words_{code}",
                    _("Écrivez un mot par point : il en faut %(n)d, de %(low)d à %(high)d.")
                    % {"n": points, "low": low, "high": high},
                )
            elif lines and code != "fr" and not data.get("words_fr", "").strip():
                self.add_error("words_fr", _("Écrivez ces mots en français aussi."))

    @property
    def question(self) -> dict[str, Any]:
        """The question as written (questions.py), without its id."""
        data = self.cleaned_data
        made: dict[str, Any] = {"type": self.kind, "text": self._texts("text_{}")}
        if data.get("required"):
            made["required"] = True
        if self.kind in ("single", "multiple"):
            made["options"] = self._options()
        if self.kind in ("scale", "number"):
            made |= {"min": _plain(data["min"]), "max": _plain(data["max"])}
        if self.kind == "scale":
            made |= {end: texts for end in ("low", "high") if (texts := self._texts(end + "_{}"))}
            words = {code: _lines(data[f"words_{code}"]) for code in self.codes}
            if words["fr"]:
                made["options"] = [
                    {"code": str(point), "text": {code: lines[n] for code, lines in words.items() if lines}}
                    for n, point in enumerate(range(data["min"], data["max"] + 1))
                ]
        return made

    def _texts(self, name: str) -> dict[str, str]:
        return {code: said for code in self.codes if (said := self.cleaned_data[name.format(code)].strip())}

    def _options(self) -> list[dict[str, Any]]:
        rows = [n for n in range(self.rows) if self.cleaned_data[f"answer_{n}_fr"]]
        taken = {self.cleaned_data[f"code_{n}"] for n in rows}
        fresh = (f"r{n}" for n in range(1, 1000) if f"r{n}" not in taken)
        used: set[str] = set()
        options = []
        for n in rows:
            code = self.cleaned_data[f"code_{n}"]
            code = code if code and code not in used else next(fresh)
            used.add(code)
            options.append({"code": code, "text": self._texts(f"answer_{n}_{{}}")})
        return options

    @staticmethod
    def beginning(question: Question) -> dict[str, Any]:
        initial: dict[str, Any] = {"required": question.get("required", False)}
        for part in ("min", "max"):
            initial[part] = question.get(part)
        for part in ("text", "low", "high"):
            initial |= {f"{part}_{code}": said for code, said in (question.get(part) or {}).items()}
        options = question.get("options", ())
        if question["type"] == "scale":
            for code in LANGUAGES:
                initial[f"words_{code}"] = "\n".join(o["text"].get(code, "") for o in options).strip()
        else:
            for n, option in enumerate(options):
                initial[f"code_{n}"] = option["code"]
                initial |= {f"answer_{n}_{code}": said for code, said in option["text"].items()}
        return initial

    @staticmethod
    def rows_for(question: Question | None) -> int:
        return max(FEWEST_ROWS, len(question.get("options", ())) + SPARE_ANSWERS) if question else FEWEST_ROWS


class ConditionForm(forms.Form):
    """On which answers to one earlier question another one is put."""

    def __init__(self, *args: Any, asked: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        if asked["type"] in ("single", "multiple"):
            self.fields["wanted"] = forms.MultipleChoiceField(
                label=_("La montrer à qui a répondu"),
                choices=[(str(o["code"]), questions.said_in(o["text"], "fr")) for o in asked["options"]],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": _("Cochez au moins une réponse.")},
            )
            return
        for name, label in (("at_least", _("Au moins")), ("at_most", _("Au plus"))):
            self.fields[name] = forms.FloatField(
                label=label,
                localize=True,
                required=False,
                error_messages={"invalid": _("Écrivez un nombre, en chiffres.")},
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "at_least" in self.fields and not self.errors:
            low, high = data.get("at_least"), data.get("at_most")
            if low is None and high is None:
                self.add_error("at_least", _("Dites à partir de quelle valeur, ou jusqu'à laquelle."))
            elif low is not None and high is not None and low > high:
                self.add_error("at_most", _("« Au plus » doit dépasser « au moins »."))
        return data

    @property
    def condition(self) -> dict[str, Any]:
        data, made = self.cleaned_data, {"question": self.asked["id"]}
        if "wanted" in data:
            return {**made, "is": data["wanted"]}
        return made | {end: _plain(data[end]) for end in ("at_least", "at_most") if data.get(end) is not None}

    @staticmethod
    def beginning(condition: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "wanted": condition.get("is"),
            "at_least": condition.get("at_least"),
            "at_most": condition.get("at_most"),
        }


class SectionForm(forms.Form):
    """The heading of a part, in each language; nothing: a part without heading."""

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = list(languages)
        for code in self.codes:
            self.fields[f"title_{code}"] = forms.CharField(
                label=_in_language(_("Titre de la partie"), code),
                max_length=LONGEST_TITLE,
                required=False,
                widget=forms.TextInput(attrs=_attrs(code)),
            )

    @property
    def title(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"title_{code}"] for code in self.codes}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value
