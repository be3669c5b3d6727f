"""Work beside other work: its answer, its errors, and in a process that was forked."""

from __future__ import annotations

import os

import pytest

from bureaux_volants.planner.beside import beside


def test_what_is_answered_or_raised_comes_back() -> None:
    assert beside(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(ZeroDivisionError):
        beside(divmod, 1, 0).result()


def test_a_forked_process_has_threads_of_its_own() -> None:
    assert beside(divmod, 7, 2).result() == (3, 1)
    child = os.fork()
    if child == 0:
        # A thread of the parent's would never answer here.
        os._exit(beside(divmod, 9, 2).result(timeout=10)[0])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 4
