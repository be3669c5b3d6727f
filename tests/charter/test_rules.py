"""Rules as data: what is well written is kept as it is, what is not is told field by field, nothing is ever run."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureaux_volants.charter.defaults import RULES
from bureaux_volants.charter.exemptions import Exempt, without
from bureaux_volants.charter.rules import ENERGIES, MOST_RULES, Effect, Invalid, Rule, read, read_all, written
from bureaux_volants.travel.journeys import Way

from .words import rules

GOOD: dict[str, Any] = {"code": "court", "effect": "advise", "sentence": "À pied.", "km_under": "3"}


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as told:
        read({**GOOD, **changes})
    return {f.field: f.sentence for f in told.value.faults}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules())
def test_a_rule_that_is_written_is_read_back_the_same(rule: Rule) -> None:
    assert read(json.loads(json.dumps(written(rule)))) == rule


def test_the_default_rules_are_well_written_and_each_has_its_code() -> None:
    assert read_all([written(r) for r in RULES]) == RULES
    assert len({r.code for r in RULES}) == len(RULES) <= MOST_RULES


def test_a_form_s_words_are_understood() -> None:
    rule = read({**GOOD, "km_from": "0,5", "load": "no", "hour_from": "9h", "hour_until": "16:30", "ways": ["own_car"]})
    assert (rule.km_from, rule.load, rule.ways) == (0.5, False, (Way.OWN_CAR,))
    assert (rule.hour_from, rule.hour_until) == (dt.time(9), dt.time(16, 30))


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"code": "Trajet court"}, "code", "Le code tient en 40 caractères"),
        ({"code": "x" * 41}, "code", "Le code tient en 40 caractères"),
        ({"effect": "punish"}, "effect", "Dites ce que la règle fait"),
        ({"sentence": "  "}, "sentence", "Écrivez la phrase"),
        ({"sentence": "x" * 241}, "sentence", "240 caractères"),
        ({"km_under": ""}, "", "Sans aucune condition"),
        ({"km_under": "trois"}, "km_under", "de 0,1 à 500"),
        ({"km_under": "nan"}, "km_under", "de 0,1 à 500"),
        ({"km_from": "5"}, "km_under", "doit dépasser"),
        ({"ways": ["teleport"]}, "ways", "choisissez dans la liste"),
        ({"energies": ["coal"]}, "energies", "choisissez dans la liste"),
        ({"ways": ["walk"], "energies": ["diesel"]}, "energies", "n'ont pas d'énergie"),
        ({"instead": "transit"}, "times", "à la fois l'autre moyen et le nombre de fois"),
        ({"times": "1,5"}, "instead", "à la fois l'autre moyen et le nombre de fois"),
        ({"instead": "walk", "times": "2", "ways": ["walk"]}, "instead", "ne se compare pas à lui-même"),
        ({"people_under": "1"}, "people_under", "de 2 à 9"),
        ({"people_under": "2,5"}, "people_under", "de 2 à 9"),
        ({"load": "maybe"}, "load", "oui, non"),
        ({"hour_from": "25:00"}, "hour_from", "9:30"),
        ({"hour_from": "9:00"}, "hour_from", "les deux heures"),
        ({"hour_from": "9:00", "hour_until": "9:00"}, "hour_until", "ne parlerait jamais"),
        ({"effect": "refuse", "hour_from": "9:00", "hour_until": "10:00"}, "hour_from", "dépendre de l'heure"),
        ({"effect": "refuse", "others_from": "1"}, "others_from", "dépendre d'autres trajets"),
        ({"effect": "approval"}, "ways", "véhicule du parc"),
        ({"effect": "approval", "ways": ["own_car", "pool_car"]}, "ways", "véhicule du parc"),
        ({"__import__('os')": "1"}, "", "Condition inconnue"),
    ],
)
def test_each_fault_is_told_in_one_sentence_at_its_field(changes: dict[str, Any], field: str, told: str) -> None:
    found = faults(**changes)
    assert list(found) == [field]
    assert told in found[field]


def test_all_faults_are_told_at_once_and_a_code_is_taken_once() -> None:
    assert set(faults(code="", effect="", sentence="")) == {"code", "effect", "sentence"}
    with pytest.raises(Invalid, match="déjà celui d'une autre"):
        read_all([GOOD, GOOD])


ODD = st.text("a1,:- é\0", max_size=8)
ANYTHING = st.none() | st.booleans() | ODD | st.integers() | st.floats() | st.lists(ODD, max_size=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD, "ways", "load", "hour_from", "energies"], ANYTHING)))
def test_whatever_is_sent_is_a_rule_or_told_faults(raw: dict[str, Any]) -> None:
    told = []
    try:
        rule = read(raw)
    except Invalid as invalid:
        told = invalid.faults
    else:
        told = [written(rule)]
        assert read(written(rule)) == rule
    assert told


def test_an_exemption_silences_its_rules_from_its_first_day_to_its_last() -> None:
    first, last = dt.date(2026, 12, 1), dt.date(2026, 12, 3)
    some, every = Exempt(first, last, frozenset({"trajet-court"})), Exempt(first, last)
    rest = tuple(r for r in RULES if r.code != "trajet-court")
    for day in (first, last):
        assert without(RULES, [some], day) == rest
        assert without(RULES, [every], day) == ()
    for day in (first - dt.timedelta(1), last + dt.timedelta(1)):
        assert without(RULES, [some, every], day) == RULES


def test_energies_and_effects_are_those_that_the_pages_name() -> None:
    assert len(ENERGIES) == len(set(ENERGIES)) == 6
    assert [e.value for e in Effect] == ["advise", "reason", "approval", "refuse"]
