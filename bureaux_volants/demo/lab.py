"""The trials of the demonstration, as their own services would have made them: designed, frozen, drawn, opened, asked.

Two in Metz Métropole: seven mairies with few people, over, too small to conclude; twelve mairies that open by steps, in an order
drawn by lot, under way. One elsewhere (elsewhere.py) that changes nothing. What people travelled is drawn in trials.py.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bureaux_volants.events.log import Author, Fact, as_of, record_many
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.calendar import local, monday_of
from bureaux_volants.territory.models import Agent, Phase, Territory
from bureaux_volants.trials import amending, cohorts, deciding, designing, opening
from bureaux_volants.trials.designing import CohortPlan, Draft, Expected
from bureaux_volants.trials.models import (
    Cohort,
    CohortMember,
    Finding,
    Rating,
    RunningCost,
    Trial,
    TrialPhase,
)
from bureaux_volants.trials.models import Wave as WaveRow

from . import trials
from .asking import Asker, Panel

BEFORE, DURING = WaveRow.Moment.BEFORE, WaveRow.Moment.DURING
STEPS, STEP_WEEKS = 4, 2
#: Days after a wave's first on which the current one still takes answers.
OPEN_FOR = 8


@dataclass(frozen=True)
class Days:
    """When things happened, in local days, around the day of the demonstration."""

    today: dt.date

    def ago(self, days: int) -> dt.date:
        return self.today - dt.timedelta(days=days)

    @property
    def week_before(self) -> dt.date:
        """The diary's week before the first seven mairies opened, sixty days ago."""
        return monday_of(self.ago(60)) - dt.timedelta(weeks=1)

    @property
    def week_during(self) -> dt.date:
        return monday_of(self.ago(42))

    @property
    def first_monday(self) -> dt.date:
        """Of the second trial's diaries."""
        return monday_of(self.ago(63))

    @property
    def opening(self) -> dt.date:
        """The first step of the second trial."""
        return monday_of(self.ago(28))

    @property
    def wedge_ends(self) -> dt.date:
        return self.opening + dt.timedelta(weeks=16, days=-1)

    @property
    def whole_weeks(self) -> list[dt.date]:
        """Mondays of the second trial's weeks that are over."""
        weeks = (monday_of(self.today) - self.first_monday).days // 7
        return [self.first_monday + dt.timedelta(weeks=n) for n in range(weeks)]


@dataclass(frozen=True)
class Bench:
    """Who runs the trials of one territory, and when."""

    territory: Territory
    by: Agent
    seed: int
    now: dt.datetime
    days: Days

    @classmethod
    def of(cls, territory: Territory, by: Agent, seed: int, now: dt.datetime) -> Bench:
        return cls(territory, by, seed, now, Days(now.astimezone(territory.zone).date()))

    @property
    def author(self) -> Author:
        return Author(self.by, Event.Origin.DEMO)

    def at(self, day: dt.date, hour: int = 10) -> dt.datetime:
        """An hour of a local day, never in the future."""
        return min(local(day, dt.time(hour), self.territory.zone), self.now)

    def lot(self, name: str) -> int:
        """The seed that a trial's draws are made from."""
        digest = hashlib.sha256(f"{self.seed}/lot/{self.territory.slug}/{name}".encode()).digest()
        return int.from_bytes(digest[:6])

    def designed(self, draft: Draft, slug: str, frozen_on: dt.date) -> Trial:
        """Drafted, and frozen three days later."""
        drafted, frozen = self.at(frozen_on - dt.timedelta(days=3)), self.at(frozen_on, 16)
        with as_of(drafted):
            trial = designing.create_trial(self.territory.pk, draft, self.author, slug=slug, now=drafted)
        with as_of(frozen):
            return designing.freeze(self.territory.pk, trial.pk, self.author, seed=self.lot(slug), now=frozen)

    def gathered(self, trial: Trial, people: Sequence[Agent], day: dt.date) -> list[CohortMember]:
        """The volunteers come forward and are the cohort two days later; nobody is mailed, for nobody is there to read it."""
        cohort = trial.cohorts.get()
        said = self.at(day - dt.timedelta(days=2), 11)
        cohort.volunteers.bulk_create(
            [
                cohort.volunteers.model(cohort=cohort, agent=a, said_at=said + dt.timedelta(minutes=n))
                for n, a in enumerate(people)
            ]
        )
        record_many(
            self.author,
            [
                Fact(
                    self.territory.pk,
                    "trial.volunteered",
                    "trial",
                    trial.pk,
                    {},
                    said + dt.timedelta(minutes=n),
                    Author(a, Event.Origin.DEMO),
                )
                for n, a in enumerate(people)
            ],
            wake=False,
        )
        made = self.at(day)
        with as_of(made):
            cohorts.make_cohort(self.territory.pk, cohort.pk, self.author, now=made)
        Notice.objects.filter(territory=self.territory, kind="trial.chosen").update(
            delivery=Notice.Delivery.NONE, next_attempt_at=None
        )
        return list(cohort.members.select_related("agent").order_by("agent__email"))

    def panel(
        self, trial: Trial, members: Sequence[CohortMember], mondays: list[dt.date], effect: float, filled: float
    ) -> Panel:
        """What the members lived in these weeks."""
        clusters = list(trial.clusters.select_related("commune").order_by("commune__code"))
        number = {c.commune_id: n for n, c in enumerate(clusters)}
        opens = {c.commune_id: c.opens_on for c in clusters}
        opened = {m.pk: opens.get(m.commune_id or 0) for m in members}
        column = [
            next(
                (n for n, monday in enumerate(mondays) if (day := opened[m.pk]) is not None and monday >= day),
                len(mondays),
            )
            for m in members
        ]
        lived = trials.live(
            trials.generator(self.seed, f"{self.territory.slug}/{trial.slug}"),
            np.array([number[m.commune_id or 0] for m in members]),
            np.array(column),
            mondays,
            effect,
            filled=filled,
        )
        return Panel(members, mondays, opened, lived)


