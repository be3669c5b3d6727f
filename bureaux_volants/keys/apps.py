from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "bureaux_volants.keys"
    label = "keys"
    verbose_name = "Clés"

    def ready(self) -> None:
        from . import following  # noqa: F401 -- registers its followers
