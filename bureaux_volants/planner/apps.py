from django.apps import AppConfig


class PlannerConfig(AppConfig):
    name = "bureaux_volants.planner"
    label = "planner"
    verbose_name = "Journées"
