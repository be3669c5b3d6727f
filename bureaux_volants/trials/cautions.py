"""What a design may do but had better not, said before it is frozen: nothing here refuses."""

from __future__ import annotations

from collections.abc import Iterator

from bureaux_volants.territory.calendar import holiday_name

from . import foresight
from .designing import draft_of
from .estimating import power
from .estimating.randomisation import FEWEST_ORDERS
from .models import Trial
from .opening import without_sites

#: Communes under which no uncertainty is estimated (estimating/).
FEWEST_COMMUNES = 3


def cautions(trial: Trial) -> list[str]:
    """One French sentence for each weakness that the lab should know of before it freezes."""
    return [*_of_people(trial), *_of_communes(trial), *_of_the_day(trial), *_of_power(trial)]


def _of_people(trial: Trial) -> Iterator[str]:
    if not trial.cohorts.exists():
        yield (
            "Sans cohorte, personne n'est suivi d'une semaine à l'autre : on saura qui est venu, pas ce que l'essai a changé. "
            "Et qui veut peut aussi participer à un autre essai."
        )


def _of_communes(trial: Trial) -> Iterator[str]:
    draft = draft_of(trial)
    communes = len(draft.communes) + len(draft.controls)
    if 0 < communes < FEWEST_COMMUNES:
        yield f"Avec moins de {FEWEST_COMMUNES} communes, aucune incertitude ne s'estime : l'essai ne pourra rien conclure."
    elif trial.design == Trial.Design.STEPPED_WEDGE and 2 <= draft.steps <= communes:
        plan = foresight.plan_of(foresight.of_design(trial), trial.design, foresight.strata_in(trial))
        if power.orders(plan) < FEWEST_ORDERS:
            yield (
                f"Il n'y aurait que {power.orders(plan)} ordres d'ouverture possibles : trop peu pour que le tirage distingue un effet du hasard. "
                "Il faut plus de communes ou plus d'étapes."
            )
        if 1 in foresight.strata_in(trial):
            yield (
                "Une strate de l'ordre d'ouverture n'a qu'une commune : elle n'échangera sa place avec aucune autre quand on se demandera ce que "
                "le hasard seul aurait donné. Il vaut mieux moins de strates."
            )
    if empty := without_sites(trial):
        yield f"Aucun site ne prête encore de bureau : {', '.join(empty)}. Il en faudra un avant de constituer la cohorte."


def _of_the_day(trial: Trial) -> Iterator[str]:
    day = trial.starts_on
    departements = {c.commune.departement for c in trial.clusters.select_related("commune")}
    if names := sorted({name for d in departements if (name := holiday_name(day, d))}):
        yield f"La première ouverture tombe un jour férié ({names[0]}) : les sites n'ouvriront qu'ensuite."
    elif day.weekday() >= 5:
        yield "La première ouverture tombe une fin de semaine : la plupart des sites n'ouvriront que le lundi."
    elif day.weekday() > 0:
        yield "La première ouverture n'est pas un lundi : la semaine entamée comptera comme ouverte, et l'effet paraîtra un peu plus petit."


def _of_power(trial: Trial) -> Iterator[str]:
    kept = foresight.kept_in(trial)
    if kept is None:
        yield "Ce que ce plan verrait n'est pas calculé : rien ne dit qu'il verrait le changement attendu."
        return
    if foresight.is_of_another_plan(trial, kept):
        yield "Ce que ce plan verrait a été calculé pour un autre plan (communes, étapes ou calendrier) : refaites le calcul."
