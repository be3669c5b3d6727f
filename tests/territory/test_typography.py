"""Spaces that do not break: bound in sentences, left alone in what is typed, copied or run."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.territory.typography import bound

_ = "\u00a0"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>Réservé : Marly</p>", f"<p>Réservé{_}: Marly</p>"),
        ("<b>pour</b> : « Ada » ; oui ?", f"<b>pour</b>{_}: «{_}Ada{_}»{_}; oui{_}?"),
        ("37 % de 12 € !", f"37{_}% de 12{_}€{_}!"),
        ("5 %s 5 €uros", "5 %s 5 €uros"),
        ("à 9 h : là", f"à 9 h{_}: là"),
        ('<a title="un : deux > trois">un : deux</a>', f'<a title="un : deux > trois">un{_}: deux</a>'),
        ("<textarea>a : b</textarea> : c", f"<textarea>a : b</textarea>{_}: c"),
        ("<code>a : b</code><pre>« c »</pre> !", f"<code>a : b</code><pre>« c »</pre>{_}!"),
        ("<script>x ? y : z</script><style>a :hover{}</style>", "<script>x ? y : z</script><style>a :hover{}</style>"),
        ("<!-- un : deux --> : <codex> : </codex>", f"<!-- un : deux -->{_}: <codex>{_}: </codex>"),
        ("1 < 2 : vrai", f"1 < 2{_}: vrai"),
        ("<textarea>a : b", "<textarea>a : b"),
        ("", ""),
    ],
)
def test_spaces_of_sentences_are_bound(written: str, shown: str) -> None:
    assert bound(written) == shown


@given(
    st.lists(
        st.sampled_from(["<p>", "</p>", "<", ">", '"', "'", " : ", "« ", " »", "<pre>", "</pre>", "a", "<!--", "-->"])
    )
)
def test_nothing_but_spaces_changes_and_twice_is_once(parts: list[str]) -> None:
    page = "".join(parts)
    assert bound(page).replace(_, " ") == page
    assert bound(bound(page)) == bound(page)


@pytest.mark.django_db
def test_pages_that_leave_are_bound_and_files_are_not(client: Client) -> None:
    page = client.get("/compte/login/").content.decode()
    assert f"{_}:" in page or f"{_}?" in page or f"«{_}" in page
    assert page == bound(page)
    assert _ not in client.get("/manifest.webmanifest").content.decode()
