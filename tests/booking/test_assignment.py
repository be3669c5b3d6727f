"""A request is refused only when no arrangement exists, and as few people move as can be."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.booking import arrangement
from bureaux_volants.booking.assignment import seat, seats_left
from bureaux_volants.booking.availability import free_spans, overlap, peak
from bureaux_volants.booking.pool import Seating, Stay, Unit, Wish

FEATURES = ["screen", "quiet"]


def meet(a: Stay | Wish, b: Stay | Wish) -> bool:
    return overlap((a.start, a.end), (b.start, b.end))


def brute_force(units: list[Unit], stays: list[Stay], wishes: list[Wish]) -> int | None:
    """The fewest moves over every arrangement there is, or None: tries them all."""
    everything: list[Stay | Wish] = [*stays, *wishes]
    choices = []
    for item in everything:
        if isinstance(item, Stay) and item.is_fixed:
            choices.append([item.unit_id])
        elif isinstance(item, Wish) and item.unit_id is not None:
            choices.append([u.id for u in units if u.id == item.unit_id and item.features <= u.features])
        else:
            choices.append([u.id for u in units if item.features <= u.features])
    pairs = [(i, j) for i, j in itertools.combinations(range(len(everything)), 2) if meet(everything[i], everything[j])]
    best = None
    for seats in itertools.product(*choices):
        if any(seats[i] == seats[j] for i, j in pairs):
            continue
        moves = sum(
            1 for item, unit in zip(everything, seats, strict=True) if isinstance(item, Stay) and item.unit_id != unit
        )
        best = moves if best is None else min(best, moves)
    return best


def check(units: list[Unit], stays: list[Stay], wishes: list[Wish], found: Seating) -> None:
    """An arrangement must be one: nobody on a taken or unsuitable unit, nobody moved who may not be."""
    by_id = {u.id: u for u in units}
    placed: list[tuple[int, Stay | Wish]] = list(zip(found.units, wishes, strict=True))
    for stay in stays:
        unit = found.moves.get(stay.id, stay.unit_id)
        assert not (stay.is_fixed and stay.id in found.moves)
        assert stay.id not in found.moves or unit != stay.unit_id
        placed.append((unit, stay))
    for unit, item in placed:
        assert item.features <= by_id[unit].features
        assert not (isinstance(item, Wish) and item.unit_id not in (None, unit))
    for (unit_a, a), (unit_b, b) in itertools.combinations(placed, 2):
        assert unit_a != unit_b or not meet(a, b)


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[Unit], list[Stay]]:
    """A small pool in a state that could really be: every stay on a suitable unit, none overlapping there."""
    feature_sets = st.frozensets(st.sampled_from(FEATURES))
    units = [Unit(n, draw(feature_sets)) for n in range(1, draw(st.integers(1, 3)) + 1)]
    stays: list[Stay] = []
    for n in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 8))
        end = start + draw(st.integers(1, 4))
        unit = draw(st.sampled_from(units))
        needs = draw(st.frozensets(st.sampled_from(sorted(unit.features)))) if unit.features else frozenset()
        stay = Stay(n + 1, start, end, unit.id, needs, draw(st.booleans()))
        if not any(s.unit_id == unit.id and meet(s, stay) for s in stays):
            stays.append(stay)
    return units, stays


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    start = draw(st.integers(0, 8))
    return Wish(
        start,
        start + draw(st.integers(1, 4)),
        draw(st.frozensets(st.sampled_from(FEATURES), max_size=1)),
        draw(st.sampled_from([None, None, None, 1])),
    )


@given(pools(), wishes())
@settings(max_examples=300, deadline=None)
def test_a_wish_is_seated_exactly_when_an_arrangement_exists_and_the_fewest_move(
    pool: tuple[list[Unit], list[Stay]], wish: Wish
) -> None:
    units, stays = pool
    fewest = brute_force(units, stays, [wish])
    found = seat(units, stays, [wish])
    if fewest is None:
        assert found is None
        return
    assert found is not None
    check(units, stays, [wish], found)
    assert len(found.moves) == fewest


@given(pools(), st.lists(wishes(), min_size=1, max_size=2))
@settings(max_examples=200, deadline=None)
def test_the_integer_programmes_agree_with_brute_force(pool: tuple[list[Unit], list[Stay]], asked: list[Wish]) -> None:
    units, stays = pool
    fewest = brute_force(units, stays, asked)
    for found in (arrangement.by_moves(units, stays, asked), arrangement.fewest_moves(units, stays, asked)):
        assert (found is None) == (fewest is None)
        if found is not None:
            check(units, stays, asked, found)
            assert len(found.moves) == fewest


@given(pools(), st.lists(wishes(), min_size=1, max_size=2))
@settings(max_examples=200, deadline=None)
def test_out_of_time_an_arrangement_is_found_all_the_same(
    pool: tuple[list[Unit], list[Stay]], asked: list[Wish]
) -> None:
    units, stays = pool
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrangement, "by_moves", lambda *_, **__: None)
        found = arrangement.fewest_moves(units, stays, asked)
    assert (found is None) == (brute_force(units, stays, asked) is None)
    if found is not None:
        check(units, stays, asked, found)


@given(pools(), wishes())
@settings(max_examples=200, deadline=None)
def test_the_programme_of_counts_says_how_many_can_sit_together(
    pool: tuple[list[Unit], list[Stay]], wish: Wish
) -> None:
    units, stays = pool
    count = 0
    while count < len(units) and brute_force(units, stays, [wish] * (count + 1)) is not None:
        count += 1
    assert arrangement.most(units, stays, wish) == count


@given(pools(), wishes())
@settings(max_examples=200, deadline=None)
def test_what_is_left_is_how_many_more_can_sit_together(pool: tuple[list[Unit], list[Stay]], wish: Wish) -> None:
    units, stays = pool
    most = 0
    while most < len(units) and brute_force(units, stays, [wish] * (most + 1)) is not None:
        most += 1
    if wish.unit_id is None:
        assert seats_left(units, stays, wish) == most


@pytest.mark.parametrize("seed", range(6))
def test_a_large_pool_of_like_units_is_filled_to_its_peak(seed: int) -> None:
    """Identical units, nobody fixed: accepted if and only if the peak stays within the number of units."""
    random_ = random.Random(seed)
    units = [Unit(n) for n in range(1, 31)]
    stays: list[Stay] = []
    for n in range(1, 400):
        start = random_.randrange(0, 100)
        wish = Wish(start, start + random_.randrange(1, 40))
        fits = peak([*((s.start, s.end) for s in stays), (wish.start, wish.end)]) <= len(units)
        found = seat(units, stays, [wish])
        assert (found is not None) == fits
        if found is not None:
            stays = [Stay(s.id, s.start, s.end, found.moves.get(s.id, s.unit_id)) for s in stays]
            stays.append(Stay(n, wish.start, wish.end, found.units[0]))
    check(units, stays, [], Seating(()))


def test_a_free_unit_is_taken_without_moving_anybody() -> None:
    units = [Unit(1), Unit(2)]
    assert seat(units, [Stay(1, 9, 12, 1)], [Wish(9, 12)]) == Seating((2,))


def test_back_to_back_is_not_an_overlap() -> None:
    assert seat([Unit(1)], [Stay(1, 9, 12, 1)], [Wish(12, 17)]) == Seating((1,))


def test_two_half_days_on_two_desks_are_put_together_for_a_whole_day() -> None:
    units = [Unit(1), Unit(2)]
    stays = [Stay(1, 9, 12, 1), Stay(2, 13, 17, 2)]
    found = seat(units, stays, [Wish(9, 17)])
    assert found is not None
    assert len(found.moves) == 1


def test_somebody_who_chose_the_desk_by_name_is_not_moved() -> None:
    units = [Unit(1), Unit(2)]
    stays = [Stay(1, 9, 12, 1, is_fixed=True), Stay(2, 13, 17, 2, is_fixed=True)]
    assert seat(units, stays, [Wish(9, 17)]) is None


def test_best_fit_fills_the_hole_beside_another_booking_before_opening_a_new_desk() -> None:
    units = [Unit(1), Unit(2)]
    assert seat(units, [Stay(1, 9, 12, 2)], [Wish(12, 17)]) == Seating((2,))


def test_a_plain_wish_leaves_the_desk_with_features_to_others() -> None:
    units = [Unit(1, frozenset({"screen"})), Unit(2)]
    assert seat(units, [], [Wish(9, 12)]) == Seating((2,))


def test_a_unit_out_of_service_takes_no_room_from_the_others() -> None:
    assert seat([Unit(1)], [Stay(1, 9, 12, 7)], [Wish(9, 12)]) == Seating((1,))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=8), st.integers(0, 10), st.integers(1, 12))
def test_free_and_busy_share_the_window_out_between_them(spans: list[tuple[int, int]], start: int, length: int) -> None:
    busy = [(s, s + n) for s, n in spans]
    window = (start, start + length)
    free = free_spans(busy, window)
    for instant in range(*window):
        is_busy = any(s <= instant < e for s, e in busy)
        is_free = any(s <= instant < e for s, e in free)
        assert is_busy != is_free
