"""Tokens: who is let in, what a token opens, and what is kept of it."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from bureaux_volants.api.models import Token
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.api.conftest import Api, problem, token_of
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def issued(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("token", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_prints_one_token_a_line_in_the_order_asked(ada: Agent, metz: Territory) -> None:
    bob = factories.agent(metz)
    clear = issued(bob.email, "ADA@exemple.test")
    assert [Api(c).get("/me").json()["email"] for c in clear] == [bob.email, ada.email]
    assert Event.objects.filter(kind="token.created", origin="command").count() == 2


def test_only_the_beginning_and_the_hash_of_a_token_are_kept(ada: Agent) -> None:
    (clear,) = issued(ada.email, "--label", "tableau de bord")
    token = Token.objects.get()
    assert clear.startswith("bv_")
    assert len(clear) >= 43
    assert token.prefix == clear[:11]
    assert str(token) == f"tableau de bord ({clear[:11]}…)"
    assert clear not in str(Token.objects.values().get())
    assert clear not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_mistyped_address_issues_nothing_at_all(ada: Agent, metz: Territory) -> None:
    left = factories.agent(metz, is_active=False)
    homeless = factories.agent(metz)
    Agent.objects.filter(pk=homeless.pk).update(territory=None)
    for wrong in ("nobody@exemple.test", left.email, homeless.email):
        with pytest.raises(CommandError):
            issued(ada.email, wrong)
    assert not Token.objects.exists()


def test_the_command_revokes_all_tokens_of_a_person(ada: Agent, metz: Territory) -> None:
    mine, others = issued(ada.email, ada.email), issued(factories.agent(metz).email)
    assert issued("--revoke", ada.email) == []
    for clear in mine:
        problem(Api(clear).get("/me"), 401, "not-authenticated")
    assert Api(others[0]).get("/me").status_code == 200
    assert Event.objects.filter(kind="token.revoked").count() == 2


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer bv_wrong", "Basic YTpi", "Bearer é\x00"]
)
def test_without_a_valid_token_nothing_opens(metz: Territory, authorization: str | None) -> None:
    api = Api(None)
    if authorization is not None:
        api.headers = {"Authorization": authorization}
    response = api.get("/me")
    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_when_it_is_revoked_when_it_expires_and_when_its_agent_leaves(ada: Agent, metz: Territory) -> None:
    with time_machine.travel(NOW, tick=False):
        clear = token_of(ada, expires_at=NOW + dt.timedelta(days=1))
        assert Api(clear).get("/me").status_code == 200
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        problem(Api(clear).get("/me"), 401, "not-authenticated")
    revoked = token_of(ada)
    Token.objects.filter(prefix=revoked[:11]).update(revoked_at=NOW)
    problem(Api(revoked).get("/me"), 401, "not-authenticated")
    valid = token_of(ada)
    Agent.objects.filter(pk=ada.pk).update(is_active=False)
    problem(Api(valid).get("/me"), 401, "not-authenticated")


def test_a_scope_opens_what_it_names_and_no_more(ada: Agent, marly: Site, now: dt.datetime) -> None:
    reader, writer = Api(issued(ada.email, "--scope", "read")[0]), Api(token_of(ada, "book"))
    assert reader.get("/bookings").status_code == 200
    problem(reader.post("/bookings", {}), 403, "missing-scope")
    problem(reader.post("/bookings/AAAAA-AAAAA/cancel"), 403, "missing-scope")
    problem(writer.get("/bookings"), 403, "missing-scope")
    problem(writer.post("/bookings", {}), 422, "invalid-request")


def test_an_account_without_a_territory_is_told_so(ada: Agent) -> None:
    clear = token_of(ada)
    Agent.objects.filter(pk=ada.pk).update(territory=None)
    problem(Api(clear).get("/me"), 403, "not-allowed")


def test_the_last_use_is_written_once_a_minute(ada: Agent) -> None:
    api = Api(token_of(ada))
    for seconds, noted in ((0, 0), (59, 0), (60, 60)):
        with time_machine.travel(NOW + dt.timedelta(seconds=seconds), tick=False):
            api.get("/me")
        assert Token.objects.get().last_used_at == NOW + dt.timedelta(seconds=noted)
