"""The design of a trial and its life: drafted, frozen and time-stamped, amended in the open, ended.

A draft may change at will. What `freeze` writes down (`frozen`: canonical JSON of the whole design; `frozen_digest`: its SHA-256)
is kept from every later change by the database itself; `amend` changes the trial as it is carried out, and says so.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory import french
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Commune, Organisation, Service, Site, Territory

from .balancing import ORDER_STRATA, Facts, by_stratum, strata_of
from .drawing import canonical, digest_of
from .eligibility import WHOLE, eligible, elsewhere, overlapping, shares_people
from .errors import NotFound, TrialRefused
from .models import Cluster, Cohort, Finding, Hypothesis, Trial
from .outcomes import OUTCOMES

#: Seeds fit a JavaScript number, so that anybody's tools read them exactly.
LARGEST_SEED = 2**53
#: What a draft may say, as its columns and a calendar hold it.
MOST_STEPS, MOST_STEP_WEEKS, MOST_PEOPLE = 20, 52, 100_000
MOST_THRESHOLD = 1_000_000_000
YEARS = range(2000, 2100)
NO_YEAR = f"Les jours d'un essai vont de {YEARS[0]} à {YEARS[-1]}."
NO_THRESHOLD = (
    "Le seuil est un nombre positif, d'un milliard au plus : le plus petit changement qui justifierait d'élargir."
)
#: Names of attributes that a draw may be balanced over, and what they are called.
STRATA: Mapping[str, str] = {
    "organisation": "employeur",
    "service": "service",
    "home_commune": "commune de résidence",
    "usual_site": "site d'affectation",
    "telework": "télétravail convenu",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """One hypothesis beside the main outcome."""

    text: str
    outcome: str = ""
    direction: str = ""
    finding_id: int | None = None


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """Who may take part: see Cohort. Empty organisations and services: the whole territory."""

    name: str
    made_by: str
    organisations: tuple[int, ...] = ()
    services: tuple[int, ...] = ()
    among: str = "everybody"
    size: int | None = None
    strata: tuple[str, ...] = ()

    @property
    def criteria(self) -> dict[str, Any]:
        return {"organisations": [*self.organisations], "services": [*self.services], "among": self.among}


@dataclass(frozen=True, slots=True)
class Draft:
    """A design while it is thought out. `communes` are those that open; `controls` (parallel design) those that do not."""

    title: str
    question: str
    threshold: float
    baseline_from: dt.date
    starts_on: dt.date
    ends_on: dt.date
    outcome: str = ""
    context: str = ""
    design: str = Trial.Design.STEPPED_WEDGE
    direction: str = Trial.Direction.DECREASE
    stopping_rules: str = ""
    steps: int = 1
    step_weeks: int = 4
    #: Of a stepped wedge: what its drawn order is balanced over, names of ORDER_STRATA.
    order_strata: tuple[str, ...] = ()
    communes: tuple[int, ...] = ()
    controls: tuple[int, ...] = ()
    hypotheses: tuple[Expected, ...] = ()
    #: None: whoever may book takes part.
    cohort: CohortPlan | None = None
    guesses: Mapping[str, Any] = field(default_factory=dict)


_OWN = (
    "title",
    "question",
    "context",
    "design",
    "outcome",
    "direction",
    "threshold",
    "stopping_rules",
    "baseline_from",
    "starts_on",
    "ends_on",
    "steps",
    "step_weeks",
)


def trial_for_update(territory_id: int, trial_id: int) -> Trial:
    """The trial, locked until the transaction ends. Raises NotFound for none, or for another territory's."""
    found = Trial.objects.select_for_update().filter(pk=trial_id, territory_id=territory_id).first()
    if found is None:
        raise NotFound("Cet essai n'existe pas.")
    return found


def lock_trials(territory_id: int) -> None:
    """Lock every trial of the territory: of two that overlap, only one at a time is frozen or takes people."""
    list(Trial.objects.select_for_update().filter(territory_id=territory_id).order_by("pk").values_list("pk"))


def _slug(territory_id: int, title: str) -> str:
    base = slugify(title)[:50] or "essai"
    taken = set(Trial.objects.filter(territory_id=territory_id, slug__startswith=base).values_list("slug", flat=True))
    return next(s for s in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)


