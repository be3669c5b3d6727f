"""The demonstration's places are lived in: sheets with drawn pictures, somebody who stands in, a visitor today."""

from __future__ import annotations

import io

import time_machine
from PIL import Image

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.demo import drawing, generator, people
from bureaux_volants.hosting.models import SheetPhoto, SheetVersion, Visitor
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Handover
from bureaux_volants.territory.permissions import Action, may

from .conftest import NOW


def test_every_site_has_a_sheet_with_pictures_that_are_there(demonstration: generator.Loaded) -> None:
    territory_id = Agent.objects.get(email=people.HOST).territory_id
    sites = get_directory(territory_id or 0).sites
    last = {v.site_id: v for v in SheetVersion.objects.order_by("number")}
    assert set(last) == {s.id for s in sites}
    for version in last.values():
        assert version.number == 2
        assert version.code
        photos = SheetPhoto.objects.filter(pk__in=[p["id"] for p in version.photos], site_id=version.site_id)
        assert len(photos) == 2
        for photo in photos:
            with photo.image.open("rb") as file, Image.open(file) as image:
                assert (image.width, image.height) == (drawing.WIDTH, drawing.HEIGHT)


def test_a_picture_is_the_same_each_time_and_another_for_another_place() -> None:
    for draw in (drawing.front, drawing.desk):
        assert draw("marly") == draw("marly")
    assert len({drawing.front(name) for name in ("marly", "woippy", "chesny", "augny")}) > 1
    with Image.open(io.BytesIO(drawing.front("marly"))) as image:
        assert not image.getexif()


def test_somebody_stands_in_today_and_the_persona_has_confided_next_week(demonstration: generator.Loaded) -> None:
    now_on = Handover.objects.filter(first_day__lte=NOW.date(), last_day__gte=NOW.date())
    assert now_on.exists()
    with time_machine.travel(NOW, tick=False):
        assert all(may(h.substitute, Action.HOST) for h in now_on.select_related("substitute"))
    assert Handover.objects.filter(host__email=people.HOST, first_day__gt=NOW.date()).exists()


def test_a_visitor_came_today(demonstration: generator.Loaded) -> None:
    visitor = Visitor.objects.select_related("booking").get()
    assert visitor.booking.start.date() == NOW.date()
    assert visitor.booking.checked_in_at == visitor.booking.start


def test_nobody_is_written_to_about_it(demonstration: generator.Loaded) -> None:
    found = Notice.objects.filter(kind__startswith="handover.")
    assert found.exists()
    assert not found.exclude(delivery=Notice.Delivery.NONE).exists()