# -- the first trial of Metz ------------------------------------------------------------------------------------------

FIRST = Draft(
    title="Phase 1 : sept mairies ouvrent leurs bureaux",
    question="Ouvrir des bureaux dans sept mairies réduit-il les kilomètres en voiture pour le travail ?",
    context="Premier essai, avec les communes prêtes à temps et les agents volontaires qui y habitent ou passent. "
    "Essai inventé pour la démonstration.",
    threshold=10.0,
    baseline_from=dt.date.min,
    starts_on=dt.date.min,
    ends_on=dt.date.min,
    outcome="car_km",
    design=Trial.Design.PARALLEL,
    stopping_rules="Arrêt si une mairie sur deux demande à se retirer, ou si plus d'un quart des demandes de bureau est refusé.",
    guesses={"sd": 25, "icc": 0.05},
)
FIRST_FILLED = 0.6


def first_trial(
    bench: Bench,
    opened: Sequence[int],
    controls: Sequence[int],
    people: Sequence[Agent],
    found: Sequence[Finding],
    phase: Phase,
) -> tuple[Trial, Panel]:
    """Seven communes against five, one week of diary before and one during. Not ended yet: see `end_first`."""
    days = bench.days
    draft = replace(
        FIRST,
        baseline_from=days.week_before,
        starts_on=phase.opens_on,
        ends_on=days.ago(43),
        communes=tuple(opened),
        controls=tuple(controls),
        hypotheses=(
            Expected("Le bien-être des participants augmente.", "who5", Trial.Direction.INCREASE, found[3].pk),
            Expected("Le temps de trajet baisse.", "travel_minutes", Trial.Direction.DECREASE, found[0].pk),
        ),
        cohort=CohortPlan("Volontaires de la phase 1", Cohort.MadeBy.VOLUNTEERING),
    )
    trial = bench.designed(draft, "phase-1", days.ago(77))
    members = bench.gathered(trial, people, days.ago(75))
    # The seven are open to everybody: the phase has no members.
    TrialPhase.objects.create(trial=trial, phase=phase, step=1)
    amended = bench.at(days.ago(46))
    with as_of(amended):
        amending.amend(
            bench.territory.pk,
            trial.pk,
            "ends_on",
            days.ago(36),
            "Deux mairies ont été fermées une partie de la première semaine : une semaine de mesure de plus.",
            bench.author,
            now=amended,
        )
    trial.refresh_from_db()
    panel = bench.panel(trial, members, [days.week_before, days.week_during], trials.TRUE_EFFECT, FIRST_FILLED)
    asker = Asker.of(trial, members, bench.author, bench.now)
    seed = f"{bench.seed}/phase-1"
    for moment, monday in ((BEFORE, days.week_before), (DURING, days.week_during)):
        sunday = monday + dt.timedelta(days=6)
        asker.diary(moment, monday, sunday, panel, seed)
        asker.questionnaire("who5", moment, monday, sunday, panel, share=0.55, change=2.0, seed=seed)
        asker.questionnaire("sts", moment, monday, sunday, panel, share=0.5, change=0.3, seed=seed)
    return trial, panel


