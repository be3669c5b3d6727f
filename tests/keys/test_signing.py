"""Only who knows the secret can speak, and only in the sense in which it was said."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.keys import signing
from bureaux_volants.keys.signing import COMMAND, EVENT, as_instant, as_text, canonical, signed, signer

SECRET = b"s" * 32
MESSAGE = {"box": "b", "sequence": 3, "clock": "2026-12-01T09:00:00+00:00", "kind": "key_out", "data": {"é": [1, None]}}
_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def test_a_signed_message_is_recognised_with_the_secret_that_signed_it() -> None:
    message = signed(SECRET, EVENT, MESSAGE)
    assert signer([(1, b"o" * 32), (2, SECRET)], EVENT, message) == 2
    assert signer([(1, b"o" * 32)], EVENT, message) is None


def test_a_command_cannot_be_sent_back_as_an_event() -> None:
    assert signer([(1, SECRET)], EVENT, signed(SECRET, COMMAND, MESSAGE)) is None


@pytest.mark.parametrize("change", [{"sequence": 4}, {"box": "c"}, {"kind": "key_in"}, {"more": 1}, {"signature": ""}])
def test_whatever_is_changed_makes_it_a_forgery(change: dict[str, Any]) -> None:
    assert signer([(1, SECRET)], EVENT, {**signed(SECRET, EVENT, MESSAGE), **change}) is None


@pytest.mark.parametrize("strange", [float("nan"), "\udc80", {1, 2}])
def test_what_no_box_writes_is_a_forgery_and_no_failure(strange: Any) -> None:
    assert signer([(1, SECRET)], EVENT, {**MESSAGE, "data": strange, "signature": "00"}) is None


@given(st.dictionaries(st.text(max_size=5), _json, max_size=4))
def test_the_order_of_members_does_not_matter(content: dict[str, Any]) -> None:
    assert canonical(content) == canonical(dict(reversed(content.items())))
    assert signer([(1, SECRET)], EVENT, signed(SECRET, EVENT, content)) == 1


def test_both_sides_work_out_the_next_secret_from_what_travels() -> None:
    assert signing.next_secret(SECRET, "nonce") == signing.next_secret(SECRET, "nonce") != SECRET
    assert signing.next_secret(SECRET, "other") != signing.next_secret(SECRET, "nonce")


def test_instants_travel_with_their_offset() -> None:
    noon = dt.datetime(2026, 12, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
    assert as_instant(as_text(noon)) == as_instant("2026-12-01T13:00:00.000005+01:00") == noon
    with pytest.raises(ValueError, match="offset"):
        as_instant("2026-12-01T12:00:00")
