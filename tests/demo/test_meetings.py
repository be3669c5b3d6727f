"""The demonstration's communes and services meet: needs in every state, presences, something for each persona to answer."""

from __future__ import annotations

from bureaux_volants.demo import generator, people
from bureaux_volants.hosting.models import Meeting, Need, Presence, Proposal
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent


def test_a_dozen_needs_are_there_in_every_state(demonstration: generator.Loaded) -> None:
    states = set(Need.objects.values_list("state", flat=True))
    assert states == set(Need.State.values)
    assert Need.objects.count() >= 10


def test_the_agent_is_asked_and_the_host_has_needs(demonstration: generator.Loaded) -> None:
    assert Proposal.objects.filter(agent__email=people.AGENT, state=Proposal.State.WAITING).exists()
    assert Need.objects.filter(author__email=people.HOST).count() >= 2


def test_presences_are_shown_and_a_meeting_lies_ahead(demonstration: generator.Loaded) -> None:
    assert Presence.objects.filter(shown_to=Agent.Visibility.EVERYONE, is_open=True).count() >= 5
    assert Presence.objects.filter(booking__agent__email=people.AGENT).exists()
    assert Meeting.objects.filter(state=Meeting.State.AGREED).exists()


def test_nobody_is_mailed_about_it(demonstration: generator.Loaded) -> None:
    found = Notice.objects.filter(kind__regex=r"^(need|meeting)\.")
    assert not found.exclude(delivery=Notice.Delivery.NONE).exists()
