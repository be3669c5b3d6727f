"""Writing and delivering notices."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.rows import insert

from .models import Notice

logger = logging.getLogger(__name__)

#: Waits between tries of one e-mail, minutes; after the last one it is given up, and stays visible as such. One that the
#: server refuses for good is given up at once.
BACK_OFF_MINUTES = (1, 5, 15, 60, 240, 720, 1440)


def write(
    recipient: Agent,
    kind: str,
    subject: str,
    body: str,
    path: str = "",
    *,
    at: dt.datetime | None = None,
    mail: bool = True,
) -> Notice:
    """Put a notice in the outbox, in the caller's transaction. `path` is the page it speaks of, without host.

    Raises ValueError for a person without a territory: nobody could ever be shown the notice.
    """
    if recipient.territory_id is None:
        raise ValueError("a notice needs a recipient with a territory")
    now = at or timezone.now()
    notice = Notice(
        territory_id=recipient.territory_id,
        recipient=recipient,
        kind=kind,
        subject=" ".join(subject.split()),  # a mail's subject is one line
        body=body,
        path=path,
        created_at=now,
        mail=Notice.Mail.PENDING if mail and recipient.is_active else Notice.Mail.NONE,
        next_attempt_at=now if mail and recipient.is_active else None,
    )
    insert(notice)
    return notice


def _as_mail(notice: Notice) -> EmailMessage:
    """The e-mail of a notice. Its Message-ID is the notice's own: a mail server can tell a second delivery of one mail."""
    host = settings.BV_BASE_URL.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    lines = [notice.body]
    if notice.path:
        lines += ["", settings.BV_BASE_URL.rstrip("/") + notice.path]
    return EmailMessage(
        subject=notice.subject,
        body="\n".join(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notice.recipient.email],
        headers={"Message-ID": f"<notice-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )


def _is_final(error: Exception) -> bool:
    """Whether the mail server refuses this very mail for good (5xx, RFC 5321): no such mailbox, a content it will not take.

    What it says against us (a wrong password, a sender it does not know) concerns every mail until somebody mends it.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            return bool(error.recipients) and all(500 <= code < 600 for code, _ in error.recipients.values())
        case smtplib.SMTPDataError():
            return 500 <= error.smtp_code < 600
    return False


def deliver(limit: int = 100) -> int:
    """Send what is due, one transaction per mail. Returns how many were sent.

    A mail is locked while it is sent, so two workers never send the same one; a worker killed between the mail server's
    answer and the commit sends it again under the same Message-ID. Whoever has no account any more is not written to.
    """
    sent = 0
    channel = get_connection()
    for _ in range(limit):
        with transaction.atomic():
            notice = (
                Notice.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("recipient")
                .filter(mail=Notice.Mail.PENDING, next_attempt_at__lte=timezone.now())
                .order_by("next_attempt_at", "id")
                .first()
            )
            if notice is None:
                break
            if not notice.recipient.is_active:
                notice.mail, notice.next_attempt_at = Notice.Mail.NONE, None
                notice.save(update_fields=["mail", "next_attempt_at"])
                continue
            notice.attempts += 1
            try:
                channel.open()
                channel.send_messages([_as_mail(notice)])
            except Exception as error:
                # Whatever it is, a server that refuses or a mail that cannot be written: the others are not held up.
                channel.close()
                notice.last_error = f"{type(error).__name__}: {error}"[:200]
                if notice.attempts > len(BACK_OFF_MINUTES) or _is_final(error):
                    notice.mail = Notice.Mail.FAILED
                    notice.next_attempt_at = None
                    logger.error("notice %s given up, tries: %s", notice.pk, notice.attempts)
                else:
                    notice.next_attempt_at = timezone.now() + dt.timedelta(
                        minutes=BACK_OFF_MINUTES[notice.attempts - 1]
                    )
            else:
                notice.mail = Notice.Mail.SENT
                notice.sent_at = timezone.now()
                notice.next_attempt_at = None
                sent += 1
            notice.save(update_fields=["attempts", "mail", "next_attempt_at", "sent_at", "last_error"])
    channel.close()
    return sent
