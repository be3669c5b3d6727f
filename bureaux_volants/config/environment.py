"""Settings read from the environment, checked once, each error one French sentence naming its variable."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

_YES = {"1", "true", "yes", "on", "oui"}
_NO = {"", "0", "false", "no", "off", "non"}
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Mail:
    """How messages leave: `backend` is Django's class, the rest is empty unless it speaks SMTP."""

    backend: str
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False
    ssl: bool = False
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that an installation may set. Names are those of the variables, without BV_."""

    database: dict[str, Any] | None
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    debug: bool
    demo: bool
    demo_was_set: bool
    allowed_hosts: tuple[str, ...]
    base_url: str
    mail: Mail
    email_from: str
    contact_email: str
    tile_url: str
    tile_attribution: str
    calendar_hosts: tuple[str, ...]
    geocoder_url: str
    data_dir: Path
    time_zone: str
    proxy_ssl: bool
    offline: bool
    log_level: str

    @property
    def https(self) -> bool:
        """Whether people reach the service over HTTPS, from its public address."""
        return self.base_url.startswith("https://")


def read(variables: Mapping[str, str]) -> Environment:
    """Read and check the variables. Raises ImproperlyConfigured with one sentence on the first wrong one."""
    debug = _flag(variables, "BV_DEBUG")
    demo = _flag(variables, "BV_DEMO")
    directory = data_dir(variables)
    secret_key = _secret_key(variables, directory, debug or demo)  # first: its sentence says how to just try
    base_url = _base_url(variables, debug or demo)
    return Environment(
        database=_database(variables),
        secret_key=secret_key,
        secret_key_fallbacks=_listed(variables, "BV_SECRET_KEY_FALLBACKS"),
        debug=debug,
        demo=demo or debug,
        demo_was_set=demo,
        allowed_hosts=_allowed_hosts(variables, base_url, debug or demo),
        base_url=base_url,
        mail=_mail(variables, directory, debug or demo),
        email_from=variables.get("BV_EMAIL_FROM", "").strip() or "Bureaux volants <bureaux-volants@localhost>",
        contact_email=variables.get("BV_CONTACT_EMAIL", "").strip(),
        tile_url=_tile_url(variables),
        tile_attribution=variables.get("BV_TILE_ATTRIBUTION", "").strip(),
        calendar_hosts=_calendar_hosts(variables),
        geocoder_url=_geocoder_url(variables),
        data_dir=directory,
        time_zone=_time_zone(variables),
        proxy_ssl=_flag(variables, "BV_PROXY_SSL"),
        offline=_flag(variables, "BV_OFFLINE", default="1"),
        log_level=_log_level(variables),
    )


def data_dir(variables: Mapping[str, str]) -> Path:
    """Where the installation keeps its files: BV_DATA_DIR, else .data in a checkout, else the user's own directory."""
    asked = variables.get("BV_DATA_DIR", "").strip()
    if asked:
        return Path(asked).expanduser().resolve()
    if (_CHECKOUT / "bv").is_file():
        return _CHECKOUT / ".data"
    home = variables.get("XDG_DATA_HOME", "").strip() or "~/.local/share"
    return Path(home).expanduser() / "bureaux-volants"


def _flag(variables: Mapping[str, str], name: str, *, default: str = "") -> bool:
    value = (variables.get(name, "").strip() or default).lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ImproperlyConfigured(f"{name} vaut « {value} » : écrivez 1 (oui) ou 0 (non).")


def _listed(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    """What a variable lists, separated by commas."""
    return tuple(one.strip() for one in variables.get(name, "").split(",") if one.strip())


def _database(variables: Mapping[str, str]) -> dict[str, Any] | None:
    url = variables.get("DATABASE_URL", "").strip()
    if not url:
        return None
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL n'est pas une adresse PostgreSQL ({str(error).strip()}) : "
            "écrivez postgresql://utilisateur:motdepasse@hote:5432/base."
        ) from error
    name = parts.pop("dbname", None)
    if not name:
        raise ImproperlyConfigured("DATABASE_URL ne nomme pas de base : terminez l'adresse par /nom_de_la_base.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": str(name),
        "USER": str(parts.pop("user", "") or ""),
        "PASSWORD": str(parts.pop("password", "") or ""),
        "HOST": str(parts.pop("host", "") or ""),
        "PORT": str(parts.pop("port", "") or ""),
        "OPTIONS": dict(parts),
    }


def _secret_key(variables: Mapping[str, str], directory: Path, may_generate: bool) -> str:
    key = variables.get("BV_SECRET_KEY", "").strip()
    if key:
        if len(key) < 50 and not may_generate:
            raise ImproperlyConfigured(
                f"BV_SECRET_KEY n'a que {len(key)} caractères : il en faut au moins 50, tirés au hasard."
            )
        return key
    if not may_generate:
        raise ImproperlyConfigured(
            "BV_SECRET_KEY manque : donnez-lui au moins 50 caractères tirés au hasard, par exemple le résultat de "
            "« python3 -c 'import secrets; print(secrets.token_urlsafe(50))' » ; pour un essai, lancez « bv demo »."
        )
    return _kept_secret(directory / "secret-key")


