from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "bureaux_volants.web"
    label = "web"
    verbose_name = "Pages"
