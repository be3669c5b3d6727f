"""A real mail server that keeps what it gets, or answers what it is told to."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from bureaux_volants.messages.models import Notice
from bureaux_volants.messages.outbox import write
from bureaux_volants.territory.models import Agent
from tests import factories


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postmaster:
    """What the mail server does with a mail: keep it, or say what it is told to say."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []
        self.answers: list[str] = []
        #: Address -> what is said of it, for recipients; the same for senders.
        self.refused: dict[str, str] = {}
        self.unwelcome: dict[str, str] = {}

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.unwelcome:
            return self.unwelcome[address]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.envelopes.append(envelope.rcpt_tos)
        return answer


@pytest.fixture
def post(settings: Any) -> Iterator[Postmaster]:
    postmaster = Postmaster()
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.BV_BASE_URL = "https://bureaux.metz.example"
    settings.DEFAULT_FROM_EMAIL = "Bureaux volants <bureaux@metz.example>"
    yield postmaster
    controller.stop()


@pytest.fixture
def ada() -> Agent:
    return factories.agent(factories.territory(), email="ada@metz.example")


def told(who: Agent, subject: str = "Réservé : Mairie de Woippy", kind: str = "test", **fields: Any) -> Notice:
    return write(
        who, kind, subject, "À l'été, l'œuvre est prête : 9\u00a0h à 12\u00a0h.", "/reservations/K7M2Q/", **fields
    )
