from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "bureaux_volants.territory"
    label = "territory"
    verbose_name = "Territoire"