def _check(territory_id: int, draft: Draft) -> None:
    """What even a draft must have. Raises TrialRefused."""
    reasons = []
    # Nor not a number.
    if not 0 < draft.threshold <= MOST_THRESHOLD:
        reasons.append(NO_THRESHOLD)
    if not draft.baseline_from <= draft.starts_on <= draft.ends_on:
        reasons.append(
            "Les dates ne se suivent pas : mesures de référence d'abord, puis première ouverture, puis dernier jour mesuré."
        )
    if not all(day.year in YEARS for day in (draft.baseline_from, draft.starts_on, draft.ends_on)):
        reasons.append(NO_YEAR)
    if not 1 <= draft.steps <= MOST_STEPS or not 1 <= draft.step_weeks <= MOST_STEP_WEEKS:
        reasons.append(
            f"De 1 à {MOST_STEPS} étapes, et de 1 à {MOST_STEP_WEEKS} semaines entre deux : ce calendrier ne se tient pas."
        )
    if draft.outcome and draft.outcome not in OUTCOMES:
        reasons.append("Cet indicateur n'existe pas.")
    if unknown := [h.text for h in draft.hypotheses if h.outcome and h.outcome not in OUTCOMES]:
        said = french.listing([f"« {text} »" for text in unknown])
        reasons.append(f"Ce qui mesure une hypothèse n'existe pas parmi les indicateurs : {said}.")
    if not {*draft.order_strata} <= ORDER_STRATA.keys():
        reasons.append("On ne peut pas équilibrer l'ordre d'ouverture selon cela.")
    both = {*draft.communes} & {*draft.controls}
    if both:
        names = Commune.objects.filter(territory_id=territory_id, pk__in=both).values_list("name", flat=True)
        reasons.append(f"Une commune ne peut pas être à la fois ouverte et témoin : {french.listing(list(names))}.")
    wanted = {*draft.communes, *draft.controls}
    if Commune.objects.filter(territory_id=territory_id, pk__in=wanted).count() != len(wanted):
        reasons.append("Une de ces communes n'est pas du territoire.")
    if draft.cohort is not None:
        reasons += _check_cohort(territory_id, draft.cohort)
    if reasons:
        raise TrialRefused(*reasons)


def _check_cohort(territory_id: int, plan: CohortPlan) -> list[str]:
    found = []
    if plan.made_by == Cohort.MadeBy.DRAWN and not plan.size:
        found.append("Dites combien de personnes tirer au sort.")
    if plan.size is not None and not 1 <= plan.size <= MOST_PEOPLE:
        found.append("L'effectif à tirer est un nombre de personnes.")
    if not {*plan.strata} <= STRATA.keys():
        found.append("On ne peut pas équilibrer un tirage selon cela.")
    for model, wanted, said in (
        (Organisation, {*plan.organisations}, "Un de ces employeurs n'est pas du territoire."),
        (Service, {*plan.services}, "Un de ces services n'est pas du territoire."),
    ):
        if model.objects.filter(territory_id=territory_id, pk__in=wanted).count() != len(wanted):
            found.append(said)
    return found


@in_transaction
def create_trial(
    territory_id: int, draft: Draft, author: Author, *, slug: str = "", now: dt.datetime | None = None
) -> Trial:
    """A new draft. Raises TrialRefused when it contradicts itself."""
    _check(territory_id, draft)
    now = now or timezone.now()
    # Addresses are the territory's: of two trials of one title written at once, the second sees the first.
    Territory.objects.select_for_update().get(pk=territory_id)
    trial = Trial.objects.create(
        territory_id=territory_id,
        slug=slug or _slug(territory_id, draft.title),
        seed=0,
        guesses=dict(draft.guesses),
        created_by=author.agent,
        created_at=now,
        order_strata=[*draft.order_strata],
        **{name: getattr(draft, name) for name in _OWN},
    )
    _write_parts(trial, draft)
    record(territory_id, author, "trial.created", "trial", trial.pk, title=trial.title)
    return trial


@in_transaction
def save_draft(territory_id: int, trial_id: int, draft: Draft, author: Author) -> Trial:
    """Write a draft anew. Raises TrialRefused when it is frozen (see `amend`) or contradicts itself."""
    trial = trial_for_update(territory_id, trial_id)
    if trial.frozen_at is not None:
        raise TrialRefused("Ce protocole est figé : un changement se fait par un amendement, qui reste visible.")
    _check(territory_id, draft)
    for name in _OWN:
        setattr(trial, name, getattr(draft, name))
    trial.order_strata = [*draft.order_strata]
    trial.guesses = dict(draft.guesses) or trial.guesses
    trial.save()
    _write_parts(trial, draft)
    record(territory_id, author, "trial.changed", "trial", trial.pk)
    return trial


