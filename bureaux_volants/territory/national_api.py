"""What the national API knows of an intercommunal authority: communes, contours, populations, mairies.

Source: API Découpage administratif (geo.api.gouv.fr), Licence Ouverte. `/epcis/{siren}` names the authority and
`/epcis/{siren}/communes?format=json` lists its communes, each with GeoJSON geometries for `centre`, `mairie` and
`contour`. This module only asks and reads; `importing.py` writes.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import math
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

BASE_URL = "https://geo.api.gouv.fr"
FIELDS = "nom,code,siren,population,centre,mairie,contour"

#: The largest authority (92 communes, 131 for Paris) answers in a few megabytes.
LARGEST_ANSWER = 64 * 1024 * 1024

#: How many times the waiting time of one silence a whole answer may take.
LONGEST_READING = 4

#: Contours are drawn at the size of a screen: vertices nearer than this to a straight line are dropped (degrees, 30 m).
DRAWING_TOLERANCE = 0.0003
DECIMALS = 5

_CODE = re.compile(r"(\d{2}|2[AB])\d{3}")


class NationalApiError(Exception):
    """Why nothing could be read; the message is one French sentence for the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class NationalCommune:
    """One commune as the State describes it. The point is its mairie's, or its centre where no mairie is known."""

    code: str
    name: str
    population: int
    lat: float
    lon: float
    contour: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NationalTerritory:
    """An authority with its communes, in the order of their codes."""

    siren: str
    name: str
    contour: dict[str, Any]
    communes: tuple[NationalCommune, ...]


def fetch(
    siren: str, base_url: str = BASE_URL, *, timeout: float = 30.0, pauses: Sequence[float] = (1.0, 3.0)
) -> NationalTerritory:
    """Read an authority from the API.

    timeout: seconds without an answer before a try is given up. pauses: seconds between tries; a server error, a cut
    or a timeout is tried again, an answer that cannot be understood is not.

    Raises NationalApiError.
    """
    if not re.fullmatch(r"\d{9}", siren):
        raise NationalApiError(f"Un SIREN compte neuf chiffres : « {siren} » n'en est pas un.")
    base = _checked(base_url.rstrip("/"))
    epci = _ask(f"{base}/epcis/{siren}?fields=nom,code", siren, timeout, pauses)
    communes = _ask(f"{base}/epcis/{siren}/communes?fields={FIELDS}&format=json", siren, timeout, pauses)
    return read(siren, epci, communes)


def read(siren: str, epci: Any, communes: Any) -> NationalTerritory:
    """Turn the two answers of the API into values, or say what is wrong with them (NationalApiError)."""
    if not isinstance(epci, Mapping) or epci.get("code") != siren:
        raise _unreadable(f"l'intercommunalité {siren} n'y est pas décrite")
    if not isinstance(communes, list):
        raise _unreadable("la liste des communes n'en est pas une")
    if not communes:
        raise NationalApiError(f"L'API nationale ne donne aucune commune pour le SIREN {siren}.")
    found = sorted((_commune(row) for row in communes), key=lambda c: c.code)
    codes = [c.code for c in found]
    if len(set(codes)) < len(codes):
        raise _unreadable("une commune y figure deux fois")
    drawn = _drawn_together([shape(c.contour) for c in found])
    return NationalTerritory(
        siren=siren,
        name=_text(epci, "nom", "l'intercommunalité"),
        contour=_geojson(shapely.union_all(drawn)),
        communes=tuple(
            NationalCommune(c.code, c.name, c.population, c.lat, c.lon, _geojson(contour))
            for c, contour in zip(found, drawn, strict=True)
        ),
    )


# -- reading ----------------------------------------------------------------------------------------------------------


def _unreadable(what: str) -> NationalApiError:
    return NationalApiError(f"La réponse de l'API nationale est incompréhensible : {what}.")


