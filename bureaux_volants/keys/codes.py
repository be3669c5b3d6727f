"""One-time codes of the key boxes: what a person types, and how a box recognises it with no network.

No Django here: the server and the box run this same file. A code is an HMAC-SHA256 over everything that it is good for
(grant, generation, the instants that bound it), cut to the digits of the box's keypad by the dynamic truncation of HOTP
(RFC 4226, section 5.3, with eight bytes instead of four because a keypad may ask for ten digits).
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256

SHORTEST, LONGEST = 4, 10
#: How many generations are tried before two codes are allowed to be alike; the box is then full for its keypad.
GENERATIONS = 64


@dataclass(frozen=True, slots=True)
class Window:
    """When a grant is good: the key may be taken in [start, until), and brought back until `late_until`.

    The right to return outlives the right to take, so nobody is left before a closed box with a key in hand.
    """

    start: dt.datetime
    until: dt.datetime
    late_until: dt.datetime

    def may_take(self, now: dt.datetime) -> bool:
        return self.start <= now < self.until

    def may_return(self, now: dt.datetime) -> bool:
        return self.start <= now < self.late_until

    def meets(self, other: Window) -> bool:
        """Whether both are good for anything at one instant."""
        return self.start < other.late_until and other.start < self.late_until


@dataclass(frozen=True, slots=True)
class Credential:
    """What a code is made from, beside the secret. `grant` is the grant's public identifier."""

    grant: str
    generation: int
    window: Window


def _instant(moment: dt.datetime) -> str:
    """Whole seconds since 1970: the same text on every machine."""
    return str(int(moment.timestamp()))


def code(secret: bytes, credential: Credential, digits: int) -> str:
    """The code of a grant: `digits` decimal digits, leading zeros kept. ValueError outside 4 to 10 digits."""
    if not SHORTEST <= digits <= LONGEST:
        raise ValueError(f"a code has {SHORTEST} to {LONGEST} digits, not {digits}")
    window = credential.window
    parts = (
        "code",
        credential.grant,
        str(credential.generation),
        _instant(window.start),
        _instant(window.until),
        _instant(window.late_until),
    )
    digest = hmac.digest(secret, "|".join(parts).encode(), sha256)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 8], "big") & (2**63 - 1)
    # 2^63 values on at most 10^10 codes: no code is likelier than another by more than one part in 9 × 10^8.
    return f"{number % 10**digits:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Known:
    """A grant as a box remembers it, with the secret that its code is made with."""

    credential: Credential
    secret: bytes


def matching(typed: str, grants: Iterable[Known], digits: int) -> list[Credential]:
    """The grants whose code was typed. Every grant is looked at, each in constant time, so that how long the answer
    takes says nothing about how near a guess was."""
    given = typed.encode("utf-8", "replace")
    found: list[Credential] = []
    for known in grants:
        if hmac.compare_digest(code(known.secret, known.credential, digits).encode(), given):
            found.append(known.credential)
    return found


def generation_for(secret: bytes, grant: str, window: Window, digits: int, taken: Collection[str]) -> int:
    """The first generation whose code nobody else of the box has at the same time.

    `taken`: the codes of the grants whose windows meet this one. ValueError when the keypad's codes are used up.
    """
    for generation in range(GENERATIONS):
        if code(secret, Credential(grant, generation, window), digits) not in taken:
            return generation
    raise ValueError("no code is left for this box: its keypad has too few digits for so many grants")