def _write_parts(trial: Trial, draft: Draft) -> None:
    own_findings = set(Finding.objects.filter(territory_id=trial.territory_id).values_list("pk", flat=True))
    trial.hypotheses.all().delete()
    Hypothesis.objects.bulk_create(
        Hypothesis(
            trial=trial,
            number=number,
            text=h.text,
            outcome=h.outcome,
            direction=h.direction,
            finding_id=h.finding_id if h.finding_id in own_findings else None,
        )
        for number, h in enumerate(draft.hypotheses, 1)
    )
    trial.clusters.all().delete()
    # In a stepped wedge the draw says when; elsewhere all that open open at once.
    is_drawn = draft.design == Trial.Design.STEPPED_WEDGE
    step, opens_on = (None, None) if is_drawn else (1, draft.starts_on)
    Cluster.objects.bulk_create(
        [
            *(Cluster(trial=trial, commune_id=c, step=step, opens_on=opens_on) for c in dict.fromkeys(draft.communes)),
            *(Cluster(trial=trial, commune_id=c) for c in dict.fromkeys(draft.controls)),
        ]
    )
    trial.cohorts.all().delete()
    plan = draft.cohort
    if plan is not None:
        Cohort.objects.create(
            trial=trial,
            name=plan.name,
            made_by=plan.made_by,
            criteria=plan.criteria,
            size=plan.size,
            strata=[*plan.strata],
        )


def draft_of(trial: Trial) -> Draft:
    """A trial's design as it stands: what a form begins with."""
    clusters = list(trial.clusters.all())
    is_parallel = trial.design == Trial.Design.PARALLEL
    cohort = trial.cohorts.first()
    return Draft(
        **{name: getattr(trial, name) for name in _OWN},
        order_strata=tuple(trial.order_strata),
        communes=tuple(c.commune_id for c in clusters if not is_parallel or c.step is not None),
        controls=tuple(c.commune_id for c in clusters if is_parallel and c.step is None),
        hypotheses=tuple(Expected(h.text, h.outcome, h.direction, h.finding_id) for h in trial.hypotheses.all()),
        cohort=None
        if cohort is None
        else CohortPlan(
            cohort.name,
            cohort.made_by,
            tuple(cohort.criteria.get("organisations", ())),
            tuple(cohort.criteria.get("services", ())),
            cohort.criteria.get("among", "everybody"),
            cohort.size,
            tuple(cohort.strata),
        ),
        guesses=trial.guesses,
    )


def problems(trial: Trial, now: dt.datetime) -> list[str]:
    """Why the design cannot be frozen as it is, one French sentence each; empty when it can."""
    draft = draft_of(trial)
    found = []
    if not draft.outcome:
        found.append("Choisissez un critère principal, un seul : c'est lui qui dira si l'essai a réussi.")
    if not draft.question.strip():
        found.append("Écrivez la question à laquelle l'essai répond.")
    if not draft.hypotheses:
        found.append("Écrivez au moins une hypothèse : elle se dit avant, pas après.")
    if not draft.stopping_rules.strip():
        found.append("Écrivez les règles d'arrêt : ce qui ferait arrêter l'essai avant son terme.")
    if draft.starts_on <= now.astimezone(trial.territory.zone).date():
        found.append(f"La première ouverture ({french.day(draft.starts_on, year=True)}) doit être à venir.")
    if not draft.communes:
        found.append("Choisissez les communes qui ouvrent.")
    found += _comparison(draft)
    last = draft.starts_on + dt.timedelta(weeks=(draft.steps - 1) * draft.step_weeks)
    if draft.design == Trial.Design.STEPPED_WEDGE and last > draft.ends_on:
        found.append(f"La dernière étape ouvrirait le {french.day(last, year=True)}, après la fin de l'essai.")
    return [*found, *_unknown(trial), *_too_many(trial, draft), *_already_open(trial, now), *overlaps(trial)]


