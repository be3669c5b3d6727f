"""The event log, searchable: by reference, person, kind of fact, site and date."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.models import Booking, Resource, WaitingEntry
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import (
    Agent,
    Closure,
    Commune,
    Landmark,
    Organisation,
    Phase,
    Service,
    Site,
    Territory,
)

from .event_words import lines
from .scope import ReadOnly, path_to_territory, scoped

#: What each kind of event is called. A kind that is not here shows its code.
KINDS: dict[str, Any] = {
    "booking.created": gettext_lazy("réservation faite"),
    "booking.changed": gettext_lazy("réservation modifiée"),
    "booking.reseated": gettext_lazy("place changée"),
    "booking.shortened": gettext_lazy("réservation raccourcie par une fermeture"),
    "booking.approved": gettext_lazy("demande accordée"),
    "booking.agreed": gettext_lazy("accord de l'encadrement"),
    "booking.refused": gettext_lazy("demande refusée"),
    "booking.cancelled": gettext_lazy("réservation annulée"),
    "booking.checked_in": gettext_lazy("arrivée"),
    "booking.completed": gettext_lazy("réservation terminée"),
    "booking.no_show": gettext_lazy("place libérée, personne absente"),
    "booking.counterfactual": gettext_lazy("réponse « sans bureau volant »"),
    "waiting.joined": gettext_lazy("entrée en liste d'attente"),
    "waiting.served": gettext_lazy("réservation faite depuis la liste d'attente"),
    "waiting.left": gettext_lazy("sortie de la liste d'attente"),
    "waiting.expired": gettext_lazy("attente échue"),
    "site.closed": gettext_lazy("site fermé"),
    "site.reopened": gettext_lazy("site rouvert"),
    "site.changed": gettext_lazy("site modifié"),
    "resource.changed": gettext_lazy("ressource modifiée"),
    "rules.changed": gettext_lazy("règles modifiées"),
    "commune.changed": gettext_lazy("commune modifiée"),
    "landmark.changed": gettext_lazy("lieu connu modifié"),
    "organisation.changed": gettext_lazy("organisation modifiée"),
    "service.changed": gettext_lazy("service modifié"),
    "agent.changed": gettext_lazy("compte modifié"),
    "agent.preferences": gettext_lazy("préférences modifiées"),
    "agent.granted": gettext_lazy("rôle attribué"),
    "agent.revoked": gettext_lazy("rôle retiré"),
    "token.created": gettext_lazy("jeton d'accès créé"),
    "token.revoked": gettext_lazy("jeton d'accès révoqué"),
    "charter.begun": gettext_lazy("brouillon de charte commencé"),
    "charter.changed": gettext_lazy("brouillon de charte modifié"),
    "charter.published": gettext_lazy("charte publiée"),
    "charter.dropped": gettext_lazy("brouillon de charte abandonné"),
    "agenda.connected": gettext_lazy("agenda relié"),
    "agenda.disconnected": gettext_lazy("agenda retiré"),
    "charter.accepted": gettext_lazy("charte acceptée"),
    "charter.reason": gettext_lazy("motif donné à la charte"),
    "exemption.changed": gettext_lazy("exemption de la charte modifiée"),
    "ride.offered": gettext_lazy("trajet proposé"),
    "ride.cancelled": gettext_lazy("trajet partagé annulé"),
    "ride.asked": gettext_lazy("place demandée"),
    "ride.accepted": gettext_lazy("place acceptée"),
    "ride.refused": gettext_lazy("place refusée"),
    "ride.withdrawn": gettext_lazy("place rendue"),
    "ride.left": gettext_lazy("place rendue (voiture du parc)"),
    "ride.lapsed": gettext_lazy("demande de place sans réponse"),
    "sheet.written": gettext_lazy("fiche d'accueil écrite"),
    "visitor.received": gettext_lazy("visite reçue"),
    "site.message": gettext_lazy("mot de l'accueil à ceux qui viennent"),
    "handover.set": gettext_lazy("accueil confié"),
    "handover.ended": gettext_lazy("remplacement à l'accueil terminé"),
    "skill.changed": gettext_lazy("compétence modifiée"),
    "presence.shown": gettext_lazy("disponibilité sur place dite"),
    "presence.hidden": gettext_lazy("disponibilité sur place retirée"),
    "survey.written": gettext_lazy("questionnaire écrit"),
    "survey.dropped": gettext_lazy("version d'un questionnaire abandonnée"),
    "wave.opened": gettext_lazy("vague de questionnaire ouverte"),
    "wave.closed": gettext_lazy("vague de questionnaire close"),
    "wave.cancelled": gettext_lazy("vague de questionnaire annulée"),
    "answers.anonymised": gettext_lazy("clé d'un essai détruite, réponses anonymes"),
    "need.posted": gettext_lazy("besoin posé"),
    "need.proposed": gettext_lazy("besoin proposé à des agents"),
    "need.declined": gettext_lazy("besoin décliné"),
    "need.postponed": gettext_lazy("besoin : date reculée"),
    "need.open": gettext_lazy("besoin de nouveau ouvert"),
    "need.met": gettext_lazy("besoin : rencontre faite"),
    "need.answered": gettext_lazy("besoin : répondu à distance"),
    "need.closed": gettext_lazy("besoin clos"),
    "meeting.asked": gettext_lazy("rencontre demandée"),
    "meeting.agreed": gettext_lazy("rencontre convenue"),
    "meeting.refused": gettext_lazy("rencontre déclinée"),
    "meeting.cancelled": gettext_lazy("rencontre annulée"),
    "meeting.over": gettext_lazy("rencontre faite"),
    "meeting.answered": gettext_lazy("avis après une rencontre"),
    "feed.published": gettext_lazy("agenda publié"),
    "feed.withdrawn": gettext_lazy("agenda publié, retiré"),
    "trial.created": gettext_lazy("essai : brouillon commencé"),
    "trial.changed": gettext_lazy("essai : brouillon modifié"),
    "trial.frozen": gettext_lazy("essai : protocole figé"),
    "trial.amended": gettext_lazy("essai : amendement"),
    "trial.volunteered": gettext_lazy("essai : volontaire"),
    "trial.unvolunteered": gettext_lazy("essai : volontaire qui se ravise"),
    "trial.cohort_made": gettext_lazy("essai : cohorte constituée"),
    "trial.drawn": gettext_lazy("essai : tirage au sort"),
    "trial.opened": gettext_lazy("essai : étape préparée"),
    "trial.let_in": gettext_lazy("essai : participants admis aux sites déjà ouverts"),
    "trial.left": gettext_lazy("essai : départ d'une personne"),
    "trial.withdrawn": gettext_lazy("essai : retrait d'une commune"),
    "trial.decided": gettext_lazy("essai : décision notée"),
    "trial.rated": gettext_lazy("essai : note de la grille"),
    "trial.spent": gettext_lazy("essai : dépense notée"),
    "trial.cost_corrected": gettext_lazy("essai : dépense corrigée"),
    "trial.cost_removed": gettext_lazy("essai : dépense effacée"),
    "trial.published": gettext_lazy("essai : données publiées"),
    "trial.ended": gettext_lazy("essai terminé"),
    "trial.stopped": gettext_lazy("essai arrêté avant terme"),
    "note.written": gettext_lazy("note d'enquête écrite"),
    "note.changed": gettext_lazy("note d'enquête modifiée"),
    "note.deleted": gettext_lazy("note d'enquête supprimée"),
    "finding.written": gettext_lazy("constat écrit"),
    "finding.deleted": gettext_lazy("constat supprimé"),
    "demo.loaded": gettext_lazy("démonstration chargée"),
    "notice.sent_again": gettext_lazy("message renvoyé"),
}

#: Kind of subject -> its model in the administration.
PAGES = {
    "booking": "booking_booking",
    "waiting": "booking_waitingentry",
    "closure": "territory_closure",
    "site": "territory_site",
    "phase": "territory_phase",
    "territory": "territory_territory",
    "commune": "territory_commune",
    "landmark": "territory_landmark",
    "organisation": "territory_organisation",
    "service": "territory_service",
    "exemption": "charter_exemption",
    "agent": "territory_agent",
    "resource": "booking_resource",
    "rules": "booking_ruleset",
    "notice": "bv_messages_notice",
}
#: Kinds of subject that have a name of their own.
SUBJECT_ROWS: dict[str, type[Model]] = {
    "site": Site,
    "phase": Phase,
    "territory": Territory,
    "commune": Commune,
    "landmark": Landmark,
    "organisation": Organisation,
    "service": Service,
    "agent": Agent,
    "resource": Resource,
    "closure": Closure,
}
SUBJECTS: dict[str, Any] = {
    "booking": gettext_lazy("réservation"),
    "waiting": gettext_lazy("attente"),
    "closure": gettext_lazy("fermeture"),
    "site": gettext_lazy("site"),
    "phase": gettext_lazy("phase"),
    "trial": gettext_lazy("essai"),
    "field_note": gettext_lazy("note d'enquête"),
    "finding": gettext_lazy("constat"),
    "territory": gettext_lazy("territoire"),
    "commune": gettext_lazy("commune"),
    "landmark": gettext_lazy("lieu connu"),
    "organisation": gettext_lazy("organisation"),
    "service": gettext_lazy("service"),
    "charter": gettext_lazy("charte"),
    "charter_reason": gettext_lazy("motif donné"),
    "exemption": gettext_lazy("exemption de la charte"),
    "agent": gettext_lazy("agent"),
    "resource": gettext_lazy("ressource"),
    "rules": gettext_lazy("règles"),
    "token": gettext_lazy("jeton"),
    "notice": gettext_lazy("message"),
}


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("fait")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(((code, str(label)) for code, label in KINDS.items()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class OriginFilter(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("origine")


class DayFilter(admin.DateFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("date")


class SiteFilter(admin.SimpleListFilter):
    """Facts about a site and about its bookings."""

    title = gettext_lazy("site")
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(s.pk), s.name) for s in scoped(Site.objects.all(), request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        site = scoped(Site.objects.all(), request).filter(pk=value).first() if value.isdecimal() else None
        if site is None:
            return queryset.none()
        return queryset.filter(
            Q(subject_kind="booking", subject_id__in=Booking.objects.filter(site=site).values("pk"))
            | Q(subject_kind="waiting", subject_id__in=WaitingEntry.objects.filter(site=site).values("pk"))
            | Q(subject_kind="site", subject_id=site.pk)
            | Q(data__site=site.pk)
        )


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["at", "fact_label", "about", "who", "origin", "territory"]
    list_display_links = ["at", "fact_label"]
    list_select_related = ["actor", "territory"]
    list_filter = [KindFilter, SiteFilter, ("origin", OriginFilter), ("at", DayFilter)]
    change_form_template = "web/administration/event.html"
    linked_by = ("subject_kind", "subject_id")
    date_hierarchy = "at"
    ordering = ["-at", "-id"]
    search_fields = ["pk"]  # only opens the search box: see get_search_results
    search_help_text = gettext_lazy("Référence de réservation, ou adresse électronique d'une personne")
    fieldsets = [(None, {"fields": ["at", "fact_label", "about_exactly", "who_exactly", "origin", "detail"]})]
    readonly_fields = ["fact_label", "about_exactly", "who_exactly", "detail"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Words that are neither a reference nor a person find nothing, rather than everything."""
        for word in search_term.split():
            people = scoped(Agent.objects.all(), request).filter(email__iexact=word)
            bookings = scoped(Booking.objects.all(), request)
            found = list(bookings.filter(reference=word.upper()).values_list("pk", flat=True))
            agents = list(people.values_list("pk", flat=True))
            about = Q(subject_kind="booking", subject_id__in=found)
            if agents:
                waiting = WaitingEntry.objects.filter(agent__in=agents)
                about |= (
                    Q(actor__in=agents)
                    | Q(subject_kind="agent", subject_id__in=agents)
                    | Q(subject_kind="booking", subject_id__in=bookings.filter(agent__in=agents).values("pk"))
                    | Q(subject_kind="waiting", subject_id__in=waiting.values("pk"))
                )
            queryset = queryset.filter(about)
        return queryset, False

    @admin.display(description=gettext_lazy("fait"), ordering="kind")
    def fact_label(self, event: Any) -> str:
        return str(KINDS.get(event.kind, event.kind)).capitalize()

    @admin.display(description=gettext_lazy("objet"))
    def about(self, event: Any) -> str:
        """The subject, linked to its page."""
        name = event.data.get("reference") or f"n° {event.subject_id}"
        label = f"{SUBJECTS.get(event.subject_kind, event.subject_kind)} {name}"
        page = PAGES.get(event.subject_kind)
        if page is None:
            return label
        try:
            return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[event.subject_id]), label)
        except NoReverseMatch:
            return label

    @admin.display(description=gettext_lazy("objet"))
    def about_exactly(self, event: Any) -> str:
        """The same with the name of what it is, where that is still there."""
        model = SUBJECT_ROWS.get(event.subject_kind)
        row = None
        if model is not None:
            rows = model._default_manager.filter(pk=event.subject_id)
            row = rows.filter(**{path_to_territory(model): event.territory_id}).first()
        return format_html("{} : {}", self.about(event), row) if row is not None else self.about(event)

    @admin.display(description=gettext_lazy("par"), ordering="actor")
    def who(self, event: Any) -> str:
        return str(event.actor or _("le logiciel"))

    @admin.display(description=gettext_lazy("par"))
    def who_exactly(self, event: Any) -> str:
        if event.actor is None:
            return _("le logiciel")
        told = f"{event.actor} ({event.actor.email})"
        # Who runs the installation is of no territory, and no page of an administrator's.
        if event.actor.territory_id != event.territory_id:
            return told
        return format_html('<a href="{}">{}</a>', reverse("admin:territory_agent_change", args=[event.actor_id]), told)

    @admin.display(description=gettext_lazy("détail"))
    def detail(self, event: Any) -> str:
        return format_html_join("", "<div><b>{}</b> : {}</div>", lines(event)) or _("rien de plus")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        event = self.get_object(request, object_id)
        said = {"subtitle": self.fact_label(event)} if event is not None else {}
        return super().change_view(request, object_id, form_url, said | (extra_context or {}))
