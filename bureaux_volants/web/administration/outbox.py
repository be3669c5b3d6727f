"""What was sent to people, and what did not leave."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.events.log import record
from bureaux_volants.messages.models import Notice

from .scope import ReadOnly, author_of

#: What each kind of message is called. A kind that is not here shows its code.
KINDS: dict[str, Any] = {
    "booking.confirmed": gettext_lazy("réservation confirmée"),
    "booking.requested": gettext_lazy("demande transmise"),
    "booking.approved": gettext_lazy("demande accordée"),
    "booking.refused": gettext_lazy("demande refusée"),
    "booking.cancelled": gettext_lazy("réservation annulée"),
    "booking.changed": gettext_lazy("réservation modifiée"),
    "booking.reseated": gettext_lazy("place changée"),
    "booking.no_show": gettext_lazy("place libérée, personne absente"),
    "plan.booked": gettext_lazy("journée réservée"),
    "plan.cancelled": gettext_lazy("journée annulée"),
    "series.booked": gettext_lazy("série réservée"),
    "series.approved": gettext_lazy("série accordée"),
    "series.refused": gettext_lazy("série refusée"),
    "series.requested": gettext_lazy("série demandée"),
    "reminder.tomorrow": gettext_lazy("rappel de la veille"),
    "reminder.check_in": gettext_lazy("arrivée à confirmer"),
    "host.morning": gettext_lazy("liste du matin, à l'accueil"),
    "host.request": gettext_lazy("demande à traiter"),
    "manager.request": gettext_lazy("accord demandé à l'encadrement"),
    "site.closed": gettext_lazy("site fermé"),
    "waiting.served": gettext_lazy("place obtenue après attente"),
    "ride.joined": gettext_lazy("route partagée"),
    "ride.asked": gettext_lazy("place demandée"),
    "ride.accepted": gettext_lazy("place acceptée"),
    "ride.refused": gettext_lazy("place refusée"),
    "ride.withdrawn": gettext_lazy("place rendue"),
    "ride.left": gettext_lazy("place rendue (voiture du parc)"),
    "ride.moved": gettext_lazy("heure de trajet changée"),
    "ride.cancelled": gettext_lazy("trajet partagé annulé"),
    "vehicle.late": gettext_lazy("véhicule à rendre"),
    "vehicle.not_back": gettext_lazy("véhicule pas encore de retour"),
    "vehicle.back": gettext_lazy("véhicule de retour"),
    "fleet.late": gettext_lazy("retard, à la gestion de flotte"),
    "fleet.damage": gettext_lazy("état signalé, à la gestion de flotte"),
    "fleet.papers": gettext_lazy("échéances, à la gestion de flotte"),
    "papers.ending": gettext_lazy("papier qui expire"),
    "key.case": gettext_lazy("clé à retrouver"),
    "host.message": gettext_lazy("mot de l'accueil"),
    "handover.set": gettext_lazy("accueil confié"),
    "handover.ended": gettext_lazy("remplacement à l'accueil terminé"),
    "need.proposed": gettext_lazy("besoin d'une commune, proposé"),
    "trial.chosen": gettext_lazy("participation à un essai"),
    "trial.left": gettext_lazy("départ d'un essai"),
    "need.nobody": gettext_lazy("besoin sans réponse encore"),
    "need.unanswered": gettext_lazy("besoin sans réponse, à l'encadrement"),
    "need.answered": gettext_lazy("besoin, réponse à distance"),
    "need.closed": gettext_lazy("besoin clos"),
    "meeting.asked": gettext_lazy("rencontre demandée"),
    "meeting.agreed": gettext_lazy("rencontre convenue"),
    "meeting.refused": gettext_lazy("rencontre déclinée"),
    "meeting.cancelled": gettext_lazy("rencontre annulée"),
    "meeting.question": gettext_lazy("question après une rencontre"),
    "survey.invited": gettext_lazy("invitation à répondre à un questionnaire"),
    "survey.reminded": gettext_lazy("rappel d'un questionnaire"),
    "account.opened": gettext_lazy("compte ouvert"),
}


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("nature")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(((code, str(label)) for code, label in KINDS.items()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    subject = "notice"
    list_display = [
        "created_at",
        "recipient",
        "subject_line",
        "delivery",
        "attempts",
        "sent_at",
        "last_error",
        "territory",
    ]
    list_display_links = ["created_at", "subject_line"]
    list_select_related = ["recipient", "territory"]
    list_filter = ["delivery", "created_at", KindFilter]
    date_hierarchy = "created_at"
    search_fields = ["recipient__email", "subject"]
    actions = ["send_again"]
    readonly_fields = ["kind_label"]
    fieldsets = [
        (None, {"fields": ["recipient", "kind_label", "subject", "body", "path", "created_at", "read_at"]}),
        (
            gettext_lazy("Envoi"),
            {"fields": ["delivery", "is_bundled", "attempts", "next_attempt_at", "sent_at", "last_error"]},
        ),
    ]

    @admin.display(description=gettext_lazy("nature"))
    def kind_label(self, notice: Any) -> str:
        return str(KINDS.get(notice.kind, notice.kind)).capitalize()

    @admin.display(description=gettext_lazy("objet"), ordering="subject")
    def subject_line(self, notice: Any) -> str:
        return str(notice.subject)

    @admin.action(description=gettext_lazy("Envoyer de nouveau par courriel"), permissions=["view"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """From the start, without the waits of earlier tries; nobody who left is written to."""
        with transaction.atomic():
            waiting = [Notice.Delivery.FAILED, Notice.Delivery.SENT]
            notices = list(
                chosen.select_for_update(of=("self",)).filter(delivery__in=waiting, recipient__is_active=True)
            )
            for notice in notices:
                notice.delivery, notice.attempts, notice.next_attempt_at = Notice.Delivery.PENDING, 0, timezone.now()
                notice.save(update_fields=["delivery", "attempts", "next_attempt_at"])
                record(notice.territory_id, author_of(request), "notice.sent_again", "notice", notice.pk)
        if not notices:
            messages.info(request, _("Aucun courriel à renvoyer parmi ceux-là."))
            return
        text = ngettext("%(count)d courriel repart.", "%(count)d courriels repartent.", len(notices))
        messages.success(request, text % {"count": len(notices)})
