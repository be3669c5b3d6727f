from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "bureaux_volants.booking"
    label = "booking"
    verbose_name = "Réservations"

    def ready(self) -> None:
        from . import jobs, subject  # noqa: F401 -- register a follower, and what notices speak of
