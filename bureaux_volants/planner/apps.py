from django.apps import AppConfig


class PlannerConfig(AppConfig):
    name = "bureaux_volants.planner"
    label = "planner"
    verbose_name = "Journées"

    def ready(self) -> None:
        from .rides import following  # noqa: F401 -- follows the bookings of pool cars
