from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "bureaux_volants.booking"
    label = "booking"
    verbose_name = "Réservations"

    def ready(self) -> None:
        from . import jobs  # noqa: F401 -- registers its follower
