from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "bureaux_volants.messages"
    label = "bv_messages"  # django.contrib.messages holds the label "messages"
    verbose_name = "Messages"
