"""Django's view of the room."""

import os
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class TravelConfig(AppConfig):
    name = "bureaux_volants.travel"
    label = "travel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # numba keeps what it compiles beside the source; an installed package may not be writable by the service.
        if not os.access(Path(__file__).parent, os.W_OK):
            os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.BV_DATA_DIR / "numba"))