def end_first(bench: Bench, trial: Trial) -> None:
    """Over since five weeks: what was decided, what it cost, and how the working group rates it."""
    ended = bench.at(bench.days.ago(35), 17)
    with as_of(ended):
        designing.end_trial(bench.territory.pk, trial.pk, bench.author, reason="Terme atteint.", now=ended)
    ago = bench.days.ago
    for day, who, what, ground in DECISIONS:
        said = bench.at(ago(day), 18)
        with as_of(said):
            deciding.decide(
                bench.territory.pk, trial.pk, bench.author, day=ago(day), who=who, what=what, ground=ground, now=said
            )
    RunningCost.objects.bulk_create(
        RunningCost(trial=trial, day=ago(day), kind=kind, label=label, euros=euros) for day, kind, label, euros in COSTS
    )
    evidence = [deciding.Evidence("Page de l'essai", f"/labo/essais/{trial.slug}/")]
    rated = bench.at(ago(33), 11)
    with as_of(rated):
        for criterion, mark, reason in RATINGS:
            deciding.rate(
                bench.territory.pk,
                trial.pk,
                bench.author,
                criterion=criterion,
                mark=mark,
                reason=reason,
                evidence=evidence,
                now=rated,
            )


DECISIONS = (
    (
        62,
        "comité de pilotage",
        "Ouvrir les sept mairies à la date prévue.",
        "Les sept visites techniques sont faites, et chaque mairie a quelqu'un à l'accueil.",
    ),
    (
        46,
        "équipe du labo",
        "Mesurer une semaine de plus.",
        "Deux mairies fermées une partie de la première semaine ; l'amendement est au protocole.",
    ),
    (
        34,
        "bureau de la métropole",
        "Garder les sept mairies ouvertes et mener la phase 2 comme elle a été figée, sans élargir au-delà.",
        "Aucune règle d'arrêt n'est atteinte. L'essai est trop petit pour dire si les kilomètres baissent assez : "
        "c'est ce que la phase 2 doit établir.",
    ),
)
_COST = RunningCost.Kind
COSTS = (
    (61, _COST.EQUIPMENT, "Écrans et multiprises pour sept mairies (exemple)", "2480.00"),
    (58, _COST.SERVICE, "Visites techniques du réseau (exemple)", "1150.00"),
    (50, _COST.STAFF, "Accueil dans les mairies, 18 heures (exemple)", "540.00"),
    (36, _COST.STAFF, "Suivi par le labo, 40 heures (exemple)", "1480.00"),
)
_C, _M = Rating.Criterion, Rating.Mark
RATINGS = (
    (_C.SKILLS, _M.PLUS2, "Sept mairies savent accueillir et tenir leur page ; deux ont demandé une seconde visite."),
    (_C.ENTHUSIASM, _M.PLUS, "Les volontaires reviennent ; tous n'ont pourtant pas rempli leur carnet."),
    (_C.MOBILISING, _M.SLASH, "Peu d'encadrants ont relayé l'appel : trop peu de participants pour conclure."),
    (_C.POLITICAL, _M.PLUS, "Le bureau a décidé de la suite sur un protocole figé, non sur une impression."),
    (_C.PARTNERS, _M.MINUS, "Aucun partenaire extérieur n'a été associé."),
    (
        _C.POLICY,
        _M.SLASH,
        "Rien n'a changé dans le plan de mobilité, et c'est cohérent : il n'est pas établi que le seuil soit atteint.",
    ),
    (_C.METHOD, _M.PLUS2, "Question, seuil et règles d'arrêt ont été écrits avant d'ouvrir ; le doute est dit."),
)


# -- a stepped wedge --------------------------------------------------------------------------------------------------

