from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "bureaux_volants.fleet"
    label = "fleet"
    verbose_name = "Flotte"

    def ready(self) -> None:
        from . import driving  # noqa: F401 -- registers its guard