def _kept_secret(path: Path) -> str:
    """A key made once and kept beside the data: sessions outlive a restart. Two first starts agree on one key."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        if not path.exists():
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Impossible d'écrire dans {path.parent} ({error.strerror}) : choisissez un autre dossier avec BV_DATA_DIR."
        ) from error


def _base_url(variables: Mapping[str, str], local: bool) -> str:
    value = variables.get("BV_BASE_URL", "").strip().rstrip("/")
    if not value:
        if local:
            return "http://127.0.0.1:8000"
        raise ImproperlyConfigured(
            "BV_BASE_URL manque : donnez l'adresse publique du service, par exemple https://bureaux.metropole.example."
        )
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(
            f"BV_BASE_URL vaut « {value} » : écrivez une adresse complète sans chemin, "
            "par exemple https://bureaux.metropole.example."
        )
    return value


def _allowed_hosts(variables: Mapping[str, str], base_url: str, local: bool) -> tuple[str, ...]:
    asked = _listed(variables, "BV_ALLOWED_HOSTS")
    if "*" in asked and not local:
        raise ImproperlyConfigured("BV_ALLOWED_HOSTS vaut « * » : nommez les hôtes, séparés par des virgules.")
    own = urlsplit(base_url).hostname or ""
    always = ["localhost", "127.0.0.1", "[::1]"] if local else []
    return tuple(dict.fromkeys([*asked, own, *always]))


def _mail(variables: Mapping[str, str], directory: Path, local: bool) -> Mail:
    value = variables.get("BV_EMAIL_URL", "").strip()
    files = Mail("django.core.mail.backends.filebased.EmailBackend", directory=directory / "mail")
    if not value:
        if local:
            return files
        raise ImproperlyConfigured(
            "BV_EMAIL_URL manque : écrivez smtp://utilisateur:motdepasse@hote:587?tls=1, ou « file: » pour des fichiers."
        )
    parts = urlsplit(value)
    if parts.scheme == "file":
        return files
    if parts.scheme == "console":
        return Mail("django.core.mail.backends.console.EmailBackend")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "BV_EMAIL_URL ne se lit pas : écrivez smtp://utilisateur:motdepasse@hote:587?tls=1, "
            "« console: » ou « file: »."
        )
    try:
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured("BV_EMAIL_URL porte un port qui n'est pas un nombre de 1 à 65535.") from error
    options = parse_qs(parts.query)
    implicit = parts.scheme == "smtps"
    tls = not implicit and options.get("tls", ["0"])[-1].lower() in _YES
    return Mail(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=port or (465 if implicit else 587 if tls else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        ssl=implicit,
    )


def _tile_url(variables: Mapping[str, str]) -> str:
    value = variables.get("BV_TILE_URL", "").strip()
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or "{" in parts.netloc:
        raise ImproperlyConfigured(
            f"BV_TILE_URL vaut « {value} » : écrivez une adresse https dont seul le chemin porte {{z}}, {{x}} et {{y}}."
        )
    return value


def _geocoder_url(variables: Mapping[str, str]) -> str:
    """An address service that speaks as the Base Adresse Nationale does; none when not set."""
    value = variables.get("BV_GEOCODER_URL", "").strip()
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        is_good = False
    if value and (not is_good or parts.username is not None):
        raise ImproperlyConfigured(
            f"BV_GEOCODER_URL vaut « {value} » : écrivez l'adresse de recherche du service, sans paramètre, par exemple "
            "https://adresses.ville.example/search."
        )
    return value


def _calendar_hosts(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Calendar servers of one's own network: `host[:port]`, or `http://host[:port]` for one without a certificate."""
    found = tuple(one.lower() for one in _listed(variables, "BV_CALENDAR_HOSTS"))
    for one in found:
        rest = one.removeprefix("http://")
        if not rest or set("/?#@ ") & set(rest):
            raise ImproperlyConfigured(
                f"BV_CALENDAR_HOSTS contient « {one} » : écrivez des noms de serveurs séparés par des virgules, par "
                "exemple agenda.ville.example ou http://agenda.interne:5232."
            )
    return found


def _time_zone(variables: Mapping[str, str]) -> str:
    value = variables.get("BV_TIME_ZONE", "").strip() or "Europe/Paris"
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"BV_TIME_ZONE vaut « {value} », qui n'est pas un fuseau connu : écrivez par exemple Europe/Paris."
        ) from error
    return value


def _log_level(variables: Mapping[str, str]) -> str:
    value = variables.get("BV_LOG_LEVEL", "").strip().upper() or "INFO"
    if value not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ImproperlyConfigured(f"BV_LOG_LEVEL vaut « {value} » : écrivez DEBUG, INFO, WARNING ou ERROR.")
    return value
