"""k-anonymity by full-domain generalisation: coarser and coarser words until each group has enough people. Pure.

Samarati (2001), "Protecting respondents' identities in microdata release", IEEE TKDE 13; Sweeney (2002), "Achieving k-anonymity
privacy protection using generalization and suppression", IJUFKS 10. Every trait has a ladder, from its finest value to "everybody";
one rung is taken for everybody at once, so that the classes never overlap. The lowest sum of rungs wins; few people may be left out
(suppression), none or k at least: otherwise whoever knows the total would find them.

k says nothing where all of a class are alike: that one belongs to it tells all. Each class therefore holds at least `diversity`
different sensitive values: Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam (2007), "l-diversity", ACM TKDD 1 (distinct l-diversity).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

#: One trait of one person, from the finest value to the coarsest.
Ladder = tuple[str, ...]
K = 5
DIVERSITY = 2
#: People left out at most, as a share.
MOST_LEFT_OUT = 0.1


class CannotAnonymise(ValueError):
    """No generalisation is enough; the message is a French sentence."""


@dataclass(frozen=True, slots=True)
class Person:
    """`traits`: one ladder a trait, the same traits and rungs for everybody; `sensitive`: what must not be guessed."""

    traits: tuple[Ladder, ...]
    sensitive: str


@dataclass(frozen=True, slots=True)
class Class:
    """People told apart by nothing that is published: their common words, and their places in the list."""

    words: tuple[str, ...]
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Anonymous:
    """`rungs`: the rung of each trait, 0 the finest; `left_out`: places of those in no class."""

    rungs: tuple[int, ...]
    classes: tuple[Class, ...]
    left_out: tuple[int, ...]


def generalise(
    people: Sequence[Person], *, k: int = K, diversity: int = DIVERSITY, most_left_out: float = MOST_LEFT_OUT
) -> Anonymous:
    """The finest table whose every class has `k` people and `diversity` sensitive values. Raises CannotAnonymise.

    Among equally fine ones: fewest people left out, then most classes, then the first traits finest.
    """
    if len(people) < k:
        raise CannotAnonymise(
            f"Il faut au moins {k} personnes mesurées avant et après l'ouverture pour publier un tableau par groupe."
        )
    heights = [len(ladder) for ladder in people[0].traits]
    nodes = sorted(product(*(range(height) for height in heights)), key=lambda node: (sum(node), node))
    best: tuple[tuple[int, int, int], Anonymous] | None = None
    for node in nodes:
        if best is not None and sum(node) > best[0][0]:
            break
        made = _at(people, node, k, diversity)
        out = len(made.left_out)
        if not made.classes or 0 < out < k or out > most_left_out * len(people):
            continue
        cost = (sum(node), out, -len(made.classes))
        if best is None or cost < best[0]:
            best = cost, made
    if best is None:
        raise CannotAnonymise(
            f"Même sans distinguer personne, un groupe de {k} personnes où les réponses diffèrent n'existe pas : "
            "tout le monde a changé de la même façon, et le tableau le dirait de chacun."
        )
    return best[1]


def _at(people: Sequence[Person], node: Sequence[int], k: int, diversity: int) -> Anonymous:
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        found[tuple(ladder[rung] for ladder, rung in zip(person.traits, node, strict=True))].append(place)
    classes, left_out = [], []
    for words in sorted(found):
        members = found[words]
        if len(members) >= k and len({people[n].sensitive for n in members}) >= diversity:
            classes.append(Class(words, tuple(members)))
        else:
            left_out += members
    return Anonymous(tuple(node), tuple(classes), tuple(sorted(left_out)))
