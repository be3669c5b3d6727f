"""The rows of the benchmark are rows of the product: every indicator comes out of a small size of them."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.benchmarks import raw_rows
from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.indicators import keeping
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.models import KeptFigure
from tests.conftest import FreshDatabase


def test_every_indicator_comes_out_of_the_rows(fresh_database: FreshDatabase) -> None:
    today = dt.datetime.now(dt.UTC).date()
    written = raw_rows.write(raw_rows.Years(agents=40, years=2, sites=4, desks=20), today)
    assert written["booking_booking"] == 2 * (raw_rows.STAYS * 40 + raw_rows.OUTINGS * raw_rows.VEHICLES)
    assert all(written.values())
    territory = Territory.objects.get()
    keeping.keep_months(territory)
    # Nobody answers the scale of travel in the benchmark.
    assert set(KeptFigure.objects.values_list("code", flat=True)) == set(INDICATORS) - {"sts"}
    assert keeping.keep_months(territory).changes == ()
