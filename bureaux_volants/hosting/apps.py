from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "bureaux_volants.hosting"
    label = "hosting"
    verbose_name = "Vie des lieux"

    def ready(self) -> None:
        from . import subject  # noqa: F401 -- register what notices speak of
