"""What an outsider checks with a shell and no line of ours: the digest of the protocol, and the draws, made again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from bureaux_volants.trials import cohorts
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.drawing import canonical
from bureaux_volants.trials.models import Cohort, CohortMember, Draw
from tests import factories

from .words import NOW, TEST, Field

pytestmark = pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")


def shell(script: str, directory: Path) -> str:
    done = subprocess.run(["sh", "-c", script], cwd=directory, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


#: As the page of a trial's people says it, with its seed and its file.
ORDER = """grep -oE '[0-9][0-9AB][0-9]{3}' liste.json | while read -r code; do
  printf '%s %s\\n' "$(printf '42:commune:%s' "$code" | sha256sum | cut -c1-64)" "$code"
done | sort"""


def test_the_opening_order_comes_out_of_a_shell(lab_field: Field, tmp_path: Path) -> None:
    trial = lab_field.frozen()
    draw = cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    (tmp_path / "liste.json").write_bytes(canonical(draw.drawn_from).encode())
    assert shell("sha256sum liste.json", tmp_path).split()[0] == draw.digest
    codes = [line.split()[1] for line in shell(ORDER, tmp_path).splitlines()]
    assert codes == [code for step in draw.result for code in step]


def test_a_stratified_cohort_comes_out_of_a_shell(lab_field: Field, tmp_path: Path) -> None:
    """Two services in strata of five and three, four to draw: five fours of eight are 2.5, three fours of eight 1.5; the half goes to the first name."""
    employer = factories.organisation(lab_field.territory)
    teams = [factories.service(employer, name=name) for name in ("Eau", "Voirie")]
    for n, person in enumerate(lab_field.people):
        person.service = teams[n >= 5]
        person.save()
    trial = lab_field.frozen(cohort=CohortPlan("T", Cohort.MadeBy.DRAWN, size=4, strata=("service",)))
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    draw = Draw.objects.get()
    listed = canonical(draw.drawn_from)
    (tmp_path / "liste.json").write_bytes(listed.encode())
    assert shell("sha256sum liste.json", tmp_path).split()[0] == draw.digest
    for stratum, wanted in (("Eau", 3), ("Voirie", 1)):
        tickets = {}
        for number in json.loads(listed)[stratum]:
            told = shell(f"printf '42:{stratum}:{number}' | sha256sum", tmp_path)
            tickets[told.split()[0]] = number
        assert draw.result[stratum] == [tickets[t] for t in sorted(tickets)][:wanted]
    chosen = {n for numbers in draw.result.values() for n in numbers}
    assert set(CohortMember.objects.values_list("agent", flat=True)) == chosen


def test_the_order_of_the_rows_in_the_database_changes_nothing(lab_field: Field) -> None:
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=4)
    trial = lab_field.frozen(cohort=plan)
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    first = Draw.objects.get().result
    # Rewriting the rows moves them in the table.
    for person in reversed(lab_field.people):
        person.save()
    assert cohorts.drawn_again(Draw.objects.get())
    assert Draw.objects.get().result == first


def test_somebody_alone_in_their_stratum_can_be_drawn_and_passed_over(lab_field: Field) -> None:
    alone = factories.agent(lab_field.territory, home_commune=lab_field.communes[0])
    alone.organisation = factories.organisation(lab_field.territory, name="Un seul")
    alone.save()
    trial = lab_field.frozen(cohort=CohortPlan("T", Cohort.MadeBy.DRAWN, size=3, strata=("organisation",)))
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    # Three of nine: a third of one, nearer to none than the other stratum's two thirds.
    assert Draw.objects.get().result["Un seul"] == []
