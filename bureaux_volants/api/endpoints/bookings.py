"""My bookings: list, make, move, cancel, arrive."""

from __future__ import annotations

import re
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Body, Path, Query, Router, Status
from ninja.params.functions import Header
from pydantic import Field

from bureaux_volants.api.access import ApiRequest, agent_of, author_of, territory_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.idempotency import fingerprint, once
from bureaux_volants.api.openapi import problems
from bureaux_volants.api.problems import Problem
from bureaux_volants.api.schemas import BookingAsk, BookingChange, BookingOut, Bookings, BookingsQuery
from bureaux_volants.booking import service
from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.queries import bookings_of, own
from bureaux_volants.booking.service import Ask

router = Router(tags=["Réservations"])

_REFERENCE = re.compile(r"[A-Za-z0-9]{5}-[A-Za-z0-9]{5}")
Reference = Annotated[str, Field(description="Référence de la réservation, par exemple K7M2Q-X4D9P.")]
Key: Any = Header(
    None,
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    pattern="^[!-~]+$",
    description="Clé choisie par le client : la même demande répétée dans les 24 heures ne réserve qu'une fois.",
)


def told(booking: Booking, directory: Directory) -> dict[str, Any]:
    """A booking in its public shape, in the territory's own time."""
    site = directory.site_by_id(booking.site_id)
    name = next((u.name for u in site.units if u.id == booking.resource_id), "")
    return {
        "reference": booking.reference,
        "kind": booking.kind,
        "state": booking.state,
        "site": site.slug,
        "resource": {"name": name},
        "start": booking.start.astimezone(directory.zone),
        "end": booking.end.astimezone(directory.zone),
    }


def _mine(request: ApiRequest, reference: str) -> Booking:
    if not _REFERENCE.fullmatch(reference):
        raise NotFound(_("Cette réservation n'existe pas."))
    return own(agent_of(request), reference)


def _resource_id(site: SiteEntry, kind: str, name: str | None) -> int | None:
    if name is None:
        return None
    for unit in site.units:
        if unit.kind == kind and unit.name == name:
            return unit.id
    raise Problem("not-found", _("Ce site n'a pas de place de ce nom."))


@router.get(
    "/bookings",
    response=Bookings,
    operation_id="bookings",
    url_name="bookings",
    summary="Mes réservations",
    description="Les miennes seulement, de la plus ancienne à la plus récente, par pages de 200 au plus.",
)
def bookings(request: ApiRequest, query: Query[BookingsQuery]) -> dict[str, Any]:
    only_known_parameters(request, BookingsQuery)
    wanted = Q()
    if query.from_ is not None:
        wanted &= Q(end__gt=query.from_)
    if query.to is not None:
        wanted &= Q(start__lt=query.to)
    if query.state:
        wanted &= Q(state__in=query.state)
    mine = bookings_of(agent_of(request)).filter(wanted).order_by("start", "pk")
    directory = get_directory(territory_of(request))
    return {
        "bookings": [told(b, directory) for b in mine[query.offset : query.offset + query.limit]],
        "count": mine.count(),
        "limit": query.limit,
        "offset": query.offset,
    }


@router.post(
    "/bookings",
    response={201: BookingOut},
    operation_id="book",
    url_name="bookings",
    summary="Réserver",
    description=(
        "Une place du site, au choix du système, ou celle qui est nommée. Refus : 409 quand tout est pris, avec les "
        "sites les plus proches où la même demande serait acceptée ; 422 avec toutes les règles qui refusent."
    ),
    openapi_extra=problems(400, 404, 409, 413, 415),
)
def book(
    request: ApiRequest,
    response: HttpResponse,
    ask: Body[BookingAsk],
    idempotency_key: str = Key,
) -> Status[dict[str, Any]]:
    agent = agent_of(request)
    directory = get_directory(territory_of(request))

    def create() -> dict[str, Any]:
        try:
            site = directory.site(ask.site)
        except KeyError:
            raise Problem("not-found", _("Ce site n'existe pas.")) from None
        wanted = Ask(
            kind=ask.kind.value,
            site_id=site.id,
            start=ask.start,
            end=ask.end,
            features=frozenset(f.value for f in ask.features),
            resource_id=_resource_id(site, ask.kind, ask.resource),
        )
        made = service.book(agent, wanted, author_of(request))
        return told(made, get_directory(directory.territory_id))

    body, repeated = once(agent, idempotency_key, fingerprint("book", ask.model_dump()), create)
    if repeated:
        response["Idempotency-Replayed"] = "true"
    return Status(201, body)


@router.get(
    "/bookings/{reference}",
    response=BookingOut,
    operation_id="booking",
    url_name="booking",
    summary="Une réservation",
    openapi_extra=problems(404),
)
def booking(request: ApiRequest, reference: Path[Reference]) -> dict[str, Any]:
    only_known_parameters(request)
    return told(_mine(request, reference), get_directory(territory_of(request)))


@router.patch(
    "/bookings/{reference}",
    response=BookingOut,
    operation_id="change",
    url_name="booking",
    summary="Déplacer, raccourcir ou prolonger",
    description="Ce qui n'est pas donné ne change pas. Un refus laisse la réservation telle quelle.",
    openapi_extra=problems(400, 404, 409, 413, 415),
)
def change(request: ApiRequest, reference: Path[Reference], wanted: Body[BookingChange]) -> dict[str, Any]:
    before = _mine(request, reference)
    start, end = wanted.start or before.start, wanted.end or before.end
    if end <= start:
        raise Problem("end-before-start")
    after = service.change(before.pk, author_of(request), start=start, end=end)
    return told(after, get_directory(territory_of(request)))


@router.post(
    "/bookings/{reference}/cancel",
    response=BookingOut,
    operation_id="cancel",
    url_name="booking_cancel",
    summary="Annuler",
    description="Une réservation en cours s'arrête maintenant : le reste du temps est rendu.",
    openapi_extra=problems(404, 409, 415),
)
def cancel(request: ApiRequest, reference: Path[Reference]) -> dict[str, Any]:
    ended = service.cancel(_mine(request, reference).pk, author_of(request))
    return told(ended, get_directory(territory_of(request)))


@router.post(
    "/bookings/{reference}/check-in",
    response=BookingOut,
    operation_id="checkIn",
    url_name="booking_check_in",
    summary="Signaler mon arrivée",
    description="Possible peu avant le début et jusqu'à la fin. Le redire ne change rien.",
    openapi_extra=problems(404, 409, 415),
)
def check_in(request: ApiRequest, reference: Path[Reference]) -> dict[str, Any]:
    arrived = service.check_in(_mine(request, reference).pk, author_of(request), Booking.CheckInBy.API)
    return told(arrived, get_directory(territory_of(request)))
