from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root, installed for its commands, checks and periodic jobs; it has no model."""

    name = "bureaux_volants.config"
    label = "bv_config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        from bureaux_volants.config import checks, plural  # noqa: F401  registers the system checks

        plural.count_in_french()
