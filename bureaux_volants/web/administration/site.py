"""The administration: who may enter, and what stands in it under which heading."""

from __future__ import annotations

from collections.abc import Iterable
from functools import update_wrapper
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may_everywhere

#: Headings, and the models under each in their order.
GROUPS: list[tuple[Any, tuple[str, ...]]] = [
    (_("Lieux"), ("Site", "Closure", "Resource", "Phase", "Commune", "Landmark")),
    (_("Personnes"), ("Agent", "Grant", "Service", "Organisation", "Skill")),
    (_("Réservations"), ("Booking", "WaitingEntry")),
    (_("Règles et réglages"), ("RuleSet", "Exemption", "Territory")),
    (_("Suivi"), ("Event", "Notice")),
]


def administers(user: object) -> bool:
    """Whether somebody runs the administration: of a whole territory, or of the installation."""
    return isinstance(user, Agent) and user.is_active and (user.is_superuser or may_everywhere(user, Action.ADMINISTER))


class AdministrationSite(admin.AdminSite):
    """Django's administration, opened by the roles of a territory instead of Django's own permissions."""

    site_title = "Bureaux volants"
    site_header = _("Bureaux volants – administration")
    index_title = _("Administration")
    index_template = "web/administration/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return administers(request.user)

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Only what knows territories is shown: other packages' tables are for nobody's browser."""
        from .scope import Scoped

        if admin_class is not None and issubclass(admin_class, Scoped):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = super().admin_view(view, cacheable)

        def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            """Not found for whoever has no right to it; told in the territory's own time."""
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            territory = getattr(request.user, "territory", None)
            with timezone.override(territory.zone if territory else timezone.get_default_timezone()):
                response = guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse) and not response.is_rendered:
                    response.render()
            return response

        return update_wrapper(framed, view)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in for everybody, with its limits."""
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]  # Django promises a TemplateResponse
        if request.method == "POST":
            logout(request)
        return redirect("day")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]  # Django promises a TemplateResponse
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {m["object_name"]: m for app in apps for m in app["models"]}
        groups: list[dict[str, Any]] = []
        for number, (name, members) in enumerate(GROUPS):
            here = [models[m] for m in members if m in models]
            if here:
                groups.append(
                    {
                        "name": name,
                        "app_label": f"groupe-{number}",
                        "app_url": reverse("admin:index"),
                        "has_module_perms": True,
                        "models": here,
                    }
                )
        return cast("list[Any]", groups)
