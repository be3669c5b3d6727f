from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "bureaux_volants.events"
    label = "events"
    verbose_name = "Journal"
