from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "bureaux_volants.api"
    label = "api"
    verbose_name = "API"