WEDGE = Draft(
    title="Phase 2 : douze mairies ouvrent par étapes",
    question="Ouvrir des bureaux dans les mairies réduit-il d'au moins 10 km par semaine et par agent la voiture pour le travail ?",
    context="Douze communes sans bureau jusque-là ; l'ordre d'ouverture est tiré au sort, celles qui attendent servent de "
    "comparaison. Essai inventé pour la démonstration : l'effet y est connu de qui l'a écrit.",
    threshold=10.0,
    baseline_from=dt.date.min,
    starts_on=dt.date.min,
    ends_on=dt.date.min,
    outcome="car_km",
    design=Trial.Design.STEPPED_WEDGE,
    stopping_rules="Arrêt si trois communes se retirent, ou si le bien-être (OMS-5) baisse de 10 points dans les communes ouvertes.",
    steps=STEPS,
    step_weeks=STEP_WEEKS,
    order_strata=("population",),
    guesses={"sd": 25, "icc": 0.05},
)
SECONDARY = (
    ("Le bien-être des participants augmente.", "who5", Trial.Direction.INCREASE),
    ("Les émissions des déplacements de travail baissent.", "gco2e", Trial.Direction.DECREASE),
    ("Le temps de trajet baisse.", "travel_minutes", Trial.Direction.DECREASE),
)


def wedge_begun(
    bench: Bench, draft: Draft, communes: Sequence[int], people: Sequence[Agent], found: Sequence[Finding] = ()
) -> tuple[Trial, list[CohortMember]]:
    """Frozen, its people gathered, its order drawn, its steps made phases, whoever may be let in let in."""
    days = bench.days
    draft = replace(
        draft,
        baseline_from=days.first_monday,
        starts_on=days.opening,
        ends_on=days.wedge_ends,
        communes=tuple(communes),
        hypotheses=tuple(
            Expected(text, outcome, direction, found[0].pk if found and outcome else None)
            for text, outcome, direction in SECONDARY
        ),
        cohort=CohortPlan("Volontaires", Cohort.MadeBy.VOLUNTEERING),
    )
    trial = bench.designed(draft, "phase-2", days.ago(73))
    members = bench.gathered(trial, people, days.ago(70))
    drawn = bench.at(days.ago(70), 14)
    with as_of(drawn):
        cohorts.draw_order(bench.territory.pk, trial.pk, bench.author, now=drawn)
    made = bench.at(days.ago(70), 15)
    with as_of(made):
        opening.open_steps(bench.territory.pk, trial.pk, bench.author, now=made)
    return trial, members


def wedge_lived(
    bench: Bench,
    trial: Trial,
    members: Sequence[CohortMember],
    effect: float,
    *,
    yet_to_answer: frozenset[int] = frozenset(),
) -> Panel:
    """Diaries of every week that is over, well-being and satisfaction before and now, and those let in since."""
    days = bench.days
    panel = bench.panel(trial, members, days.whole_weeks, effect, trials.FILLED)
    asker = Asker.of(trial, members, bench.author, bench.now)
    seed = f"{bench.seed}/{bench.territory.slug}/phase-2"
    eve = days.opening - dt.timedelta(days=1)
    asker.diary(BEFORE, days.first_monday, eve, panel, seed)
    asker.diary(DURING, days.opening, days.wedge_ends, panel, seed)
    first = eve - dt.timedelta(days=13)
    now = days.ago(5)
    until = now + dt.timedelta(days=5 + OPEN_FOR)
    better = 1.0 if effect else 0.0
    for code, change, before, during in (("who5", 3 * better, 0.62, 0.4), ("sts", 0.6 * better, 0.58, 0.36)):
        asker.questionnaire(code, BEFORE, first, eve, panel, share=before, change=change, seed=seed)
        asker.questionnaire(code, DURING, now, until, panel, share=during, change=change, seed=seed, but=yet_to_answer)
    # Each step's people go further on its day.
    for step in range(STEPS):
        day = days.opening + dt.timedelta(weeks=step * STEP_WEEKS)
        if day <= days.today:
            with as_of(bench.at(day, 5)):
                opening.let_in(bench.territory.pk, trial.pk, now=bench.at(day, 5))
    return panel


def wedge_presented(bench: Bench, trial: Trial, members: Sequence[CohortMember]) -> None:
    """Once people have come: who they are, asked of everybody in a week that is over."""
    days = bench.days
    asker = Asker.of(trial, members, bench.author, bench.now)
    asker.profile(
        DURING, days.ago(12), days.ago(3), members, share=0.7, seed=f"{bench.seed}/{bench.territory.slug}/phase-2"
    )
