"""The application that the server runs."""

import os
from importlib import import_module
from threading import Thread

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from bureaux_volants.config.wsgi_parent import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureaux_volants.config.settings")

end_with_parent()
application = get_wsgi_application()

# Once the application is set up.
from bureaux_volants.booking import arrangement  # noqa: E402
from bureaux_volants.config.collector import settle  # noqa: E402
from bureaux_volants.territory.calendar import holidays_of_year  # noqa: E402

# Nobody's first request waits for what every request needs: views, solver, holidays of every country.
import_module(settings.ROOT_URLCONF)
holidays_of_year(timezone.now().year, "57")
arrangement.warm_up()
settle()


def _compile() -> None:
    """What numba compiles, in the background: some ten seconds the first time on a machine, read from disk after that.

    The first pages need not wait for what only days and timetables need.
    """
    from bureaux_volants.planner import labels
    from bureaux_volants.planner.rides import passing
    from bureaux_volants.travel.gtfs import raptor

    labels.warm_up()
    passing.warm_up()
    raptor.warm()


Thread(target=_compile, name="compile", daemon=True).start()
