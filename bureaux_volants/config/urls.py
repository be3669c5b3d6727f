"""Where each room answers."""

from django.contrib import admin
from django.urls import include, path, re_path

from bureaux_volants.api.frame import unknown

urlpatterns = [
    path("administration/", admin.site.urls),
    path("api/v1/", include("bureaux_volants.api.urls")),
    re_path(r"^api/(?P<anything>.*)$", unknown, name="api_unknown"),
    path("compte/", include("bureaux_volants.web.account_urls")),
    path("", include("bureaux_volants.web.urls")),
]
