"""The authority's own list of what its services know: what a commune chooses from when it posts a need."""

from __future__ import annotations

from django.contrib import admin

from bureaux_volants.hosting.models import Skill

from .scope import Scoped


@admin.register(Skill)
class SkillAdmin(Scoped):
    """Never deleted while a need names it: put aside, it is no longer offered."""

    fact, subject = "skill.changed", "skill"
    list_display = ["name", "is_active", "territory"]
    list_select_related = ["territory"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    autocomplete_fields = ["services"]
    fieldsets = [(None, {"fields": ["territory", "name", "services", "is_active"]})]
