"""The application that the server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureaux_volants.config.settings")

application = get_wsgi_application()

from bureaux_volants.booking import arrangement  # noqa: E402 -- once the application is set up

arrangement.warm_up()
# What is loaded stays: the collector need not look through it again amid requests.
gc.collect()
gc.freeze()
