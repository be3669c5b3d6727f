"""Addresses of the mobility charter."""

from __future__ import annotations

from django.urls import path

from . import charter_admin
from .views import charter

urlpatterns = [
    path("charte/", charter.charter, name="charter"),
    path("charte/accepter/", charter.accept, name="charter_accept"),
    path("charte/suivi/", charter.progress, name="charter_progress"),
    path("charte/versions/", charter_admin.versions_page, name="charter_versions"),
    path("charte/versions/<int:number>/", charter_admin.version_page, name="charter_version"),
    path("charte/brouillon/", charter_admin.draft, name="charter_draft"),
    path("charte/brouillon/commencer/", charter_admin.begin, name="charter_begin"),
    path("charte/brouillon/abandonner/", charter_admin.drop, name="charter_drop"),
    path("charte/brouillon/essayer/", charter_admin.try_draft, name="charter_try"),
    path("charte/brouillon/publier/", charter_admin.publish, name="charter_publish"),
    path("charte/brouillon/regle/", charter_admin.rule, name="charter_rule_add"),
    path("charte/brouillon/regle/<slug:code>/", charter_admin.rule, name="charter_rule"),
    path("charte/brouillon/regle/<slug:code>/retirer/", charter_admin.remove_rule, name="charter_rule_remove"),
]
