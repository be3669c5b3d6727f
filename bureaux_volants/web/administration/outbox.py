"""What was sent to people, and what did not leave."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.events.log import record
from bureaux_volants.messages.models import Notice

from .scope import ReadOnly, author_of


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    subject = "notice"
    list_display = ["created_at", "recipient", "subject_line", "mail", "attempts", "sent_at", "last_error", "territory"]
    list_display_links = ["created_at", "subject_line"]
    list_select_related = ["recipient", "territory"]
    list_filter = ["mail", "created_at", "kind"]
    date_hierarchy = "created_at"
    search_fields = ["recipient__email", "subject"]
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["recipient", "kind", "subject", "body", "path", "created_at", "read_at"]}),
        (
            gettext_lazy("Courriel"),
            {"fields": ["mail", "attempts", "next_attempt_at", "sent_at", "last_error"]},
        ),
    ]

    @admin.display(description=gettext_lazy("objet"), ordering="subject")
    def subject_line(self, notice: Any) -> str:
        return str(notice.subject)

    @admin.action(description=gettext_lazy("Envoyer de nouveau par courriel"), permissions=["view"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """From the start, without the waits of earlier tries; nobody who left is written to."""
        with transaction.atomic():
            waiting = [Notice.Mail.FAILED, Notice.Mail.SENT]
            notices = list(chosen.select_for_update(of=("self",)).filter(mail__in=waiting, recipient__is_active=True))
            for notice in notices:
                notice.mail, notice.attempts, notice.next_attempt_at = Notice.Mail.PENDING, 0, timezone.now()
                notice.save(update_fields=["mail", "attempts", "next_attempt_at"])
                record(notice.territory_id, author_of(request), "notice.sent_again", "notice", notice.pk)
        text = ngettext("%(count)d courriel repart.", "%(count)d courriels repartent.", len(notices))
        messages.success(request, text % {"count": len(notices)})