def _unknown(trial: Trial) -> list[str]:
    """Communes of which nobody knows what their order should be balanced over."""
    if trial.design != Trial.Design.STEPPED_WEDGE or not trial.order_strata:
        return []
    if not Commune.objects.filter(territory_id=trial.territory_id, population__gt=0).exists():
        return ["L'ordre ne peut pas être équilibré : la population d'aucune commune du territoire n'est connue."]
    if "population" not in trial.order_strata:
        return []
    names = sorted(trial.clusters.filter(commune__population=0).values_list("commune__name", flat=True))
    return (
        [f"L'ordre ne peut pas être équilibré selon la population : celle de {french.listing(names)} n'est pas connue."]
        if names
        else []
    )


def order_strata_of(trial: Trial) -> dict[str, str]:
    """The stratum of each commune by its INSEE code: as frozen, else as its facts say today; empty when the order has no strata."""
    if trial.design != Trial.Design.STEPPED_WEDGE or not trial.order_strata:
        return {}
    clusters = list(trial.clusters.select_related("commune"))
    if trial.frozen_at is not None:
        return {c.commune.code: c.stratum for c in clusters}
    centre = Commune.objects.filter(territory_id=trial.territory_id).order_by("-population", "code").first()
    facts = [
        Facts(c.code, c.population, distance_km(c.lat, c.lon, centre.lat, centre.lon) if centre else 0.0)
        for c in (cluster.commune for cluster in clusters)
    ]
    return strata_of(facts, trial.order_strata)


def _too_many(trial: Trial, draft: Draft) -> list[str]:
    """More people to draw than there are; or everybody, where those not drawn are what one compares with."""
    cohort = trial.cohorts.first()
    if cohort is None or cohort.size is None or cohort.criteria.get("among") == "volunteers":
        return []
    there = eligible(cohort).exclude(pk__in=elsewhere(cohort)).count()
    if cohort.size > there:
        return [f"{cohort.size} personnes à tirer, et {there} seulement qui peuvent l'être : tirez-en moins."]
    if draft.design == Trial.Design.PARALLEL and not draft.controls and cohort.size == there:
        return ["Tout le monde serait tiré au sort : il ne resterait personne à qui comparer."]
    return []


def _comparison(draft: Draft) -> list[str]:
    """A trial without comparison is refused, unless it says of itself that it is a weak before/after."""
    if draft.design == Trial.Design.PARALLEL:
        drawn = draft.cohort is not None and draft.cohort.made_by == Cohort.MadeBy.DRAWN
        if not draft.controls and not drawn:
            return ["Sans commune témoin ni cohorte tirée au sort, il n'y a rien à quoi comparer."]
    if draft.design == Trial.Design.STEPPED_WEDGE:
        if draft.steps < 2:
            return ["Une ouverture par étapes en demande au moins deux : sinon, il n'y a rien à quoi comparer."]
        if draft.communes and draft.steps > len(draft.communes):
            return [f"{draft.steps} étapes pour {len(draft.communes)} communes : il en faut au moins une par étape."]
    return []


def _already_open(trial: Trial, now: dt.datetime) -> list[str]:
    """Sites whose own phase has begun: they cannot stand for what it was like before."""
    today = now.astimezone(trial.territory.zone).date()
    sites = Site.objects.filter(
        commune__in=trial.clusters.values("commune"), territory_id=trial.territory_id, phase__opens_on__lte=today
    ).exclude(phase__closes_on__lt=today)
    return [
        f"Déjà ouvert : {site.name} ({site.phase.name}). On ne peut plus y mesurer ce qu'il en était avant."
        for site in sites.exclude(kind=Site.Kind.METROPOLE).select_related("phase")
        if site.phase is not None
    ]


def overlaps(trial: Trial) -> list[str]:
    """Two trials may run at once when neither their communes nor their people meet; otherwise neither could be believed."""
    mine = set(trial.clusters.values_list("commune_id", flat=True))
    found = []
    for other in overlapping(trial):
        shared = Cluster.objects.filter(trial=other, commune_id__in=mine, withdrew_on=None).select_related("commune")
        names = sorted(c.commune.name for c in shared)
        if names:
            found.append(
                f"L'essai « {other.title} » est en cours dans les mêmes communes : {french.listing(names)}. "
                "Deux essais ne se mesurent pas au même endroit."
            )
        for cohort in trial.cohorts.filter(made_by__in=WHOLE):
            if shares_people(cohort, other):
                found.append(f"Des personnes de la cohorte « {cohort.name} » sont déjà de l'essai « {other.title} ».")
    return found


