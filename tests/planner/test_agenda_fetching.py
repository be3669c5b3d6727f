"""Where a calendar's address may lead the server, and where not."""

from __future__ import annotations

import socket

import pytest

from bureaux_volants.planner.agenda.fetching import CannotFetch, _is_public, checked, fetch


@pytest.mark.parametrize(
    "address",
    [
        "http://agenda.example/a.ics",
        "file:///etc/passwd",
        "ftp://agenda.example/a.ics",
        "https://ada:secret@agenda.example/a.ics",
        "https:///a.ics",
        "https://agenda.example:99999/a.ics",
        "https://agenda.example/a b.ics",
        "https://agenda.example/a\r\nHost: other",
        "bonjour",
    ],
)
def test_an_address_that_is_no_calendars_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(CannotFetch) as refused:
        checked(address)
    assert "secret" not in str(refused.value)
    assert "agenda.example" not in str(refused.value)


def test_webcal_is_https() -> None:
    assert checked("webcal://agenda.example/a.ics").geturl() == "https://agenda.example/a.ics"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "2130706433",
    ],
)
def test_no_private_address_is_asked(host: str) -> None:
    with pytest.raises(CannotFetch, match="réseau privé"):
        fetch(f"https://{host}/a.ics")


@pytest.mark.parametrize(
    "address", ["100.64.0.1", "224.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fc00::1", "fe80::1%1"]
)
def test_addresses_that_hide_a_private_one_are_private(address: str) -> None:
    assert not _is_public(address)


def test_a_public_address_is_public() -> None:
    assert _is_public("9.9.9.9")
    assert _is_public("2620:fe::fe")


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(CannotFetch, match="assez vite"):
            fetch(f"{origin}/a.ics", allowed=[origin], whole=0.3)
