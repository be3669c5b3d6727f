"""Where each room answers."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("administration/", admin.site.urls),
    path("api/v1/", include("bureaux_volants.api.urls")),
    path("compte/", include("bureaux_volants.web.account_urls")),
    path("", include("bureaux_volants.web.urls")),
]
