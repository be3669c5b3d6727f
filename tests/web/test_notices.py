"""Messages."""

from __future__ import annotations

from django.urls import reverse

from bureaux_volants.messages.models import Notice
from bureaux_volants.messages.outbox import write

from .conftest import World


def test_opening_a_message_marks_it_read_and_shows_its_subject(world: World) -> None:
    notice = write(world.agent, "test", "Réservé", "C'est fait.", "/reservations/")
    answer = world.client.post(reverse("notice", args=[notice.pk]))
    assert answer["Location"] == "/reservations/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_a_message_never_leads_to_another_server(world: World) -> None:
    notice = write(world.agent, "test", "Réservé", "C'est fait.", "//ailleurs.example/")
    assert world.client.post(reverse("notice", args=[notice.pk]))["Location"] == reverse("notices")


def test_somebody_elses_message_is_not_found(world: World) -> None:
    theirs = write(world.other, "test", "Pour un autre", "Secret.")
    assert world.client.post(reverse("notice", args=[theirs.pk])).status_code == 404
    assert "Pour un autre" not in world.client.get(reverse("notices")).content.decode()


def test_all_are_read_at_once_and_only_ones_own(world: World) -> None:
    for who in (world.agent, world.agent, world.other):
        write(who, "test", "Un mot", "Le voici.")
    assert "2 messages non lus" in world.client.get("/").content.decode()
    world.client.post(reverse("notices_read"))
    assert Notice.objects.filter(read_at=None).get().recipient == world.other


def test_an_empty_list_says_what_comes_there(world: World) -> None:
    assert "Aucun message" in world.client.get(reverse("notices")).content.decode()


def test_what_somebody_wrote_is_shown_as_text(world: World) -> None:
    write(world.agent, "test", "<script>alert(1)</script>", "<b>gras</b>")
    text = world.client.get(reverse("notices")).content.decode()
    assert "<script>alert" not in text
    assert "<b>gras" not in text
