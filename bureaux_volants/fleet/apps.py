from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "bureaux_volants.fleet"
    label = "fleet"
    verbose_name = "Flotte"

    def ready(self) -> None:
        from . import charter, driving, queueing, take_home  # noqa: F401 -- register their guards and followers
