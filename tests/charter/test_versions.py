"""Versions, acceptance, exemptions and what is forgotten, in the database."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import guards
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.charter import acceptance, asking, retention, versions
from bureaux_volants.charter.defaults import RULES
from bureaux_volants.charter.judging import Said
from bureaux_volants.charter.models import Acceptance, CharterVersion, Exemption, GivenReason
from bureaux_volants.charter.rules import Effect, Invalid, Rule
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TEST, TUESDAY

pytestmark = pytest.mark.django_db

SHORT = Rule("court", Effect.REFUSE, "À pied.", km_under=1)


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


def published(where: Territory) -> CharterVersion:
    versions.begin(where.pk, TEST)
    return versions.publish(where.pk, TEST, now=NOW)


def test_the_first_draft_says_what_most_charters_say_and_the_next_what_is_in_force(metz: Territory) -> None:
    draft = versions.begin(metz.pk, TEST)
    assert draft.read_rules() == RULES
    assert versions.begin(metz.pk, TEST).pk == draft.pk
    versions.put_rule(metz.pk, SHORT, TEST)
    first = versions.publish(metz.pk, TEST)
    assert first.number == 1
    assert versions.begin(metz.pk, TEST).read_rules() == (*RULES, SHORT)
    with pytest.raises(WrongState, match="rien à publier"):
        versions.publish(metz.pk, TEST)
    versions.remove_rule(metz.pk, "court", TEST)
    assert versions.publish(metz.pk, TEST).number == 2
    assert [e.kind for e in Event.objects.filter(territory=metz, kind="charter.published")] == ["charter.published"] * 2


def test_a_rule_is_changed_where_it_stands_and_takes_no_other_s_code(metz: Territory) -> None:
    versions.begin(metz.pk, TEST)
    versions.put_rule(metz.pk, SHORT, TEST, instead_of="partager")
    draft = versions.draft_of(metz.pk)
    assert draft is not None
    assert [r.code for r in draft.read_rules()][3] == "court"
    with pytest.raises(Invalid, match="déjà celui"):
        versions.put_rule(metz.pk, SHORT, TEST, instead_of="grouper")
    with pytest.raises(Invalid, match="déjà celui"):
        versions.put_rule(metz.pk, SHORT, TEST)
    for gone in (lambda: versions.remove_rule(metz.pk, "partager", TEST), lambda: versions.put_rule(metz.pk, SHORT, TEST, instead_of="partager")):  # fmt: skip
        with pytest.raises(NotFound):
            gone()


def test_a_text_is_needed_and_not_endless(metz: Territory) -> None:
    versions.begin(metz.pk, TEST)
    for text in (" \r\n", "x" * 20_001):
        with pytest.raises(Invalid):
            versions.write_text(metz.pk, text, TEST)
    versions.write_text(metz.pk, "Nous marchons.\r\n", TEST)
    draft = versions.draft_of(metz.pk)
    assert draft is not None
    assert draft.text == "Nous marchons."


def test_nothing_is_asked_before_a_version_is_in_force_and_each_version_asks_again(metz: Territory) -> None:
    agent = factories.agent(metz)
    versions.begin(metz.pk, TEST)
    assert guards.has_accepted(agent) is True
    with pytest.raises(NotFound):
        acceptance.accept(agent, 1, by(agent))
    first = versions.publish(metz.pk, TEST)
    assert guards.has_accepted(agent) is False
    acceptance.accept(agent, 1, by(agent))
    acceptance.accept(agent, 1, by(agent))
    assert guards.has_accepted(agent) is True
    assert Acceptance.objects.get(agent=agent).version == first
    assert Event.objects.filter(kind="charter.accepted").count() == 1
    versions.begin(metz.pk, TEST)
    versions.put_rule(metz.pk, SHORT, TEST)
    versions.publish(metz.pk, TEST)
    assert guards.has_accepted(agent) is False
    with pytest.raises(WrongState, match="vient de changer"):
        acceptance.accept(agent, 1, by(agent))


def test_another_territory_s_charter_asks_nothing_here(metz: Territory) -> None:
    published(metz)
    stranger = factories.agent(factories.territory())
    assert guards.has_accepted(stranger) is True
    assert versions.rules_for(stranger, TUESDAY) == (0, ())


def test_an_exemption_holds_for_its_days_and_its_person(metz: Territory) -> None:
    published(metz)
    agent, other = factories.agent(metz), factories.agent(metz)
    Exemption.objects.create(
        territory=metz, agent=agent, valid_from=TUESDAY, valid_until=TUESDAY, codes=["trajet-court"]
    )
    assert [r.code for r in versions.rules_for(agent, TUESDAY)[1]] == [r.code for r in RULES[1:]]
    assert versions.rules_for(agent, TUESDAY + dt.timedelta(days=1))[1] == RULES
    assert versions.rules_for(other, TUESDAY)[1] == RULES


def test_acceptance_is_counted_by_organisation(metz: Territory) -> None:
    version = published(metz)
    big, small = factories.organisation(metz, name="Métropole"), factories.organisation(metz, name="Marly")
    people = [factories.agent(metz, organisation=big) for _ in range(7)]
    people += [factories.agent(metz, organisation=small) for _ in range(2)]
    factories.agent(metz, organisation=big, is_active=False)
    for who in (*people[:3], people[-1]):
        acceptance.accept(who, 1, by(who))
    groups = {g.name: (g.people, g.accepted) for g in acceptance.by_organisation(version)}
    assert groups == {"Métropole": (7, 3), "Marly": (2, 1)}
    assert [(g.people, g.accepted) for g in acceptance.shown(acceptance.by_organisation(version))] == [(9, 4)]


def test_a_reason_is_read_by_its_author_alone_and_counted_from_five_people(metz: Territory) -> None:
    said = [Said("court", Effect.REASON, "À pied."), Said("autre", Effect.ADVISE, "x")]
    people = [factories.agent(metz) for _ in range(5)]
    for k, who in enumerate(people):
        assert asking.reasons_by_rule(metz.pk) == []
        asking.keep(who, f"REF-{k}", [], said, "une jambe cassée", by(who))
    assert asking.reason_of(people[0], "REF-0") == "une jambe cassée"
    assert asking.reason_of(people[1], "REF-0") == ""
    assert asking.reasons_by_rule(metz.pk) == [{"code": "court", "times": 5, "people": 5}]
    logged = Event.objects.filter(kind="charter.reason")
    assert logged.count() == 5
    assert "jambe" not in str([e.data for e in logged])


def test_a_reason_is_asked_for_and_a_refusal_is_final() -> None:
    why = [Said("court", Effect.REASON, "À pied.")]
    with pytest.raises(asking.ReasonNeeded, match="À pied"):
        asking.allow(why, " \n")
    assert asking.allow(why, "  un   carton lourd ") == "un carton lourd"
    assert asking.allow([], "rien n'est demandé") == ""


def test_what_is_past_its_limit_is_forgotten_and_what_is_in_force_is_not(metz: Territory) -> None:
    old, agent = published(metz), factories.agent(metz)
    acceptance.accept(agent, 1, by(agent), now=NOW)
    versions.begin(metz.pk, TEST)
    versions.put_rule(metz.pk, SHORT, TEST)
    versions.publish(metz.pk, TEST)
    acceptance.accept(agent, 2, by(agent), now=NOW)
    Exemption.objects.create(territory=metz, agent=agent, valid_from=TUESDAY, valid_until=TUESDAY)
    asking.keep(agent, "REF", [], [Said("court", Effect.REASON, "x")], "secret", by(agent), now=NOW)
    retention.forget(metz, now=NOW)
    assert (Acceptance.objects.count(), Exemption.objects.count(), GivenReason.objects.count()) == (2, 1, 1)
    retention.forget(metz, now=NOW + dt.timedelta(days=metz.names_kept_days + 1))
    assert (Acceptance.objects.count(), Exemption.objects.count(), GivenReason.objects.count()) == (2, 1, 0)
    late = dt.datetime.now(dt.UTC) + dt.timedelta(days=metz.vehicle_names_kept_days + 400)
    retention.forget(metz, now=late)
    assert not Acceptance.objects.filter(version=old).exists()
    assert (Acceptance.objects.count(), Exemption.objects.count()) == (1, 0)
    told = {e.data["version"]: e.actor_id for e in Event.objects.filter(kind="charter.accepted")}
    assert told[1] != agent.pk
    assert told[2] == agent.pk
