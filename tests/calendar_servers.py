"""Calendar servers on loopback: a real one (Radicale), and ones that misbehave; with a certificate that a test may trust."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "ada@ville.test", "mot:de passe é"


@dataclass(frozen=True)
class Certificate:
    """For 127.0.0.1 and localhost, signed by itself; `chain` is what SSL_CERT_FILE names to trust it."""

    chain: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(folder / "tests.pem", folder / "tests.key")
    found.chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


@contextmanager
def radicale(folder: Path, *options: str) -> Iterator[int]:
    """The port of a calendar server of its own, once it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
            *("--storage-filesystem-folder", str(folder), *options),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.wait()


@contextmanager
def guarded_radicale(folder: Path, trusted: Certificate) -> Iterator[str]:
    """The origin of one that speaks TLS alone, with one account: USER, PASSWORD."""
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    options = (
        *("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(folder / "users")),
        *("--auth-htpasswd-encryption", "plain", "--auth-delay", "0", "--rights-type", "owner_only"),
        *("--server-ssl", "--server-certificate", str(trusted.chain), "--server-key", str(trusted.key)),
    )
    with radicale(folder / "collections", *options) as port:
        yield f"https://127.0.0.1:{port}"


def put(
    address: str, *events: str, trusted: Certificate | None = None, user: str = "ada", password: str = "ada"
) -> None:
    """Make this collection of these events, each the lines of a VEVENT, in place of what it held."""
    made = "".join(f"BEGIN:VEVENT\r\nDTSTAMP:20261101T000000Z\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    asked = urllib.request.Request(
        address,
        data=f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:tests\r\n{made}END:VCALENDAR\r\n".encode(),
        method="PUT",
        headers={
            "Content-Type": "text/calendar",
            "Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(),
        },
    )
    context = None if trusted is None else ssl.create_default_context(cafile=str(trusted.chain))
    with urllib.request.urlopen(asked, timeout=10, context=context) as answer:
        assert answer.status == 201


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None], trusted: Certificate | None = None) -> Iterator[int]:
    """The port of a server that answers whatever is asked in this way."""

    class Handler(BaseHTTPRequestHandler):
        def __getattr__(self, name: str) -> object:
            if not name.startswith("do_"):
                raise AttributeError(name)

            def do() -> None:
                try:
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    answer(self)
                except OSError:
                    pass  # whoever asked has hung up

            return do

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if trusted is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trusted.chain, trusted.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
