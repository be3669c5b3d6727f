"""Who takes part: volunteers, whole organisations, people drawn; chosen once, and the draw can be made again."""

from __future__ import annotations

import pytest

from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import cohorts, drawing
from bureaux_volants.trials.amending import amend
from bureaux_volants.trials.cohorts import attached, make_cohort, open_calls, unvolunteer, volunteer
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import Cohort, CohortMember, Draw, Trial, Volunteer
from tests import factories
from tests.booking.words import by

from .words import NOW, TEST, Field

VOLUNTEERS = CohortPlan("Volontaires", Cohort.MadeBy.VOLUNTEERING)


def made(field: Field, trial: Trial) -> list[CohortMember]:
    make_cohort(field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    return list(CohortMember.objects.filter(cohort__trial=trial).order_by("agent_id"))


def test_nobody_is_chosen_before_the_design_is_frozen(lab_field: Field) -> None:
    trial = lab_field.trial()
    with pytest.raises(TrialRefused, match="Figez d'abord"):
        make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="Figez d'abord"):
        cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_a_cohort_is_not_drawn_twice(lab_field: Field) -> None:
    trial = lab_field.frozen()
    first = [m.agent_id for m in made(lab_field, trial)]
    with pytest.raises(TrialRefused, match="ne se tire pas deux fois"):
        made(lab_field, trial)
    assert [m.agent_id for m in CohortMember.objects.filter(cohort__trial=trial).order_by("agent_id")] == first
    assert Draw.objects.count() == 1


def test_the_log_of_a_draw_is_enough_to_make_it_again(lab_field: Field) -> None:
    trial = lab_field.frozen()
    members = made(lab_field, trial)
    logged = Draw.objects.get()
    assert logged.seed == 42
    assert logged.digest == drawing.digest_of(drawing.canonical(logged.drawn_from))
    again = drawing.draw(logged.drawn_from, 6, logged.seed)
    assert sorted(n for drawn in again.values() for n in drawn) == [m.agent_id for m in members]
    assert cohorts.drawn_again(logged)
    logged.seed = 43
    logged.drawn_from = {"–": list(range(1, 40))}
    assert not cohorts.drawn_again(logged)


def test_a_draw_takes_from_each_stratum_its_share(lab_field: Field) -> None:
    members = made(lab_field, lab_field.frozen())
    per_stratum = [sum(1 for m in members if m.stratum == c.name) for c in lab_field.communes]
    # 6 of 4 strata of 2: 1.5 each; the two halves left go to the first names.
    assert per_stratum == [2, 2, 1, 1]


def test_more_people_than_there_are_cannot_be_drawn(lab_field: Field) -> None:
    with pytest.raises(TrialRefused, match="9 personnes à tirer, et 8 seulement"):
        lab_field.frozen(cohort=CohortPlan("T", Cohort.MadeBy.DRAWN, size=9))
    trial = lab_field.frozen(title="Autre", cohort=CohortPlan("T", Cohort.MadeBy.DRAWN, size=8))
    # Somebody's account is closed between the freeze and the draw.
    Agent.objects.filter(pk=lab_field.people[0].pk).update(is_active=False)
    with pytest.raises(TrialRefused, match="tirer 8 personnes parmi 7"):
        made(lab_field, trial)
    assert not Draw.objects.exists()
    amend(lab_field.territory.pk, trial.pk, "size", 5, "Un départ.", TEST, now=NOW)
    assert len(made(lab_field, trial)) == 5


def test_in_a_parallel_trial_those_who_were_not_drawn_are_the_controls(lab_field: Field) -> None:
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=4)
    members = made(lab_field, lab_field.frozen(design=Trial.Design.PARALLEL, steps=1, cohort=plan))
    arms = [m.arm for m in members]
    assert (arms.count("opened"), arms.count("control")) == (4, 4)
    # Controls are told nothing: nothing changes for them.
    assert Notice.objects.filter(kind="trial.chosen").count() == 4


