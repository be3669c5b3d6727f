"""Nobody is named in what the lab writes: titles, names of people who have an account, in notes, photos, findings, decisions and the grid."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from bureaux_volants.trials import deciding, enquiry
from bureaux_volants.trials.enquiry import findings_csv, save_finding, save_note
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import FieldNote
from bureaux_volants.trials.personal import named_in, personal_in
from tests import factories

from .test_enquiry import SAID
from .words import NOW, TEST, Field

PEOPLE = [("Chloé", "N'Guyen"), ("Jean-Pierre", "Le Goff"), ("", "Seul"), ("Ève", "")]


@pytest.mark.parametrize(
    "text", ["vu Mme Durand", "M. Le Goff dit", "Monsieur Muller", "MM. Weber et Klein", "Mlle. Roth"]
)
def test_a_title_before_a_name_is_found(text: str) -> None:
    assert "dites la fonction" in (personal_in(text) or "")


@pytest.mark.parametrize(
    "text",
    [
        "Mme la directrice",
        "Madame le Maire",
        "Monsieur Le Maire",
        "M. l'adjoint",
        "Madame L'Adjointe",
        "500 m. Ensuite",
        "un monsieur Âgé",
    ],
)
def test_a_function_is_not_a_name(text: str) -> None:
    assert personal_in(text) is None


@pytest.mark.parametrize(
    "text", ["Chloé N’Guyen vient", "N'GUYEN, Chloé", "jean pierre LE GOFF", "Le Goff (Jean-Pierre)"]
)
def test_the_whole_name_of_somebody_with_an_account_is_found_however_it_is_written(text: str) -> None:
    assert named_in(text, PEOPLE) is not None


@pytest.mark.parametrize("text", ["Chloé vient", "Pierre Le Goffic", "seule", "Ève", "Jean et Pierre Le Goff"])
def test_a_first_name_or_another_name_is_not(text: str) -> None:
    assert named_in(text, PEOPLE) is None


def test_nothing_that_the_lab_writes_names_somebody_of_the_territory(lab_field: Field) -> None:
    factories.agent(lab_field.territory, first_name="Ada", last_name="Lovelace")
    here, trial = lab_field.territory.pk, lab_field.trial()
    note = save_note(here, SAID, TEST, now=NOW)
    acts: list[Callable[[], object]] = [
        lambda: save_note(here, replace(SAID, text="Lovelace Ada est venue."), TEST, now=NOW),
        lambda: save_note(here, replace(SAID, verbatims=("Demandez à Ada Lovelace.",)), TEST, now=NOW),
        lambda: enquiry.add_photo(here, note.pk, b"", "Ada Lovelace à son bureau", TEST),
        lambda: save_finding(here, "Ada Lovelace conduit", "", [note.pk], TEST, now=NOW),
        lambda: deciding.decide(here, trial.pk, TEST, day=NOW.date(), who="Ada Lovelace", what="On élargit", now=NOW),
        lambda: deciding.rate(here, trial.pk, TEST, criterion="skills", mark="plus", reason="Ada Lovelace", now=NOW),
    ]
    for act in acts:
        with pytest.raises(TrialRefused, match="à la place de « Ada Lovelace », dites la fonction"):
            act()
    # Two fields side by side are nobody's name.
    assert save_note(here, replace(SAID, who="une Ada", place="Lovelace"), TEST, now=NOW).pk
    # Nor are the people of another territory known here.
    factories.agent(factories.territory(), first_name="Blaise", last_name="Pascal")
    assert save_note(here, replace(SAID, text="Le théorème de Blaise Pascal"), TEST, now=NOW).pk


def test_an_accord_is_not_given_in_advance(lab_field: Field) -> None:
    with pytest.raises(TrialRefused, match="ce jour est à venir"):
        save_note(lab_field.territory.pk, replace(SAID, consent_at=dt.date(2026, 12, 25)), TEST, now=NOW)
    assert not FieldNote.objects.exists()


@pytest.mark.parametrize(
    "cell", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\n=1", "  =cmd|' /C calc'!A0", "＝1+1", "\u00a0=1"]
)
def test_no_cell_of_an_export_is_a_formula(lab_field: Field, cell: str) -> None:
    here = lab_field.territory.pk
    note = save_note(here, replace(SAID, tags=(cell,), verbatims=(cell,)), TEST, now=NOW)
    save_finding(here, cell, cell, [note.pk], TEST, led_to=cell, now=NOW)
    said = csv.reader(io.StringIO(findings_csv(here).decode("utf-8-sig"), newline=""), delimiter=";")
    cells = [c for line in said for c in line]
    assert len(cells) == 18
    assert not [c for c in cells if c.lstrip().startswith(("=", "+", "-", "@", "＝"))]


def test_a_finding_leads_to_a_decision_of_its_own_territory(lab_field: Field) -> None:
    here, trial = lab_field.territory.pk, lab_field.trial()
    note = save_note(here, SAID, TEST, now=NOW)
    decision = deciding.decide(here, trial.pk, TEST, day=NOW.date(), who="Comité", what="On essaie", now=NOW)
    finding = save_finding(here, "Loin", "", [note.pk], TEST, decision_id=decision.pk, now=NOW)
    assert list(decision.findings.all()) == [finding]
    assert "On essaie" in findings_csv(here).decode()
    elsewhere = factories.territory()
    theirs = save_note(elsewhere.pk, replace(SAID, commune_id=None), TEST, now=NOW)
    with pytest.raises(NotFound, match="décision"):
        save_finding(elsewhere.pk, "Loin", "", [theirs.pk], TEST, decision_id=decision.pk, now=NOW)


def test_tags_are_counted(lab_field: Field) -> None:
    for tags in (("trajet",), ("trajet", "accueil")):
        save_note(lab_field.territory.pk, replace(SAID, tags=tags), TEST, now=NOW)
    assert enquiry.tags_of(lab_field.territory.pk) == [("accueil", 1), ("trajet", 2)]
