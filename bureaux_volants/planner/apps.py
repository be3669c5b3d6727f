from django.apps import AppConfig


class PlannerConfig(AppConfig):
    name = "bureaux_volants.planner"
    label = "planner"
    verbose_name = "Journées"

    def ready(self) -> None:
        from . import met, reminding, subject  # noqa: F401 -- tells when people are taken; says what its notices speak of
        from .rides import engaged, following  # noqa: F401 -- says who is in a car; follows the bookings of pool cars
