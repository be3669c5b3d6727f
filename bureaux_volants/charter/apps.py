from django.apps import AppConfig


class CharterConfig(AppConfig):
    name = "bureaux_volants.charter"
    label = "charter"
    verbose_name = "Charte de mobilité"

    def ready(self) -> None:
        from . import acceptance  # noqa: F401 -- tells the guards who has accepted
