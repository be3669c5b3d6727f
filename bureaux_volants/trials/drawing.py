"""Draws that anybody can make again, with a spreadsheet or a shell. Pure: numbers in, numbers out, no Django.

Each number gets a ticket: the SHA-256 of `seed:label:number` in UTF-8, in hexadecimal. Tickets are sorted, the smallest come
first. People are drawn by the number of their account, communes by their INSEE code, which everybody knows. No generator is
involved whose sequence could change with a version or a language; one ticket is `printf '42:commune:57447' | sha256sum`. After Rivest, "Consistent Sampling with Replacement" (2018), as election audits draw ballots.

A stratified draw gives each stratum its share by largest remainders (Hamilton): the whole part of its quota, then one more to the
largest remainders, of equal ones to the stratum whose name comes first. An order of opening within strata is dealt like cards, so that
each stratum is spread over the steps (Moulton, "Covariate-based constrained randomization", Clinical Trials 1, 2004, on why: with
few communes an order drawn without them may open all the large ones first).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Drawn = TypeVar("Drawn", int, str)


class CannotDraw(ValueError):
    """What is asked cannot be drawn; the message is a French sentence."""


def canonical(value: Any) -> str:
    """One text for one value: JSON with sorted keys, no spaces, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def ticket(seed: int, label: str, number: int | str) -> str:
    """The ticket of one number or code: 64 hexadecimal digits."""
    return digest_of(f"{seed}:{label}:{number}")


def in_order(numbers: Iterable[Drawn], seed: int, label: str) -> list[Drawn]:
    """The numbers in the order of their tickets, whatever order they came in."""
    return sorted(set(numbers), key=lambda n: ticket(seed, label, n))


def shares(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of each stratum make `size` in all. Raises CannotDraw when there are not as many."""
    whole = sum(sizes.values())
    if size < 1:
        raise CannotDraw("L'effectif à tirer doit être d'au moins une personne.")
    if size > whole:
        raise CannotDraw(f"On ne peut pas tirer {size} personnes parmi {whole}.")
    # Integers throughout: a quota that is exact stays so.
    found = {name: size * n // whole for name, n in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(size * sizes[name] % whole), name))
    for name in by_remainder[: size - sum(found.values())]:
        found[name] += 1
    return found


def draw(strata: Mapping[str, Iterable[int]], size: int, seed: int) -> dict[str, list[int]]:
    """`size` numbers drawn within strata, by stratum, in the order of their tickets (label: the stratum's name)."""
    lists = {name: sorted(set(numbers)) for name, numbers in strata.items()}
    wanted = shares({name: len(numbers) for name, numbers in lists.items()}, size)
    return {name: in_order(lists[name], seed, name)[: wanted[name]] for name in sorted(lists)}


def opening_order(codes: Iterable[str], steps: int, seed: int) -> list[list[str]]:
    """INSEE codes by step: in the order of their tickets (label: `commune`), in steps whose sizes differ by one at most, larger ones first."""
    ordered = in_order(codes, seed, "commune")
    if steps < 1 or steps > len(ordered):
        raise CannotDraw(f"On ne peut pas ouvrir {len(ordered)} communes en {steps} étapes.")
    each, more = divmod(len(ordered), steps)
    found, first = [], 0
    for step in range(steps):
        last = first + each + (step < more)
        found.append(ordered[first:last])
        first = last
    return found


def order_within(strata: Mapping[str, Iterable[str]], steps: int, seed: int) -> list[list[str]]:
    """INSEE codes by step, drawn within strata: of each stratum, and in all, two steps have as many communes to within one.

    The strata one after the other, by name, each in the order of its tickets (label: `commune`), are dealt out one by one to the steps in
    the order of theirs (label: `step`, numbers from 1), and round again. Any step is as likely for any commune; given what each stratum
    has of each step, any of its communes may have any of them, which is what randomisation.py deals again.
    """
    ordered = [code for name in sorted(strata) for code in in_order(strata[name], seed, "commune")]
    if steps < 1 or steps > len(ordered):
        raise CannotDraw(f"On ne peut pas ouvrir {len(ordered)} communes en {steps} étapes.")
    dealt_to = in_order(range(1, steps + 1), seed, "step")
    found: list[list[str]] = [[] for _step in range(steps)]
    for n, code in enumerate(ordered):
        found[dealt_to[n % steps] - 1].append(code)
    return found
