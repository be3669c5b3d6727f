"""An opening order drawn within strata: from facts about communes to the frozen text, the draw, and what is dealt again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from bureaux_volants.territory.models import Commune
from bureaux_volants.trials import cohorts, drawing, foresight
from bureaux_volants.trials.amending import departures
from bureaux_volants.trials.balancing import Facts, strata_of
from bureaux_volants.trials.cautions import cautions
from bureaux_volants.trials.designing import draft_of, problems
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Cluster, Trial
from bureaux_volants.trials.panels import drawn_communes

from .test_from_outside import ORDER, pytestmark, shell
from .words import NOW, TEST, Field, field

__all__ = ["pytestmark"]

SMALL, LARGE = "les moins peuplées", "les plus peuplées"


@pytest.fixture
def towns(db: None) -> Field:
    """Augny, Marly, Metz, Woippy, from south to north, five hundredths of a degree apart, with so many inhabitants."""
    found = field()
    for commune, population in zip(found.communes, (2_000, 10_000, 120_000, 14_000), strict=True):
        commune.population = population
        commune.save()
    return found


def codes(field: Field, *names: str) -> list[str]:
    return [c.code for c in field.communes if c.name in names]


def test_halves_by_hand() -> None:
    facts = [Facts("57001", 900, 3.0), Facts("57002", 900, 1.0), Facts("57003", 5_000, 9.0)]
    assert strata_of(facts, ["population"]) == {"57001": SMALL, "57002": LARGE, "57003": LARGE}
    assert strata_of(facts, ["population", "distance"]) == {
        "57001": f"{SMALL} · les plus éloignées",
        "57002": f"{LARGE} · les plus proches",
        "57003": f"{LARGE} · les plus éloignées",
    }
    assert strata_of(reversed(facts), ["population"]) == strata_of(facts, ["population"])


def test_the_strata_are_frozen_with_the_design(towns: Field) -> None:
    trial = towns.frozen(order_strata=("population",))
    frozen = json.loads(trial.frozen)["order_strata"]
    assert frozen["by"] == ["population"]
    assert {name: sorted(of) for name, of in frozen["communes"].items()} == {
        SMALL: sorted(codes(towns, "Augny", "Marly")),
        LARGE: sorted(codes(towns, "Metz", "Woippy")),
    }
    assert draft_of(trial).order_strata == ("population",)
    # The census counts anew between the freeze and the draw: nothing moves.
    Commune.objects.filter(code=codes(towns, "Augny")[0]).update(population=90_000)
    assert departures(trial, []) == []
    draw = cohorts.draw_order(towns.territory.pk, trial.pk, TEST, now=NOW)
    assert draw.drawn_from == {name: sorted(of) for name, of in frozen["communes"].items()}


def test_how_far_is_from_the_most_populous_commune_of_the_territory(towns: Field) -> None:
    """Metz is at 49.10; Marly and Woippy at a twentieth of a degree, Augny at two."""
    trial = towns.frozen(order_strata=("distance",), communes=tuple(c.pk for c in towns.communes if c.name != "Metz"))
    strata = dict(trial.clusters.values_list("commune__name", "stratum"))
    assert strata["Augny"] == "les plus éloignées"
    assert sorted(strata.values()) == ["les plus proches", "les plus éloignées", "les plus éloignées"]


def test_each_step_has_its_share_of_each_stratum_and_the_draw_is_made_again(towns: Field) -> None:
    trial = towns.frozen(order_strata=("population",))
    draw = cohorts.draw_order(towns.territory.pk, trial.pk, TEST, now=NOW)
    assert draw.result == drawing.order_within(draw.drawn_from, 2, 42)
    large = {*codes(towns, "Metz", "Woippy")}
    assert [len(large & {*step}) for step in draw.result] == [1, 1]
    assert cohorts.drawn_again(draw)
    draw.result = draw.result[::-1]
    assert not cohorts.drawn_again(draw)
    said = drawn_communes(trial)
    assert {said[c.pk] for c in towns.communes if c.code in large} == {1}
    assert {said[c.pk] for c in towns.communes if c.code not in large} == {0}


def test_the_order_comes_out_of_a_shell(towns: Field, tmp_path: Path) -> None:
    trial = towns.frozen(order_strata=("population",))
    draw = cohorts.draw_order(towns.territory.pk, trial.pk, TEST, now=NOW)
    (tmp_path / "liste.json").write_bytes(drawing.canonical(draw.drawn_from).encode())
    assert shell("sha256sum liste.json", tmp_path).split()[0] == draw.digest
    in_turn = [line.split()[1] for line in shell(ORDER, tmp_path).splitlines()]
    by_ticket = shell(
        "for n in 1 2; do printf '%s %s\\n' \"$(printf '42:step:%s' $n | sha256sum)\" $n; done | sort", tmp_path
    )
    steps = [int(line.split()[-1]) for line in by_ticket.splitlines()]
    dealt = [code for name in sorted(draw.drawn_from) for code in in_turn if code in draw.drawn_from[name]]
    for n, code in enumerate(dealt):
        assert code in draw.result[steps[n % 2] - 1]


def test_without_strata_the_draw_is_what_it_was(towns: Field) -> None:
    trial = towns.frozen()
    draw = cohorts.draw_order(towns.territory.pk, trial.pk, TEST, now=NOW)
    assert draw.drawn_from == sorted(c.code for c in towns.communes)
    assert set(drawn_communes(trial).values()) == {0}


def test_a_population_that_nobody_knows_is_asked_for_before_the_freeze(towns: Field) -> None:
    Commune.objects.filter(name="Marly").update(population=0)
    trial = towns.trial(order_strata=("population",))
    assert any("celle de Marly n'est pas connue" in said for said in problems(trial, NOW))
    with pytest.raises(TrialRefused, match="celle de Marly"):
        towns.frozen(title="Autre", order_strata=("population",))


def test_a_territory_that_nobody_has_counted_has_no_centre(towns: Field) -> None:
    Commune.objects.update(population=0)
    assert any("d'aucune commune" in said for said in problems(towns.trial(order_strata=("distance",)), NOW))


def test_only_a_stepped_wedge_is_asked_for_populations(towns: Field) -> None:
    Commune.objects.update(population=0)
    trial = towns.trial(
        design="parallel",
        steps=1,
        communes=tuple(c.pk for c in towns.communes[:2]),
        controls=tuple(c.pk for c in towns.communes[2:]),
        order_strata=("population",),
    )
    assert not [said for said in problems(trial, NOW) if "équilibré" in said]
    assert foresight.strata_in(trial) == ()


def test_a_stratum_of_one_commune_is_told_and_the_orders_are_those_within_strata(towns: Field) -> None:
    alone = towns.trial(order_strata=("population",), communes=tuple(c.pk for c in towns.communes[:3]))
    assert any("n'a qu'une commune" in said for said in cautions(alone))
    both = towns.trial(order_strata=("population",))
    assert foresight.strata_in(both) == (2, 2)
    # Each half has one commune of each step: two orders of each.
    assert any("que 4 ordres" in said for said in cautions(both)), cautions(both)


def test_the_database_itself_keeps_the_strata(towns: Field) -> None:
    trial = towns.frozen(order_strata=("population",))
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(order_strata=[])
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Cluster.objects.filter(trial=trial).update(stratum=LARGE)
