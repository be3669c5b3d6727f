"""What the groups of a figure are called."""

from __future__ import annotations

import pytest

from bureaux_volants.trials.indicators.parts import family_of, words_of
from bureaux_volants.trials.indicators.rows import EMPLOYERS, KINDS, MODES


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("", ""),
        ("commune:12", "Marly"),
        ("commune:0", "sans commune"),
        ("commune:99", "99"),
        ("distance:other", "autres groupes, réunis"),
        ("mode:bus+tram", "bus et tram"),
        ("telework:no", "pas de télétravail convenu"),
    ],
)
def test_a_group_is_told_in_french(part: str, said: str) -> None:
    assert words_of(part, {"12": "Marly"}) == said


#: Codes that are French words already.
FRENCH = {"bus", "tram", "train", "commune"}


def test_every_code_that_the_rows_may_hold_has_words() -> None:
    modes, kinds = (f"mode:{m}" for m in MODES), (f"kind:{k}" for k in KINDS)
    for part in (*modes, *kinds, *(f"employer:{e}" for e in EMPLOYERS if e)):
        key = part.partition(":")[2]
        assert words_of(part, {}) != key or key in FRENCH, part
        assert family_of(part) in ("mode", "kind", "employer")
