"""The boxes of the demonstration: every key has its place, what is out is out with somebody, one box is played, one is silent."""

from __future__ import annotations

from pathlib import Path

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.demo import cabinets, generator
from bureaux_volants.keys import boxes, holding
from bureaux_volants.keys.access import SILENT
from bureaux_volants.keys.models import Access, Box, Case, Custody, Grant, Key
from bureaux_volants.territory.models import Agent
from tests.demo.conftest import NOW


def test_everything_that_is_lent_is_reached_somehow(demonstration: generator.Loaded) -> None:
    lent = set(Resource.objects.exclude(kind=Kind.DESK).values_list("pk", flat=True))
    keyed = set(Key.objects.values_list("pk", flat=True))
    otherwise = set(Access.objects.values_list("pk", flat=True))
    assert keyed | otherwise == lent
    assert not keyed & otherwise
    assert set(Access.objects.values_list("means", flat=True)) == {"host", "badge"}


def test_boxes_are_played_silent_or_mechanical(demonstration: generator.Loaded) -> None:
    assert [box.site.slug for box in cabinets.played()] == list(cabinets.PLAYED)
    (silent,) = Box.objects.filter(last_seen_at__lt=NOW - SILENT)
    assert silent.site.slug == cabinets.SILENT
    mechanical = Box.objects.filter(adapter=Box.Adapter.MANUAL)
    assert mechanical.count() >= 3
    assert all(len(box.mechanical_code) == 4 for box in mechanical)
    assert {"bike", "car", "transport_card"} <= set(
        Key.objects.filter(box=cabinets.played()[0]).values_list("resource__kind", flat=True)
    )
    assert Case.objects.filter(settled_at=None).count() == 2


def test_each_key_is_in_one_place_and_what_is_in_use_is_with_its_holder(demonstration: generator.Loaded) -> None:
    now_in = Custody.objects.filter(until=None)
    assert set(now_in.values_list("resource", flat=True)) == set(Key.objects.values_list("pk", flat=True))
    out = set(now_in.filter(slot=None).values_list("booking", flat=True))
    in_use = Booking.objects.filter(state=State.IN_USE, resource__key__isnull=False)
    assert out == set(in_use.values_list("pk", flat=True))
    assert not Custody.objects.filter(slot=None, until=None, grant=None).exists()
    held = Agent.objects.get(pk=in_use.first().agent_id)  # type: ignore[union-attr]
    assert [s.step for s in holding.in_hand(held, now=NOW)] == [holding.Step.OUT]


def test_a_box_is_enrolled_with_a_code_once_and_knows_what_is_out(undone: None, tmp_path: Path) -> None:
    box = cabinets.played()[0]
    *_, option, code = cabinets.ready(box, tmp_path)
    assert option == "--enrol"
    boxes.enrol(code, {})
    (tmp_path / f"{box.public_id}.sqlite").touch()
    box.refresh_from_db()
    assert "--enrol" not in cabinets.ready(box, tmp_path)
    assert not Grant.objects.filter(box=box, revoked_at=None, epoch=0).exists()
    # Another demonstration has other boxes: what these kept goes.
    cabinets.sweep(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
