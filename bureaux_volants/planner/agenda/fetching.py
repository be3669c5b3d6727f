"""Fetch what a person's calendar address answers, and nothing that the address has no business to reach.

The address is typed by whoever has an account, and it is our server that goes there (SSRF, CWE-918). So: https alone;
every address that the name stands for is looked at, and the connection goes to the one that was looked at, so that a name
cannot change its mind in between (DNS rebinding); each redirection is checked as if it had been typed; size and time are
bounded. A name and a password go to the server that they were given for, by https, and nowhere a redirection leads. The
address itself is a secret: no message and no log line has it.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import SplitResult, urljoin, urlsplit

from .line import Line, left

#: A calendar of many years is a few megabytes.
LARGEST = 4 * 1024 * 1024
REDIRECTIONS = 3
#: Seconds that a person waits for their calendar.
WHOLE = 6.0


class CannotFetch(Exception):
    """Why nothing was fetched; one French sentence that never holds the address."""


class TooSlow(CannotFetch):
    """The time was over."""


class Unauthorised(CannotFetch):
    """The server wants a name and a password, or others than it was given."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What HTTP Basic (RFC 7617) says."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked at an address. `good`: the status that answers it."""

    method: str = "GET"
    accept: str = "text/calendar"
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    good: int = 200


READ = Request()


def checked(url: str, allowed: Collection[str] = ()) -> SplitResult:
    """The parts of an address that may be asked. `webcal://` is https. Raises CannotFetch.

    `allowed`: what an administrator lets through besides (BV_CALENDAR_HOSTS): `host[:port]`, reached by https wherever it
    stands, or `http://host[:port]`.
    """
    text = url.strip()
    if text.lower().startswith("webcal://"):
        text = "https://" + text[len("webcal://") :]
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise CannotFetch("Cette adresse n'est pas lisible : copiez-la entière depuis votre agenda.") from None
    if not host or not all("!" <= letter <= "~" for letter in text):
        raise CannotFetch("Cette adresse n'est pas lisible : copiez-la entière depuis votre agenda.")
    if parts.username is not None or parts.password is not None:
        raise CannotFetch("Une adresse avec un mot de passe ne convient pas : prenez l'adresse privée de l'agenda.")
    if parts.scheme != "https" and not (parts.scheme == "http" and f"http://{_host_port(parts)}" in allowed):
        raise CannotFetch("L'adresse d'un agenda commence par https:// : copiez celle que votre agenda donne.")
    return parts


def fetch(
    url: str,
    request: Request = READ,
    *,
    allowed: Collection[str] = (),
    whole: float | None = None,
    largest: int = LARGEST,
    credentials: Credentials | None = None,
) -> bytes:
    """What the address answers. `whole`: seconds for everything, redirections included; WHOLE. Raises CannotFetch."""
    end = time.monotonic() + (WHOLE if whole is None else whole)
    given_for = None if credentials is None else origin(url, allowed)
    if given_for is not None and given_for[0] != "https":
        raise CannotFetch("Un mot de passe n'est envoyé qu'à une adresse qui commence par https://.")
    for _ in range(REDIRECTIONS + 1):
        parts = checked(url, allowed)
        identity = credentials if _origin(parts) == given_for else None
        try:
            found = _ask(parts, request, identity, allowed, end, largest)
            if isinstance(found, bytes):
                return found
            url = urljoin(parts.geturl(), found.to)
        except _Refused:
            raise Unauthorised(_unauthorised(credentials, identity)) from None
        except TimeoutError:
            raise TooSlow("Votre agenda ne répond pas assez vite.") from None
        except ssl.SSLCertVerificationError:
            raise CannotFetch("Le certificat de ce serveur n'est pas reconnu.") from None
        except (OSError, ValueError, http.client.HTTPException):
            # What the system says may name the host or the path: the person knows which agenda it is.
            raise CannotFetch("Votre agenda ne répond pas à cette adresse.") from None
    raise CannotFetch("Cette adresse renvoie sans fin vers d'autres.")


class _Refused(Exception):
    """401."""


@dataclass(frozen=True, slots=True)
class _Redirection:
    to: str


def _unauthorised(given: Credentials | None, sent: Credentials | None) -> str:
    if given is None:
        return "Cet agenda demande un identifiant et un mot de passe."
    if sent is None:
        return "Cette adresse renvoie à un autre serveur, qui ne reçoit pas votre mot de passe : donnez son adresse."
    return "Votre agenda refuse cet identifiant ou ce mot de passe."


def _host_port(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return host if parts.port is None else f"{host}:{parts.port}"


def origin(url: str, allowed: Collection[str] = ()) -> tuple[str, str, int]:
    """The server that an address is at: scheme, host, port. Raises CannotFetch."""
    return _origin(checked(url, allowed))


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _ask(
    parts: SplitResult,
    request: Request,
    identity: Credentials | None,
    allowed: Collection[str],
    end: float,
    largest: int,
) -> bytes | _Redirection:
    """The body, or where the answer sends to."""
    scheme, host, port = _origin(parts)
    is_allowed = bool({_host_port(parts), f"{scheme}://{_host_port(parts)}"} & set(allowed))
    family, address = _resolved(host, port, is_allowed)
    connection = http.client.HTTPConnection(host, port)
    raw = socket.socket(family, socket.SOCK_STREAM)
    try:
        raw.settimeout(left(end))
        raw.connect(address)
        if scheme == "https":
            raw.settimeout(left(end))
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        connection.sock = cast(socket.socket, Line(raw, end))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": request.accept, "User-Agent": "bureaux-volants", **dict(request.headers)}
        if identity is not None:
            headers["Authorization"] = identity.header
        connection.request(request.method, path, body=request.body, headers=headers)
        answer = connection.getresponse()
        if answer.status in (301, 302, 303, 307, 308):
            return _Redirection(answer.getheader("Location") or "")
        if answer.status == 401:
            raise _Refused
        if answer.status != request.good:
            raise CannotFetch(f"Votre agenda répond {answer.status} : l'adresse n'est plus la bonne, peut-être.")
        body = bytearray()
        while part := answer.read1(1 << 16):
            body += part
            if len(body) > largest:
                raise CannotFetch(f"Cet agenda dépasse {largest // 2**20} Mo.")
        return bytes(body)
    finally:
        connection.close()
        raw.close()


def _resolved(host: str, port: int, is_allowed: bool) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Where to connect. Refused as soon as one of the name's addresses is no public one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not is_allowed and not all(_is_public(str(entry[4][0])) for entry in found):
        raise CannotFetch("Cette adresse mène à un réseau privé : une administratrice peut l'autoriser.")
    family, _type, _protocol, _name, address = found[0]
    return family, (str(address[0]), port)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    # A network behind NAT64, 6to4 or Teredo is reached by an address that looks public.
    is_tunnel = isinstance(ip, ipaddress.IPv6Address) and any(ip in net for net in _TUNNELS)
    return ip.is_global and not ip.is_multicast and not is_tunnel


_TUNNELS = tuple(ipaddress.IPv6Network(n) for n in ("64:ff9b::/96", "2002::/16", "2001::/32"))