def test_in_a_parallel_trial_people_of_control_communes_are_controls(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    employer = lab_field.people[0].organisation_id or 0
    plan = CohortPlan("Tous", Cohort.MadeBy.ORGANISATION, organisations=(employer,))
    trial = lab_field.frozen(design=Trial.Design.PARALLEL, steps=1, communes=(a, b), controls=(c, d), cohort=plan)
    for member in made(lab_field, trial):
        assert (member.arm == "control") == (member.commune_id in (c, d))


def test_a_cohort_of_a_service_takes_its_active_people_only(lab_field: Field) -> None:
    team = factories.service(lab_field.people[0].organisation)  # type: ignore[arg-type]
    inside, gone, _outside = lab_field.people[:3]
    Agent.objects.filter(pk__in=(inside.pk, gone.pk)).update(service=team)
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    trial = lab_field.frozen(cohort=CohortPlan("S", Cohort.MadeBy.SERVICE, services=(team.pk,)))
    assert [m.agent_id for m in made(lab_field, trial)] == [inside.pk]


def test_volunteers_come_forward_while_the_call_is_open_and_may_think_again(lab_field: Field) -> None:
    willing, unsure = lab_field.people[:2]
    trial = lab_field.trial(cohort=VOLUNTEERS)
    assert open_calls(willing) == []
    cohort = lab_field.frozen(title="Autre", cohort=VOLUNTEERS).cohorts.get()
    assert open_calls(willing) == [cohort]
    for person in (willing, willing, unsure):
        volunteer(person, cohort.pk, by(person), now=NOW)
    unvolunteer(unsure, cohort.pk, by(unsure))
    assert list(Volunteer.objects.values_list("agent", flat=True)) == [willing.pk]
    make_cohort(lab_field.territory.pk, cohort.pk, TEST, now=NOW)
    assert list(cohort.members.values_list("agent", flat=True)) == [willing.pk]
    with pytest.raises(TrialRefused, match="clos"):
        volunteer(unsure, cohort.pk, by(unsure), now=NOW)
    with pytest.raises(TrialRefused, match="clos"):
        volunteer(unsure, trial.cohorts.get().pk, by(unsure), now=NOW)


def test_a_call_of_another_territory_is_none(lab_field: Field) -> None:
    cohort = lab_field.frozen(cohort=VOLUNTEERS).cohorts.get()
    stranger = factories.agent(factories.territory())
    assert open_calls(stranger) == []
    with pytest.raises(NotFound):
        volunteer(stranger, cohort.pk, by(stranger), now=NOW)
    with pytest.raises(NotFound):
        make_cohort(stranger.territory_id or 0, cohort.pk, TEST, now=NOW)


def test_a_draw_leaves_out_the_people_of_another_running_trial(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=3)
    first = {m.agent_id for m in made(lab_field, lab_field.frozen(communes=(a, b), cohort=plan))}
    second = {m.agent_id for m in made(lab_field, lab_field.frozen(title="Autre", communes=(c, d), cohort=plan))}
    assert len(first) == len(second) == 3
    assert not first & second


def test_whoever_is_in_a_running_trial_cannot_come_forward_for_another(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=3)
    busy = made(lab_field, lab_field.frozen(communes=(a, b), cohort=plan))[0].agent
    call = lab_field.frozen(title="Autre", communes=(c, d), cohort=VOLUNTEERS).cohorts.get()
    with pytest.raises(TrialRefused, match="déjà à un autre essai"):
        volunteer(busy, call.pk, by(busy), now=NOW)


def test_somebody_belongs_to_where_they_live_else_to_the_nearest_commune(lab_field: Field) -> None:
    trial = lab_field.trial(communes=tuple(c.pk for c in lab_field.communes[:2]))
    clusters = list(trial.clusters.select_related("commune"))
    employer = factories.organisation(lab_field.territory)
    augny, marly, _metz, woippy = lab_field.communes

    def of(**fields: object) -> int | None:
        cluster = attached(factories.agent(lab_field.territory, organisation=employer, **fields), clusters)
        return cluster and cluster.commune_id

    assert of(home_commune=augny, usual_site=lab_field.mairies[3]) == augny.pk
    assert of(home_commune=woippy) == marly.pk
    assert of(home_commune=woippy, home_lat=49.0, home_lon=6.15) == augny.pk
    assert of(usual_site=lab_field.mairies[3]) == marly.pk
    assert of() is None


def test_an_opening_order_is_drawn_once_and_sets_the_days(lab_field: Field) -> None:
    trial = lab_field.frozen(steps=2, step_weeks=4)
    draw = cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    assert draw.result == drawing.opening_order([c.code for c in lab_field.communes], 2, 42)
    days = {c.commune.code: (c.step, (c.opens_on - trial.starts_on).days) for c in trial.clusters.all() if c.opens_on}
    assert {days[c] for c in draw.result[0]} == {(1, 0)}
    assert {days[c] for c in draw.result[1]} == {(2, 28)}
    assert cohorts.drawn_again(draw)
    with pytest.raises(TrialRefused, match="ne se tire pas deux fois"):
        cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_only_a_stepped_wedge_has_an_order(lab_field: Field) -> None:
    trial = lab_field.frozen(design=Trial.Design.BEFORE_AFTER, steps=1)
    with pytest.raises(TrialRefused, match="Seule une ouverture par étapes"):
        cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_nobody_is_told_of_desks_that_do_not_exist(lab_field: Field) -> None:
    lab_field.mairies[0].resources.update(is_active=False)
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match="Aucun site ne prête encore de bureau : Augny"):
        cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    assert not Notice.objects.filter(kind="trial.chosen").exists()
    assert not CohortMember.objects.exists()


@pytest.mark.parametrize(("drawn", "said"), [(False, "une fois l'ordre des communes tiré"), (True, "est sur la page")])
def test_whoever_is_chosen_is_told_when_the_day_will_be_known(lab_field: Field, drawn: bool, said: str) -> None:
    trial = lab_field.frozen()
    if drawn:
        cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    assert all(said in notice.body for notice in Notice.objects.filter(kind="trial.chosen"))
    assert Notice.objects.filter(kind="trial.chosen").count() == 6
