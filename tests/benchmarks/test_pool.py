"""The benchmark of the pool plays fairly: one stream of requests, three ways of answering, nobody in two cars."""

from __future__ import annotations

import pytest

from bureaux_volants.benchmarks import pool
from bureaux_volants.benchmarks.pool import Request
from bureaux_volants.booking.pool import Unit

TWO = [Unit(1), Unit(2)]


def asked(*spans: tuple[float, float], cancelled: dict[int, float] | None = None) -> list[Request]:
    """Requests in their order, all asked for in the night before."""
    gone = cancelled or {}
    return [Request(-10 + n / 10, n, start, end, frozenset(), gone.get(n)) for n, (start, end) in enumerate(spans)]


def test_who_keeps_a_named_vehicle_is_refused_where_the_pool_finds_room() -> None:
    # The third sits after the first, where only the fourth could have.
    wishes = asked((8, 9.5), (9, 11.5), (12, 14), (10, 13))
    ours = pool.play(wishes, TWO, pool.seated, looks_for_room=True)
    first = pool.play(wishes, TWO, pool.first_fit, looks_for_room=True)
    assert (ours.accepted, ours.refused, ours.moved) == (4, 0, 0)
    assert (first.accepted, first.refused, first.despite_room) == (3, 1, 1)


def test_nobody_who_has_left_is_moved() -> None:
    boot = frozenset({"large_boot"})
    units = [Unit(1, boot), Unit(2)]
    # The first takes the plain car and cancels; the second has left with the other one when a boot is asked for.
    wishes = [*asked((8, 12), (8, 12), cancelled={0: 8.5}), Request(9, 5, 9.5, 11, boot)]
    assert pool.play(wishes, units, pool.seated).refused == 1
    earlier = [*asked((8, 12), (8, 12), cancelled={0: 7}), Request(7.5, 5, 9.5, 11, boot)]
    assert pool.play(earlier, units, pool.seated).moved == 1


def test_what_is_cancelled_frees_its_vehicle_from_then_on() -> None:
    full = asked((8, 12), (8, 12), (8, 12))
    freed = asked((8, 12), (8, 12), (8, 12), cancelled={0: -9.95})
    assert pool.play(full, TWO, pool.first_fit).accepted == 2
    assert pool.play(freed, TWO, pool.first_fit).accepted == 3


def test_the_stream_is_the_seed_s_and_the_seed_alone() -> None:
    assert pool.requests(21, 18, 57) == pool.requests(21, 18, 57)
    assert pool.requests(21, 18, 57) != pool.requests(21, 18, 58)
    stream = pool.requests(21, 18, 57)
    assert [r.asked_at for r in stream] == sorted(r.asked_at for r in stream)
    assert all(r.asked_at <= r.start < r.end for r in stream)


def test_the_pool_accepts_more_than_both_and_refuses_nothing_that_could_be_had() -> None:
    figures = {f.name: f for f in pool.run("tiny")}
    assert figures["seed"].value == pool.SEED
    ours = figures["accepted by the pool, re-seating, 18 a day"]
    assert ours.holds
    assert ours.value > figures["accepted by first fit on a vehicle, 18 a day"].value
    assert ours.value > figures["accepted by a person's choice of a vehicle, 18 a day"].value
    assert figures["refused by the pool although there was room, 18 a day"].value == 0


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="tiny, small"):
        pool.run("huge")