def design_of(trial: Trial) -> dict[str, Any]:
    """The whole design as data: what is frozen. Communes by their INSEE code, so that it reads without our numbers."""
    draft = draft_of(trial)
    names = {c.pk: f"{c.code} {c.name}" for c in Commune.objects.filter(pk__in=(*draft.communes, *draft.controls))}
    cohort = draft.cohort
    return {
        **{name: getattr(draft, name) for name in _OWN},
        "baseline_from": draft.baseline_from.isoformat(),
        "starts_on": draft.starts_on.isoformat(),
        "ends_on": draft.ends_on.isoformat(),
        "seed": trial.seed,
        "communes": sorted(names[c] for c in draft.communes),
        "controls": sorted(names[c] for c in draft.controls),
        "order_strata": {"by": list(draft.order_strata), "communes": by_stratum(order_strata_of(trial))},
        "hypotheses": [
            {"number": n, "text": h.text, "outcome": h.outcome, "direction": h.direction}
            for n, h in enumerate(draft.hypotheses, 1)
        ],
        "cohort": cohort
        and {
            "name": cohort.name,
            "made_by": cohort.made_by,
            **cohort.criteria,
            "size": cohort.size,
            "strata": list(cohort.strata),
            "names": _names(cohort),
        },
        "guesses": dict(draft.guesses),
    }


def _names(plan: CohortPlan) -> list[str]:
    """What the numbers of organisations and services stand for, so that the text reads without our database."""
    return sorted(
        {
            *Organisation.objects.filter(pk__in=plan.organisations).values_list("name", flat=True),
            *Service.objects.filter(pk__in=plan.services).values_list("name", flat=True),
        }
    )


@in_transaction
def freeze(
    territory_id: int, trial_id: int, author: Author, *, seed: int | None = None, now: dt.datetime | None = None
) -> Trial:
    """Freeze and time-stamp the design: from now on the trial runs.

    `seed`: for a story that must come out the same; otherwise drawn here, so that nobody could try several.
    Raises TrialRefused with every reason when the design cannot be frozen.
    """
    lock_trials(territory_id)
    trial = trial_for_update(territory_id, trial_id)
    now = now or timezone.now()
    if trial.frozen_at is not None:
        raise TrialRefused("Ce protocole est déjà figé.")
    if reasons := problems(trial, now):
        raise TrialRefused(*reasons)
    trial.seed = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    strata = order_strata_of(trial)
    for cluster in trial.clusters.select_related("commune") if strata else ():
        cluster.stratum = strata[cluster.commune.code]
        cluster.save(update_fields=["stratum"])
    trial.frozen = canonical(design_of(trial))
    trial.frozen_digest = digest_of(trial.frozen)
    trial.frozen_at, trial.frozen_by, trial.state = now, author.agent, Trial.State.RUNNING
    trial.save()
    record(territory_id, author, "trial.frozen", "trial", trial.pk, digest=trial.frozen_digest)
    return trial


@in_transaction
def end_trial(
    territory_id: int,
    trial_id: int,
    author: Author,
    *,
    reason: str = "",
    stopped: bool = False,
    now: dt.datetime | None = None,
) -> Trial:
    """End a running trial; before its term it is stopped, with a reason. Sites stay as they are: what follows is a decision.

    Raises TrialRefused.
    """
    trial = trial_for_update(territory_id, trial_id)
    now = now or timezone.now()
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("Cet essai n'est pas en cours.")
    if stopped and not reason.strip():
        raise TrialRefused("Dites pourquoi l'essai s'arrête, et selon quelle règle d'arrêt.")
    if not stopped and now.astimezone(trial.territory.zone).date() <= trial.ends_on:
        raise TrialRefused("L'essai n'est pas à son terme : on l'arrête, avec un motif, ou on attend sa fin.")
    trial.state = Trial.State.STOPPED if stopped else Trial.State.ENDED
    trial.ended_at, trial.end_reason = now, reason.strip()
    trial.save(update_fields=["state", "ended_at", "end_reason"])
    record(territory_id, author, f"trial.{trial.state}", "trial", trial.pk, reason=trial.end_reason)
    return trial
