"""The same events end in the same custody, however late, doubled or disordered they arrive."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.keys.custody import Cabinet, Contradiction, Finding, Held, Kind, Replayed, Told, replay

EIGHT = dt.datetime(2026, 12, 1, 8, tzinfo=dt.UTC)
#: Keys 1 to 6 live in slots 11 to 16; grant g is good for key g % 6 + 1.
CABINET = Cabinet({key: key + 10 for key in range(1, 7)}, {grant: grant % 6 + 1 for grant in range(100)})
AT_HOME = {key: Held(key, EIGHT, (0, 0), slot=slot) for key, slot in CABINET.homes.items()}


def told(sequence: int, kind: str, **fields: int) -> Told:
    return Told(sequence, kind, EIGHT + dt.timedelta(minutes=sequence), **fields)


def out(sequence: int, grant: int) -> Told:
    return told(sequence, Kind.KEY_OUT, grant=grant, slot=CABINET.homes[grant % 6 + 1], key=grant % 6 + 1)


def back(sequence: int, key: int, slot: int | None = None) -> Told:
    return told(sequence, Kind.KEY_IN, key=key, slot=slot or CABINET.homes[key])


def codes(replayed: Replayed) -> list[Finding]:
    return [c.code for c in replayed.contradictions]


def last(replayed: Replayed, key: int) -> Held:
    return next(h for h in reversed(replayed.held) if h.key == key)


class Ledger:
    """What the server does with what arrives: it keeps the settled history and replays the rest."""

    def __init__(self) -> None:
        self.events: dict[tuple[int, int], Told] = {}
        self.settled = 0
        self.history: list[Held] = list(AT_HOME.values())
        self.contradictions: list[Contradiction] = []

    def arrive(self, batch: Iterable[Told]) -> None:
        for event in batch:
            self.events.setdefault(event.place, event)
        known = {h.key: h for h in self.history if not h.is_provisional}
        found = replay(CABINET, known, self.events.values(), after=self.settled)
        self.history = [h for h in self.history if not h.is_provisional] + found.held
        self.contradictions += found.contradictions
        self.settled = found.settled

    @property
    def now(self) -> dict[int, Held]:
        return {h.key: h for h in self.history}


def a_day(dice: random.Random) -> list[Told]:
    """One day of a busy box: takings, returns at home or elsewhere, doors, wrong codes, and a few impossible things."""
    events: list[Told] = []
    for sequence in range(1, dice.randint(30, 60)):
        grant = dice.randrange(100)
        slot = dice.choice(list(CABINET.homes.values()))
        match dice.choice(("out", "out", "out", "in", "in", "in", "elsewhere", "door", "denied", "unknown", "tamper")):
            case "out":
                events.append(out(sequence, grant))
            case "in":
                events.append(back(sequence, grant % 6 + 1))
            case "elsewhere":
                events.append(back(sequence, grant % 6 + 1, slot))
            case "door":
                events.append(told(sequence, Kind.DOOR_OPEN, slot=slot, grant=grant))
            case "denied":
                events.append(told(sequence, Kind.DENIED))
            case "unknown":
                events.append(told(sequence, Kind.KEY_OUT, slot=slot))
            case _:
                events.append(told(sequence, Kind.TAMPER))
    return events


def disordered(events: Sequence[Told], dice: random.Random) -> list[list[Told]]:
    """The same day as it arrives: late, twice, reordered, in batches of any size."""
    heap = list(events) + [e for e in events if dice.random() < 0.3]
    if dice.random() < 0.5:
        dice.shuffle(heap)
    else:
        heap.sort(key=lambda e: e.sequence + dice.gauss(0, 6))
    batches: list[list[Told]] = []
    while heap:
        size = dice.randint(1, 9)
        batches.append(heap[:size])
        heap = heap[size:]
    return batches


def test_a_thousand_disorders_of_a_day_end_in_the_custody_of_the_true_order() -> None:
    for seed in range(1000):
        dice = random.Random(seed)
        day = a_day(dice)
        clock = dt.timedelta(minutes=dice.choice((-5, 0, 5)))
        day = [replace(e, at=e.at + clock) for e in day]
        truth = Ledger()
        truth.arrive(day)
        disorder = Ledger()
        for batch in disordered(day, dice):
            disorder.arrive(batch)
        assert disorder.history == truth.history, seed
        assert disorder.contradictions == truth.contradictions, seed
        assert disorder.settled == truth.settled == len(day)


@given(st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_doubling_end_in_the_same_custody(dice: random.Random, data: st.DataObject) -> None:
    day = a_day(dice)[:12]
    truth = Ledger()
    truth.arrive(day)
    disorder = Ledger()
    for event in data.draw(st.permutations(day + day[::3])):
        disorder.arrive([event])
    assert (disorder.history, disorder.contradictions) == (truth.history, truth.contradictions)


@given(st.randoms(use_true_random=False))
def test_every_key_is_in_one_place_at_every_instant_in_the_order_of_time(dice: random.Random) -> None:
    ledger = Ledger()
    ledger.arrive([replace(e, at=e.at + dt.timedelta(minutes=dice.randint(-30, 30))) for e in a_day(dice)])
    assert ledger.now.keys() == CABINET.homes.keys()
    for key in CABINET.homes:
        moments = [h.since for h in ledger.history if h.key == key]
        assert moments == sorted(moments)


def test_a_key_goes_out_with_a_person_and_comes_home() -> None:
    found = replay(CABINET, AT_HOME, [out(1, 7), back(2, 2)])
    assert [(h.key, h.grant, h.slot) for h in found.held] == [(2, 7, None), (2, None, 12)]
    assert (found.contradictions, found.settled, found.gaps) == ([], 2, [])


def test_back_to_back_pick_ups_go_to_the_person_whose_code_it_was() -> None:
    found = replay(CABINET, AT_HOME, [back(2, 2), out(3, 13), out(1, 7)])
    assert [h.grant for h in found.held] == [7, None, 13]


def test_a_key_taken_twice_opens_a_case_that_names_both() -> None:
    found = replay(CABINET, AT_HOME, [out(1, 7), out(2, 13)])
    assert found.contradictions == [Contradiction(Finding.OUT_TWICE, 2, 2, (7, 13))]
    assert last(found, 2).grant == 13


def test_a_key_that_comes_back_although_it_was_there_opens_a_case() -> None:
    assert codes(replay(CABINET, AT_HOME, [back(1, 2)])) == [Finding.IN_TWICE]


def test_a_key_back_through_the_wrong_slot_is_in_the_box_and_is_found_there_next_time() -> None:
    found = replay(CABINET, AT_HOME, [out(1, 7), back(2, 2, 15)])
    assert codes(found) == [Finding.WRONG_SLOT]
    assert last(found, 2).slot == 15
    # A box that does not sense which key leaves knows by the slot, where only one key can be.
    leaves = told(3, Kind.KEY_OUT, slot=12, grant=13)
    assert last(replay(CABINET, {2: last(found, 2)}, [leaves], after=2), 2).grant == 13


def test_a_key_taken_with_nobodys_code_is_out_and_opens_a_case() -> None:
    found = replay(CABINET, AT_HOME, [told(1, Kind.KEY_OUT, slot=12)])
    assert codes(found) == [Finding.TAKEN_WITHOUT_GRANT]
    assert last(found, 2).is_out
    assert last(found, 2).grant is None


def test_a_key_taken_with_the_code_of_another_key_opens_a_case() -> None:
    found = replay(CABINET, AT_HOME, [told(1, Kind.KEY_OUT, slot=12, grant=8)])
    assert found.contradictions == [Contradiction(Finding.WRONG_KEY, 1, 2, (8,))]


def test_a_key_of_another_box_opens_a_case_and_moves_nothing() -> None:
    found = replay(CABINET, AT_HOME, [told(1, Kind.KEY_IN, key=99, slot=12), told(2, Kind.KEY_IN, slot=77)])
    assert codes(found) == [Finding.UNKNOWN_KEY, Finding.UNKNOWN_KEY]
    assert found.held == []


def test_beyond_a_missing_number_custody_is_shown_but_nothing_is_concluded() -> None:
    found = replay(CABINET, AT_HOME, [out(1, 7), out(3, 13)])
    assert (found.settled, found.gaps, found.contradictions) == (1, [(2, 2)], [])
    assert last(found, 2).is_provisional
    filled = replay(CABINET, AT_HOME, [out(1, 7), out(3, 13), back(2, 2)])
    assert (filled.settled, filled.gaps, filled.contradictions) == (3, [], [])


def test_a_number_that_is_given_up_is_a_case_of_its_own() -> None:
    found = replay(CABINET, AT_HOME, [out(1, 7), out(4, 13)], given_up=3)
    assert codes(found) == [Finding.GAP, Finding.OUT_TWICE]
    assert found.settled == 4


def test_what_a_person_declares_stands_until_the_box_says_otherwise() -> None:
    lost = told(1, Kind.DECLARED_LOST, key=2, rank=1)
    found = replay(CABINET, AT_HOME, [out(1, 7), lost])
    assert last(found, 2).is_lost
    again = replay(CABINET, AT_HOME, [out(1, 7), lost, told(1, Kind.DECLARED_IN, key=2, rank=2), out(2, 13)])
    assert [(h.is_lost, h.slot, h.grant) for h in again.held[1:]] == [
        (True, None, None),
        (False, 12, None),
        (False, None, 13),
    ]
    assert again.contradictions == []
