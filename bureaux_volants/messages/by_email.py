"""The e-mail channel: text and plain HTML that say the same, an invitation when there is one (RFC 6047), by SMTP."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils.translation import ngettext

from bureaux_volants.territory.typography import bound

from .channels import NotTaken, Parcel, Unreachable


class Email:
    """One connection to the mail server for a round."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def open(self) -> None:
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unreachable(_said(error)) from error

    def send(self, parcel: Parcel) -> None:
        try:
            self._connection.send_messages([mail_of(parcel)])
        except Exception as error:
            # Whatever it is, a server that refuses or hangs up, a mail that cannot be written: this mail's own affair, so
            # that none holds up the others. A server that is gone is found so when it is opened again.
            self.close()
            if isinstance(error, smtplib.SMTPSenderRefused):
                raise Unreachable(_said(error)) from error  # we are refused, whatever the mail
            raise NotTaken(_said(error), is_final=_is_final(error)) from error

    def close(self) -> None:
        self._connection.close()


def mail_of(parcel: Parcel) -> EmailMultiAlternatives:
    """The mail of a parcel. Its Message-ID is the parcel's own: a mail server can tell a second delivery of one mail."""
    base = settings.BV_BASE_URL.rstrip("/")
    host = base.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    several = len(parcel.notices) > 1
    subject = parcel.notices[0].subject
    if several:
        count = len(parcel.notices)
        subject = ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
        subject += f" : {parcel.notices[0].subject}"
    context = {"notices": parcel.notices, "several": several, "subject": subject, "base": base}
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("messages/mail.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[parcel.recipient.email],
        headers={"Message-ID": f"<{parcel.key}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(bound(render_to_string("messages/mail.html", context)), "text/html")
    if parcel.invitation is not None:
        _invite(mail, parcel.invitation.text.decode(), parcel.invitation.method)
    return mail


def _invite(mail: EmailMultiAlternatives, text: str, method: str) -> None:
    """As an alternative, which calendars act on, and as a file, for programs that only look at attachments."""
    mail.attach_alternative(text, f"text/calendar; method={method}")
    mail.attach("invitation.ics", text.encode(), "application/ics")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


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
