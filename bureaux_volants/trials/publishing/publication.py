"""Publishing a trial: whether it may be, what goes into it, once for all.

Decided: no row of a person is published (the people who answered were promised groups of five, surveys). The finest that is told of
people is `profils`, means by k-anonymous class (anonymity.py); it is left out when asked so, and the whole is refused when it is
asked for and cannot be made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants import __version__
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials.designing import trial_for_update
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.estimating.results import CannotEstimate
from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE
from bureaux_volants.trials.indicators.ledger import Revealed
from bureaux_volants.trials.indicators.parts import family_words, words_of
from bureaux_volants.trials.indicators.registry import INDICATORS, indicator
from bureaux_volants.trials.models import Publication, Trial
from bureaux_volants.trials.panels import panel_of
from bureaux_volants.trials.personal import personal_in
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.weekly import Source

from . import gathering, tables
from .anonymity import CannotAnonymise
from .package import About, packed
from .schema import Table

#: Raised when the same rows would give another archive.
CODE_VERSION = f"{__version__}+publishing.3"


@dataclass(frozen=True, slots=True)
class Ready:
    """What would be published: the tables, what must be said beside them."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def reasons_against(trial: Trial, now: dt.datetime) -> list[str]:
    """Why a trial cannot be published as it is, one French sentence each."""
    found = []
    if trial.state not in (Trial.State.ENDED, Trial.State.STOPPED):
        found.append(
            _(
                "Un essai se publie une fois terminé, et une seule fois : deux versions côte à côte montreraient ce qui est arrivé ou a été retiré entre les deux."
            )
        )
    if Publication.objects.filter(trial=trial).exists():
        found.append(_("Les données de cet essai sont déjà publiées : elles ne se refont pas."))
    if said := gathering.refusal_of_waves(trial, now.astimezone(trial.territory.zone).date()):
        found.append(said)
    for text in gathering.texts_of(trial):
        if said := personal_in(text):
            found.append(_("Le protocole ou un amendement nomme quelqu'un. %(said)s") % {"said": said})
    return list(dict.fromkeys(found))


def prepare(trial: Trial, *, with_profiles: bool, now: dt.datetime | None = None) -> Ready:
    """The tables of a trial as it stands, its last weeks read. Raises TrialRefused when it cannot be told without showing somebody."""
    named = INDICATORS.get(trial.outcome)
    outcome, unit = (str(named.name), str(named.unit)) if named else (trial.outcome, "")
    source = Source.until_now(trial, now)
    make_reading(trial, now=now)
    try:
        panel = panel_of(source, trial.outcome)
    except CannotEstimate as error:
        raise TrialRefused(error.reason) from None
    agents = len(np.unique(panel.unit))
    if agents < FEWEST_PEOPLE:
        raise TrialRefused(
            _("Moins de cinq personnes ont été mesurées : rien ne peut être publié sans que l'une soit reconnaissable.")
        )
    places = gathering.places_of(trial)
    first = monday_of(trial.baseline_from)
    notes: list[str] = []
    if (lines := gathering.weeks_told(trial)) is not None:
        made = [tables.weeks_as_told(lines, panel, first, outcome=outcome, unit=unit)]
        notes.append(
            _(
                "Des réponses déjà comptées ont été retirées : les semaines sont telles qu'elles ont été dites, toutes communes réunies, et des réponses d'autres personnes, tirées au sort, ne sont pas comptées dans ce qui a été calculé depuis."
            )
        )
    else:
        made = [tables.weeks(panel, first, places, outcome=outcome, unit=unit)]
    if with_profiles:
        people = {int(n) for n in np.unique(panel.unit)}
        who = Agent.objects.filter(pk__in=people).select_related("organisation", "usual_site", "home_commune")
        moved = tables.changes(panel, {a.pk: gathering.ladders_of(a) for a in who})
        try:
            profiles, classes = tables.profiles(
                panel, moved, gathering.TRAITS, trial.threshold, outcome=outcome, unit=unit
            )
        except CannotAnonymise as error:
            raise TrialRefused(f"{error} {_('Publiez sans le tableau des profils.')}") from None
        except Revealed:
            raise TrialRefused(
                _(
                    "Le tableau des profils, comparé aux moyennes de chaque semaine et au nombre de personnes mesurées, révélerait un groupe de moins de cinq personnes. Publiez sans lui."
                )
            ) from None
        made.append(profiles)
        if classes.left_out:
            notes.append(
                _(
                    "Dans le tableau des profils, des personnes sont laissées de côté : leurs groupes étaient trop petits."
                )
            )
    else:
        notes.append(_("Le tableau des profils n'est pas publié."))
    measures = gathering.measures_of(trial, source.today)
    if measures:
        made.append(tables.waves(measures))
    told = _told(trial)
    if any(row[2] == tables.WHOLE and row[6] for row in made[0].rows):
        # The mean of all the weeks, less the weeks that are told, would be that of the week that is hidden.
        told = [f for f in told if not indicator(f.code).per_agent_week]
    if told:
        made.append(tables.indicators(told))
    made.append(tables.openings(list(places.values())))
    if changed := gathering.amendments_of(trial):
        made.append(tables.amendments(changed))
    return Ready(tuple(made), tuple(notes))


def _told(trial: Trial) -> list[tables.Told]:
    found = []
    # With their codes: two communes may have one name.
    communes = {str(c.pk): f"{c.name} ({c.code})" for c in trial.territory.communes.all()}
    for f in gathering.figures_of(trial):
        words = indicator(f.code)
        found.append(
            tables.Told(
                f.code,
                f.version,
                str(words.name),
                family_words(f.part),
                words_of(f.part, communes),
                str(words.unit),
                f.first_day,
                f.last_day,
                f.value,
                f.low,
                f.high,
                f.people,
                str(words.definition),
                str(words.denominator),
            )
        )
    return found


def archive_of(trial: Trial, ready: Ready, *, homepage: str) -> bytes:
    """The bytes to publish; of an ended trial."""
    assert trial.ended_at is not None
    named = INDICATORS.get(trial.outcome)
    return packed(
        About(
            slug=trial.slug,
            title=trial.title,
            question=trial.question,
            publisher=trial.territory.name,
            design=str(trial.get_design_display()),
            outcome=str(named.name) if named else trial.outcome,
            unit=str(named.unit) if named else "",
            ended=trial.ended_at.astimezone(trial.territory.zone).date(),
            end_reason=trial.end_reason,
            seed=trial.seed,
            digest=trial.frozen_digest,
            protocol=trial.frozen,
            code_version=CODE_VERSION,
            homepage=homepage,
            is_invented=trial.territory.is_demonstration,
            notes=ready.notes,
        ),
        ready.tables,
    )


@in_transaction
def publish(
    territory_id: int,
    trial_id: int,
    author: Author,
    *,
    with_profiles: bool,
    homepage: str,
    now: dt.datetime | None = None,
) -> Publication:
    """Make the archive of an ended trial and keep it. Raises NotFound, TrialRefused."""
    now = now or timezone.now()
    trial = trial_for_update(territory_id, trial_id)
    if reasons := reasons_against(trial, now):
        raise TrialRefused(*reasons)
    package = archive_of(trial, prepare(trial, with_profiles=with_profiles, now=now), homepage=homepage)
    made = Publication.objects.create(
        trial=trial,
        made_at=now,
        by=author.agent,
        package=package,
        digest=hashlib.sha256(package).hexdigest(),
        code_version=CODE_VERSION,
    )
    record(territory_id, author, "trial.published", "trial", trial.pk, digest=made.digest)
    return made