def _text(row: Mapping[str, Any], field: str, of: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > 80:
        raise _unreadable(f"« {field} » manque pour {of}")
    return value.strip()


def _commune(row: Any) -> NationalCommune:
    if not isinstance(row, Mapping):
        raise _unreadable("une commune n'y est pas décrite")
    name = _text(row, "nom", "une commune")
    code = _text(row, "code", name)
    if not _CODE.fullmatch(code):
        raise _unreadable(f"« {code} » n'est pas un code INSEE")
    population = row.get("population", 0)
    if isinstance(population, bool) or not isinstance(population, int) or not 0 <= population < 2**31:
        raise _unreadable(f"« population » n'est pas un nombre d'habitants pour {name}")
    lat, lon = _point(row.get("mairie") or row.get("centre"), name)
    return NationalCommune(code, name, population, lat, lon, _contour(row.get("contour"), name))


def _point(geometry: Any, of: str) -> tuple[float, float]:
    try:
        lon, lat = (float(value) for value in geometry["coordinates"][:2])
    except (TypeError, KeyError, ValueError):
        raise _unreadable(f"ni la mairie ni le centre de {of} n'y sont placés") from None
    if not (math.isfinite(lat) and math.isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        raise _unreadable(f"la mairie de {of} y est hors du globe")
    return round(lat, DECIMALS), round(lon, DECIMALS)


def _contour(geometry: Any, of: str) -> dict[str, Any]:
    try:
        area = shapely.make_valid(shape(geometry))
        west, south, east, north = area.bounds
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError):
        raise _unreadable(f"le contour de {of} manque") from None
    parts = [part for part in shapely.get_parts(area) if isinstance(part, (Polygon, MultiPolygon)) and part.area]
    if not parts or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _unreadable(f"le contour de {of} n'est pas une surface du globe")
    return dict(mapping(shapely.union_all(parts)))


def _drawn_together(contours: list[BaseGeometry]) -> list[BaseGeometry]:
    """Lighter contours; borders shared by two communes stay shared, where the source has them equal."""
    if shapely.coverage_is_valid(contours):
        lighter: list[BaseGeometry] = list(shapely.coverage_simplify(contours, DRAWING_TOLERANCE))
    else:
        lighter = [contour.simplify(DRAWING_TOLERANCE) for contour in contours]
    return [kept if kept.is_valid and not kept.is_empty else full for kept, full in zip(lighter, contours, strict=True)]


def _geojson(geometry: BaseGeometry) -> dict[str, Any]:
    return dict(mapping(shapely.transform(geometry, lambda xy: xy.round(DECIMALS))))


# -- asking -----------------------------------------------------------------------------------------------------------


def _checked(url: str) -> str:
    """The address itself when it may be asked: https, or plain http on this very machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urllib.parse.urlsplit("")
    if not host or parts.username or parts.query or parts.fragment:
        raise NationalApiError(f"« {url} » n'est pas l'adresse d'une API.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise NationalApiError(f"« {url} » n'est pas une adresse https.")
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _StaysSafe(urllib.request.HTTPRedirectHandler):
    """A redirection may not lead from https to anything less."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _checked(newurl.split("?", 1)[0])
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _TryAgain(Exception):
    """A failure that may pass; says what happened, in French."""


def _ask(url: str, siren: str, timeout: float, pauses: Sequence[float]) -> Any:
    for pause in [*pauses, None]:
        try:
            return _ask_once(url, siren, timeout)
        except _TryAgain as failure:
            if pause is None:
                raise NationalApiError(f"L'API nationale ne répond pas ({failure}) : réessayez plus tard.") from None
            time.sleep(pause)
    raise AssertionError("unreachable: the last try returns or raises")


def _body(answer: Any, deadline: float) -> bytes:
    """What the server sends, within size and time: one that drips bytes never lets a socket time out."""
    body = bytearray()
    while len(body) <= LARGEST_ANSWER and (chunk := answer.read1(1 << 16)):
        body += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _ask_once(url: str, siren: str, timeout: float) -> Any:
    request = urllib.request.Request(  # noqa: S310 -- the scheme was checked
        url, headers={"Accept": "application/json", "User-Agent": "bureaux-volants"}
    )
    opener = urllib.request.build_opener(_StaysSafe())
    try:
        with opener.open(request, timeout=timeout) as answer:
            body = _body(answer, time.monotonic() + LONGEST_READING * timeout)
            expected = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            raise NationalApiError(f"L'API nationale ne connaît pas d'intercommunalité de SIREN {siren}.") from None
        if error.code == 429 or error.code >= 500:
            raise _TryAgain(f"erreur {error.code}") from None
        raise NationalApiError(f"L'API nationale refuse la demande (erreur {error.code}).") from None
    except TimeoutError:
        raise _TryAgain("délai dépassé") from None
    except urllib.error.URLError as error:
        late = isinstance(error.reason, TimeoutError)
        raise _TryAgain("délai dépassé" if late else "connexion impossible") from None
    except (OSError, http.client.HTTPException):
        raise _TryAgain("connexion coupée") from None
    if len(body) > LARGEST_ANSWER:
        raise NationalApiError("La réponse de l'API nationale est trop grande pour être vraie.")
    if expected is not None and expected.isdigit() and len(body) < int(expected):
        raise _TryAgain("réponse tronquée")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _unreadable("ce n'est pas du JSON complet") from None
