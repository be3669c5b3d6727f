from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "bureaux_volants.demo"
    label = "demo"
    verbose_name = "Démonstration"
