"""Rules and trips drawn at random."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from bureaux_volants.charter.judging import TripFacts
from bureaux_volants.charter.rules import ENERGIES, Effect, Invalid, Rule, read, written
from bureaux_volants.travel.journeys import Way

_KM = st.integers(1, 100).map(lambda n: n / 4)
_TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))


def _is_good(rule: Rule) -> bool:
    try:
        read(written(rule))
    except Invalid:
        return False
    return True


def rules() -> st.SearchStrategy[Rule]:
    """Well-written rules of every kind."""
    maybe = st.none()
    return (
        st.builds(
            Rule,
            code=st.from_regex(r"[a-z]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True),
            effect=st.sampled_from(Effect),
            sentence=st.just("Une phrase."),
            ways=st.sets(st.sampled_from(Way), max_size=4).map(lambda found: tuple(w for w in Way if w in found)),
            energies=st.sets(st.sampled_from(ENERGIES), max_size=2).map(
                lambda found: tuple(e for e in ENERGIES if e in found)
            ),
            km_from=maybe | _KM,
            km_under=maybe | _KM,
            instead=maybe | st.sampled_from(Way),
            times=maybe | st.sampled_from([0.5, 1.0, 1.5, 2.0]),
            people_under=maybe | st.integers(2, 5),
            load=maybe | st.booleans(),
            accessible=maybe | st.booleans(),
            hour_from=maybe | _TIMES,
            hour_until=maybe | _TIMES,
            others_from=maybe | st.integers(1, 2),
            again_from=maybe | st.integers(1, 2),
        )
        .map(_paired)
        .filter(_is_good)
    )


def _paired(rule: Rule) -> Rule:
    """Conditions that go by two are both there or neither; refusals look at nothing that they may not."""
    kept = written(rule)
    for one, other in (("instead", "times"), ("hour_from", "hour_until")):
        if (one in kept) != (other in kept):
            kept.pop(one, None), kept.pop(other, None)
    if kept["effect"] == "refuse":
        for name in ("hour_from", "hour_until", "others_from", "again_from"):
            kept.pop(name, None)
    if kept["effect"] == "approval":
        kept["ways"] = ["pool_car"]
    if not set(kept) - {"code", "effect", "sentence"}:
        kept["load"] = False
    try:
        return read(kept)
    except Invalid:
        return rule


def trips() -> st.SearchStrategy[TripFacts]:
    """Any trip."""
    return st.builds(
        TripFacts,
        way=st.sampled_from(Way),
        km=_KM,
        minutes=st.integers(1, 90).map(float),
        energy=st.sampled_from(["", *ENERGIES]),
        people=st.integers(1, 5),
        has_load=st.booleans(),
        needs_access=st.booleans(),
        leaves=st.none() | st.times().map(lambda t: dt.time(t.hour, t.minute)),
        others=st.integers(0, 3),
        again=st.integers(0, 3),
        instead=st.dictionaries(st.sampled_from(Way), st.integers(1, 90).map(float), max_size=4),
    )
