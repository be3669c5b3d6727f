"""Makes our administration the one that Django's `admin` means."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    default_site = "bureaux_volants.web.administration.site.AdministrationSite"
