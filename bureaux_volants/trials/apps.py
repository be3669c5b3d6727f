from django.apps import AppConfig


class TrialsConfig(AppConfig):
    name = "bureaux_volants.trials"
    label = "trials"
    verbose_name = "Essais"
