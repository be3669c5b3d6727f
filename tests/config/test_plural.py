"""What is counted is counted as in French."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.translation import ngettext


@pytest.mark.parametrize(("n", "said"), [(0, "0 note"), (1, "1 note"), (2, "2 notes"), (21, "21 notes")])
def test_under_two_is_one(n: int, said: str) -> None:
    template = "{% load i18n %}{% blocktrans count n=n %}{{ n }} note{% plural %}{{ n }} notes{% endblocktrans %}"
    assert Template(template).render(Context({"n": n})) == said
    assert ngettext("%(n)d note", "%(n)d notes", n) % {"n": n} == said
