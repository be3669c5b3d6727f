"""The forms of a trial's design: what is written before the freeze, and what is changed after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.places import plain
from bureaux_volants.territory.models import Commune, Organisation, Service
from bureaux_volants.trials import foresight
from bureaux_volants.trials.amending import AMENDABLE
from bureaux_volants.trials.balancing import ORDER_STRATA
from bureaux_volants.trials.designing import (
    MOST_STEP_WEEKS,
    MOST_STEPS,
    MOST_THRESHOLD,
    NO_THRESHOLD,
    NO_YEAR,
    STRATA,
    YEARS,
    CohortPlan,
    Draft,
    Expected,
)
from bureaux_volants.trials.foresight import Guess
from bureaux_volants.trials.models import Cohort, Finding, Trial
from bureaux_volants.trials.opening import unready
from bureaux_volants.trials.outcomes import OUTCOMES

from .forms import DateInput

#: So many hypotheses at most: each one more weakens what the others prove.
HYPOTHESES = 4
EVERYBODY = "everybody"


def _outcomes(first: str) -> list[tuple[str, str]]:
    return [("", first), *((code, f"{o.name} ({o.unit})") for code, o in OUTCOMES.items())]


def in_years(day: dt.date) -> None:
    """A validator: a calendar holds the days of a trial, and what is counted from them."""
    if day.year not in YEARS:
        raise forms.ValidationError(NO_YEAR)


def _check(label: Any, *, hint: Any = "") -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label, required=False, coerce=int, widget=forms.CheckboxSelectMultiple, help_text=hint
    )


class DesignForm(forms.Form):
    """The whole design of a trial as a draft."""

    title = forms.CharField(
        label=gettext_lazy("Titre"),
        max_length=120,
        error_messages={"required": gettext_lazy("Donnez un titre à l'essai.")},
    )
    question = forms.CharField(
        label=gettext_lazy("La question"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        help_text=gettext_lazy("Une seule, à laquelle on pourra répondre oui, non, ou « on ne sait pas »."),
        error_messages={"required": gettext_lazy("Écrivez la question à laquelle l'essai répond.")},
    )
    context = forms.CharField(
        label=gettext_lazy("Contexte (facultatif)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        required=False,
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Critère principal, un seul"),
        required=False,
        help_text=gettext_lazy(
            "C'est lui qui dira si l'essai a réussi. Les autres chiffres éclairent, ils ne décident pas."
        ),
    )
    direction = forms.ChoiceField(label=gettext_lazy("Sens attendu"), choices=Trial.Direction)
    threshold = forms.FloatField(
        label=gettext_lazy("Seuil"),
        localize=True,
        max_value=MOST_THRESHOLD,
        help_text=gettext_lazy("Le plus petit changement qui justifierait d'élargir, dans l'unité du critère."),
        error_messages={
            "required": gettext_lazy("Dites le plus petit changement qui justifierait d'élargir."),
            "invalid": gettext_lazy("Le seuil est un nombre, par exemple 7,5."),
            "max_value": NO_THRESHOLD,
        },
    )
    stopping_rules = forms.CharField(
        label=gettext_lazy("Règles d'arrêt"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Ce qui ferait arrêter l'essai avant son terme, et qui en décide."),
    )
    design = forms.ChoiceField(label=gettext_lazy("Plan de l'essai"), choices=Trial.Design, widget=forms.RadioSelect)
    baseline_from = forms.DateField(
        label=gettext_lazy("Mesures de référence à partir du"),
        widget=DateInput(),
        validators=[in_years],
        error_messages={"required": gettext_lazy("Dites à partir de quel jour on mesure, avant d'ouvrir.")},
    )
    starts_on = forms.DateField(
        label=gettext_lazy("Première ouverture"),
        widget=DateInput(),
        validators=[in_years],
        error_messages={"required": gettext_lazy("Dites quel jour les premières communes ouvrent.")},
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Dernier jour mesuré (compris)"),
        widget=DateInput(),
        validators=[in_years],
        error_messages={"required": gettext_lazy("Dites quel jour la mesure s'arrête.")},
    )
    steps = forms.IntegerField(
        label=gettext_lazy("Étapes"),
        min_value=1,
        max_value=MOST_STEPS,
        initial=1,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), gettext_lazy("Dites un nombre d'étapes, de 1 à 20.")
        ),
    )
    step_weeks = forms.IntegerField(
        label=gettext_lazy("Semaines entre deux étapes"),
        min_value=1,
        max_value=MOST_STEP_WEEKS,
        initial=4,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), gettext_lazy("Dites un nombre de semaines, de 1 à 52.")
        ),
    )
    order_strata = forms.MultipleChoiceField(
        label=gettext_lazy("Ordre d'ouverture équilibré selon (facultatif)"),
        choices=list(ORDER_STRATA.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Pour une ouverture par étapes : les plus peuplées et les moins peuplées, ou les plus proches et les plus éloignées, seront réparties "
            "entre les étapes, à une commune près."
        ),
    )
    communes = _check(gettext_lazy("Communes qui ouvrent"))
    controls = _check(
        gettext_lazy("Communes témoins"), hint=gettext_lazy("Seulement pour un essai à communes témoins.")
    )
    made_by = forms.ChoiceField(
        label=gettext_lazy("Qui participe"),
        choices=[(EVERYBODY, gettext_lazy("qui veut : personne n'est choisi")), *Cohort.MadeBy.choices],
        widget=forms.RadioSelect,
        initial=EVERYBODY,
    )
    among = forms.ChoiceField(
        label=gettext_lazy("Tirage parmi"),
        choices=[
            ("everybody", gettext_lazy("tous les agents concernés")),
            ("volunteers", gettext_lazy("les volontaires")),
        ],
        required=False,
    )
    size = forms.IntegerField(
        label=gettext_lazy("Effectif à tirer"),
        min_value=1,
        max_value=100_000,
        required=False,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Dites un nombre de personnes, de 1 à 100 000.")
        ),
    )
    strata = forms.MultipleChoiceField(
        label=gettext_lazy("Tirage équilibré selon"),
        choices=list(STRATA.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    organisations = _check(gettext_lazy("Employeurs"), hint=gettext_lazy("Aucun coché : tous."))
    services = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Services"),
        required=False,
        coerce=int,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("Aucun choisi : tous."),
    )

    def __init__(self, *args: Any, territory_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = sorted(Commune.objects.filter(territory_id=territory_id), key=lambda c: plain(c.name))
        why_not = unready(territory_id, timezone.localdate())
        # Those that could open first.
        those = sorted(there, key=lambda c: c.pk in why_not)
        self._choose("communes", [(c.pk, f"{c.name} ({why_not[c.pk]})" if c.pk in why_not else c.name) for c in those])
        self._choose("controls", [(c.pk, c.name) for c in there])
        self._choose("organisations", [(o.pk, o.name) for o in Organisation.objects.filter(territory_id=territory_id)])
        services = Service.objects.filter(territory_id=territory_id).select_related("organisation")
        self._choose("services", [(s.pk, f"{s.name} ({s.organisation.name})") for s in services])
        self._choose("outcome", _outcomes(_("À choisir avant de figer")))
        findings = [("", _("aucun")), *((f.pk, f.title) for f in Finding.objects.filter(territory_id=territory_id))]
        for n in range(1, HYPOTHESES + 1):
            self.fields[f"text_{n}"] = forms.CharField(
                label=_("Hypothèse %(n)d") % {"n": n}, max_length=300, required=False
            )
            self.fields[f"outcome_{n}"] = forms.ChoiceField(
                label=_("Mesurée par"), choices=_outcomes(_("rien de chiffré")), required=False
            )
            self.fields[f"direction_{n}"] = forms.ChoiceField(
                label=_("Sens"), choices=[("", _("sans")), *Trial.Direction.choices], required=False
            )
            self.fields[f"finding_{n}"] = forms.ChoiceField(label=_("Née du constat"), choices=findings, required=False)

    def _choose(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    @property
    def hypothesis_rows(self) -> list[list[forms.BoundField]]:
        names = ("text", "outcome", "direction", "finding")
        return [[self[f"{name}_{n}"] for name in names] for n in range(1, HYPOTHESES + 1)]

    @staticmethod
    def beginning(draft: Draft) -> dict[str, Any]:
        """What the form begins with for a draft that exists."""
        initial: dict[str, Any] = {
            name: getattr(draft, name) for name in Draft.__slots__ if name not in ("hypotheses", "cohort", "guesses")
        }
        for n, h in enumerate(draft.hypotheses, 1):
            initial |= {
                f"text_{n}": h.text,
                f"outcome_{n}": h.outcome,
                f"direction_{n}": h.direction,
                f"finding_{n}": h.finding_id or "",
            }
        plan = draft.cohort
        if plan is None:
            return {**initial, "made_by": EVERYBODY}
        names = ("made_by", "among", "size", "strata", "organisations", "services")
        return {**initial, **{name: getattr(plan, name) for name in names}}

    @property
    def draft(self) -> Draft:
        """The design as sent, once valid."""
        data = self.cleaned_data
        rows = [
            Expected(
                data[f"text_{n}"].strip(),
                data[f"outcome_{n}"],
                data[f"direction_{n}"],
                int(data[f"finding_{n}"]) if data[f"finding_{n}"] else None,
            )
            for n in range(1, HYPOTHESES + 1)
        ]
        is_parallel = data["design"] == Trial.Design.PARALLEL
        return Draft(
            title=data["title"],
            question=data["question"],
            context=data["context"],
            outcome=data["outcome"],
            direction=data["direction"],
            threshold=data["threshold"],
            stopping_rules=data["stopping_rules"],
            design=data["design"],
            baseline_from=data["baseline_from"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            steps=data["steps"] if data["design"] == Trial.Design.STEPPED_WEDGE else 1,
            step_weeks=data["step_weeks"],
            order_strata=tuple(data["order_strata"]) if data["design"] == Trial.Design.STEPPED_WEDGE else (),
            communes=tuple(data["communes"]),
            controls=tuple(data["controls"]) if is_parallel else (),
            hypotheses=tuple(row for row in rows if row.text),
            cohort=self._plan(data),
        )

    def _plan(self, data: dict[str, Any]) -> CohortPlan | None:
        made_by = data["made_by"]
        if made_by == EVERYBODY:
            return None
        is_drawn = made_by == Cohort.MadeBy.DRAWN
        return CohortPlan(
            str(Cohort.MadeBy(made_by).label).capitalize(),
            made_by,
            tuple(data["organisations"]),
            tuple(data["services"]),
            (data["among"] or "everybody") if is_drawn else "everybody",
            data["size"] if is_drawn else None,
            tuple(data["strata"]) if is_drawn else (),
        )


class AmendForm(forms.Form):
    """One field of a running trial, its new value and why."""

    reason = forms.CharField(
        label=gettext_lazy("Pourquoi"),
        max_length=300,
        help_text=gettext_lazy("La raison reste affichée, avec la valeur d'avant."),
        error_messages={"required": gettext_lazy("Dites pourquoi : un amendement sans raison ne se défend pas.")},
    )
    field_order = ("value", "reason")

    def __init__(self, *args: Any, what: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = _("Nouveau : %(name)s") % {"name": AMENDABLE[what]}
        missing = {"required": _("Donnez la nouvelle valeur."), "invalid": _("Cette valeur ne se lit pas.")}
        made: forms.Field
        match what:
            case "threshold":
                said = {**missing, "max_value": NO_THRESHOLD}
                made = forms.FloatField(label=label, localize=True, max_value=MOST_THRESHOLD, error_messages=said)
            case "size":
                made = forms.IntegerField(label=label, min_value=1, max_value=100_000, error_messages=missing)
            case "starts_on" | "ends_on":
                made = forms.DateField(label=label, widget=DateInput(), validators=[in_years], error_messages=missing)
            case "outcome":
                made = forms.ChoiceField(label=label, choices=_outcomes(_("Choisir…")), error_messages=missing)
            case "direction":
                made = forms.ChoiceField(label=label, choices=Trial.Direction)
            case "title":
                made = forms.CharField(label=label, max_length=120, error_messages=missing)
            case _:
                made = forms.CharField(
                    label=label,
                    widget=forms.Textarea(attrs={"rows": 4}),
                    max_length=4000,
                    required=what != "context",
                    error_messages=missing,
                )
        self.fields["value"] = made
        self.order_fields(self.field_order)


def _count(label: Any, most: int, *, least: int = 1, hint: Any = "") -> forms.IntegerField:
    said = _("De %(least)d à %(most)d.") % {"least": least, "most": most}
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        help_text=hint,
        error_messages={"min_value": said, "max_value": said, "invalid": said, "required": said},
    )


def _amount(label: Any, hint: Any, *, may_be_nil: bool = False) -> forms.FloatField:
    said = _("Donnez un nombre, par exemple 7,5.")
    return forms.FloatField(
        label=label,
        localize=True,
        min_value=0.0 if may_be_nil else 0.001,
        max_value=100_000.0,
        help_text=hint,
        error_messages={"min_value": said, "max_value": said, "invalid": said, "required": said},
    )


class PowerForm(forms.Form):
    """What a plan comes to in numbers, and what is known or guessed of the outcome."""

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_wedge = trial.design == Trial.Design.STEPPED_WEDGE
        self.is_parallel = trial.design == Trial.Design.PARALLEL
        most = foresight.MOST_COMMUNES
        self.fields["people"] = _count(
            _("Agents par commune"),
            foresight.MOST_PEOPLE,
            hint=_("Ceux dont on aura la mesure chaque semaine, pas tous les inscrits."),
        )
        self.fields["communes"] = _count(_("Communes qui ouvrent"), most)
        if self.is_parallel:
            self.fields["controls"] = _count(_("Communes témoins"), most)
        if self.is_wedge:
            self.fields["steps"] = _count(_("Étapes"), foresight.MOST_STEPS, least=2)
            self.fields["step_weeks"] = _count(_("Semaines entre deux étapes"), 52)
        self.fields["weeks_before"] = _count(_("Semaines mesurées avant la première ouverture"), 104)
        self.fields["weeks_after"] = _count(
            _("Semaines mesurées après la dernière ouverture") if self.is_wedge else _("Semaines mesurées après"), 104
        )
        unit = OUTCOMES[trial.outcome].unit if trial.outcome in OUTCOMES else ""
        named = {"unit": unit or _("dans l'unité du critère")}
        self.fields["noise"] = _amount(
            _("Dispersion d'une personne, d'une semaine à l'autre"),
            _("Écart-type, %(unit)s : deux semaines ordinaires de la même personne ne se ressemblent pas.") % named,
        )
        self.fields["drift"] = _amount(
            _("Dérive d'une commune, d'une semaine à l'autre"),
            _("Écart-type, %(unit)s : ce qui change pour toute une commune à la fois, travaux, météo, bus.") % named,
            may_be_nil=True,
        )
        self.fields["effect"] = _amount(_("Effet espéré"), _("En plus ou en moins, %(unit)s.") % named)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if self.is_wedge and data["steps"] > data["communes"]:
            self.add_error("steps", _("Il faut au moins une commune par étape."))
            return data
        weeks = data["weeks_before"] + data["weeks_after"]
        weeks += (data["steps"] - 1) * data["step_weeks"] if self.is_wedge else 0
        if weeks > foresight.MOST_WEEKS:
            said = _("Ce calendrier fait %(n)d semaines : au-delà de %(most)d, le calcul n'a plus de sens.")
            self.add_error(None, said % {"n": weeks, "most": foresight.MOST_WEEKS})
        return data

    @property
    def guess(self) -> Guess:
        """What was sent, once valid."""
        return Guess(**{"controls": 0, "steps": 1, "step_weeks": 1, **self.cleaned_data})


class EndForm(forms.Form):
    """The end of a trial: before its term, with a reason."""

    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Avant le terme : quelle règle d'arrêt, et qui l'a décidé."),
    )


class WithdrawForm(forms.Form):
    """A commune that withdraws, from which day, and why."""

    commune = forms.TypedChoiceField(label=gettext_lazy("Commune"), coerce=int)
    day = forms.DateField(
        label=gettext_lazy("À partir du"),
        widget=DateInput(),
        error_messages={"required": gettext_lazy("Dites à partir de quel jour.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi"),
        max_length=200,
        error_messages={"required": gettext_lazy("Dites pourquoi : les personnes concernées le reçoivent.")},
    )

    def __init__(self, *args: Any, communes: list[tuple[int, str]], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"day": today}, **kwargs})
        field = self.fields["commune"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = communes
