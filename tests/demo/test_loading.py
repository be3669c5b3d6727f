"""Loading again, on another day, and beside what is not a demonstration."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bureaux_volants.booking.models import Booking
from bureaux_volants.demo import generator
from bureaux_volants.territory.models import Agent, Commune, Site, Territory

DAY = dt.date(2026, 11, 18)


def run(**options: Any) -> str:
    out = StringIO()
    call_command("demo_load", stdout=out, **options)
    return out.getvalue()


def test_a_second_load_of_the_day_leaves_what_visitors_did_and_another_day_replaces_it(undone: None) -> None:
    Booking.objects.filter(state="requested").update(end_reason="visité")
    assert "déjà là : 606 personnes" in run(today=DAY)
    assert Booking.objects.filter(end_reason="visité").exists()
    said = run(today=DAY + dt.timedelta(days=1))
    assert "datait du mercredi 18 novembre 2026 : elle est rechargée" in said
    assert "606 personnes" in said
    assert not Booking.objects.filter(end_reason="visité").exists()
    assert sorted(Territory.objects.values_list("slug", flat=True)) == ["metz-metropole", "trois-rives"]


def test_the_real_map_survives_a_reload(undone: None) -> None:
    ring = {"type": "Polygon", "coordinates": [[[6, 49], [6.1, 49], [6.1, 49.1], [6, 49]]]}
    metz = Territory.objects.filter(slug="metz-metropole")
    metz.update(contours_are_schematic=False, contour=ring)
    Commune.objects.filter(code="57447").update(contour=ring, lat=49.05, population=1)
    run(today=DAY, reset=True)
    assert metz.get().contours_are_schematic is False
    marly = Commune.objects.get(code="57447")
    assert (marly.contour, marly.lat, marly.population) == (ring, 49.05, 1)
    assert Site.objects.get(slug="mairie-marly").lat == 49.05


def test_another_territory_is_never_lost_to_a_reload(undone: None) -> None:
    Territory.objects.create(siren="111111111", name="Ailleurs", slug="ailleurs")
    with pytest.raises(CommandError, match="« Ailleurs » : rien n'a été changé"):
        run(today=DAY + dt.timedelta(days=1))
    assert Territory.objects.filter(slug="ailleurs").exists()
    assert Territory.objects.filter(slug="metz-metropole").exists()


def test_an_account_of_the_installation_is_never_lost_to_a_reload(undone: None) -> None:
    Agent.objects.create_superuser("chef@ailleurs.example", "long-enough-password")
    with pytest.raises(CommandError, match="rien n'a été changé"):
        run(today=DAY, reset=True)


def test_a_failure_half_way_leaves_the_demonstration_that_was_there(
    undone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Booking.objects.count()

    def fail(*args: object) -> None:
        raise RuntimeError("cut")

    monkeypatch.setattr(generator, "write_bookings", fail)
    with pytest.raises(RuntimeError):
        run(today=DAY, reset=True)
    assert Booking.objects.count() == before


@pytest.mark.django_db
def test_a_real_territory_is_never_overwritten() -> None:
    Territory.objects.create(siren="200039865", name="Metz Métropole", slug="vraie")
    with pytest.raises(CommandError, match="vrai territoire"):
        run()
    assert Territory.objects.get().slug == "vraie"


@pytest.mark.django_db
def test_a_taken_name_is_said_before_anything_is_written() -> None:
    other = Territory.objects.create(siren="111111111", name="Ailleurs", slug="metz-metropole")
    with pytest.raises(CommandError, match="utilise déjà les noms"):
        run()
    assert list(Territory.objects.all()) == [other]
