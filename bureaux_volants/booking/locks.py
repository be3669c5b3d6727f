"""Who waits for whom. Every booking service takes its locks first, in one order, before it writes anything.

The exclusion constraints make a wrong booking impossible; the locks make a right one possible: seating looks at a whole
pool, and the weekly limit at all of one person's bookings, so each of these is changed by one transaction at a time.
People come before sites, each in ascending order, so that no two services can wait for each other. The locks are
advisory: taking one gives the transaction no number yet, which keeps the event log in order (events/log.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError, OperationalError

PERSON = 1
SITE = 2
IDEMPOTENCY_KEY = 3

#: Deadlocks, serialisation failures: the database asks to try again.
_TRY_AGAIN_STATES = frozenset({"40001", "40P01"})
_TRIES = 5

P = ParamSpec("P")
T = TypeVar("T")


class TryAgain(Exception):
    """What the locks were chosen from has changed meanwhile: choose again."""


def statement(*, people: Iterable[int] = (), sites: Iterable[int] = ()) -> str:
    """The statement that waits for these people and sites: for `lock`, or to be sent with what is read once they are held."""
    wanted = [(PERSON, int(p)) for p in sorted(set(people))] + [(SITE, int(s)) for s in sorted(set(sites))]
    # A VALUES list is scanned in its order, so the locks are taken in ours.
    places = ",".join(f"({kind}, {number})" for kind, number in wanted)
    return f"SELECT pg_advisory_xact_lock(k, i) FROM (VALUES {places}) AS wanted(k, i)" if wanted else ""  # noqa: S608 -- numbers only


def lock(*, people: Iterable[int] = (), sites: Iterable[int] = ()) -> None:
    """Wait for these people and sites; held until the transaction ends."""
    if wait := statement(people=people, sites=sites):
        with connection.cursor() as cursor:
            cursor.execute(wait)


def sqlstate(error: BaseException) -> str:
    """The database's own code of an error, "" when it has none."""
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def constraint_name(error: BaseException) -> str:
    """The constraint that an integrity error broke, "" when it names none."""
    diag = getattr(error.__cause__, "diag", None)
    return str(getattr(diag, "constraint_name", "") or "")


def in_transaction(service: Callable[P, T]) -> Callable[P, T]:
    """Run a service in a transaction of its own, again when the database or `TryAgain` asks for it."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(_TRIES):
            try:
                with transaction.atomic():
                    return service(*args, **kwargs)
            except TryAgain:
                if attempt == _TRIES - 1:
                    raise
            except (OperationalError, IntegrityError, DatabaseError) as error:
                collided = "reference" in constraint_name(error)  # two random references alike
                if (sqlstate(error) not in _TRY_AGAIN_STATES and not collided) or attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    run.__name__ = service.__name__
    run.__doc__ = service.__doc__
    run.__module__ = service.__module__
    return run
