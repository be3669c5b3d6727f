"""The line to the server over HTTP: signed, numbered requests; nothing is forgotten before the server has it."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from bureaux_volants.keys import signing
from bureaux_volants.keys.rest_request import described

from .cabinet import Cabinet
from .weather import Weather

_PATIENCE_SECONDS = 20


class NoLine(Exception):
    """The server cannot be reached, or does not believe us; the box goes on alone."""


class RestLine:
    def __init__(self, server: str, cabinet: Cabinet, weather: Weather) -> None:
        self.server = urlsplit(server)
        self.cabinet = cabinet
        self.weather = weather

    def enrol(self, code: str, capabilities: dict[str, Any]) -> None:
        """Use the one-time code. NoLine when it is refused."""
        body = json.dumps({"code": code, "capabilities": capabilities}).encode()
        self.cabinet.accept_enrolment(self._ask("POST", "/api/v1/boxes/enrolment", body, {}))

    def exchange(self) -> None:
        """Fetch the picture, hand in the journal. NoLine when that fails half way: doing it again does no harm."""
        picture = self._signed("GET", "grants", b"")
        self.cabinet.accept_picture(picture)
        while events := self.cabinet.unsent():
            body = json.dumps({"events": self.weather.upon(events)}).encode()
            answer = self._signed("POST", "events", body)
            if signing.signer(self.cabinet.secrets().items(), signing.COMMAND, answer) is None:
                raise NoLine("the answer is not the server's")
            self.cabinet.mark_sent(events)
            self.cabinet.forget_until(answer["received"])

    def _signed(self, method: str, what: str, body: bytes) -> dict[str, Any]:
        box, number = self.cabinet.public_id, self.cabinet.next_request()
        path = f"/api/v1/boxes/{box}/{what}"
        request = signing.signed(
            self.cabinet.signing_secret, signing.REQUEST, described(box, number, method, path, body)
        )
        headers = {"X-Box-Request": str(number), "X-Box-Signature": request["signature"]}
        return self._ask(method, path, body, headers)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        if self.weather.is_cut:
            raise NoLine("cut")
        kind = HTTPSConnection if self.server.scheme == "https" else HTTPConnection
        connection = kind(self.server.hostname or "", self.server.port, timeout=_PATIENCE_SECONDS)
        if body:
            headers = {**headers, "Content-Type": "application/json"}
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            content = response.read()
            if response.status != 200:
                raise NoLine(f"{response.status}")
            answer: dict[str, Any] = json.loads(content)
        except (OSError, HTTPException, ValueError) as error:
            raise NoLine(str(error)) from error
        finally:
            connection.close()
        return answer
