"""The life of the demonstration's places: welcome sheets with drawn pictures, somebody who stands in, a visitor today.

Everything goes through the services that hosts use (hosting/). What the sheets say is an example, like the hours and the
desks; a place's own way to come and surroundings are those of sites.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress
from random import Random

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from bureaux_volants.booking import service
from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.events.log import Author, as_of
from bureaux_volants.events.models import Event
from bureaux_volants.hosting import sheets
from bureaux_volants.hosting.handing_over import colleagues, hand_over
from bureaux_volants.hosting.merging import Content, Photo
from bureaux_volants.hosting.models import SheetPhoto
from bureaux_volants.hosting.reception import receive_visitor
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent

from . import drawing
from .scenes import CLOSED_MAIRIE, HOSTED_MAIRIE

BIKE = (
    "Arceaux devant l'entrée. Un abri fermé dans la cour : demandez la clé à l'accueil.",
    "Quatre arceaux sur le parvis, visibles depuis le hall.",
    "Rentrez votre vélo dans le local du rez-de-chaussée, à gauche du hall.",
)
STOPS = (
    "L'arrêt de bus est à trois minutes à pied, sans traverser de grande rue.",
    "Descendez à l'arrêt le plus proche : le bâtiment se voit du trottoir.",
    "Comptez cinq minutes à pied depuis l'arrêt de bus.",
)
CAR = (
    "Places en zone bleue autour du bâtiment : une heure et demie, disque obligatoire.",
    "Un parking gratuit derrière le bâtiment. Laissez libres les places du matin.",
    "Peu de places : préférez le vélo ou le bus.",
)
DOOR = (
    "Porte principale aux heures d'ouverture. Avant, la porte de service, à gauche.",
    "Entrée par la cour. L'interphone « Accueil » répond dès l'ouverture.",
)
WIFI = "Le réseau des agents fonctionne ici. Pour les visites : réseau « Accueil », mot de passe affiché au guichet."
LUNCH = (
    "Une salle avec réfrigérateur et micro-ondes au premier étage.",
    "Une cuisine au fond du couloir ; la boulangerie est au coin de la rue.",
    "Pas de salle pour déjeuner ici : on sort entre midi et deux.",
)
LEAVING = (
    "Éteignez l'écran, fermez la fenêtre, rangez la chaise.",
    "Laissez le bureau vide et la salle comme vous l'avez trouvée. Merci !",
)

Hosts = Mapping[int, Agent]


def live_places(directory: Directory, hosts: Hosts, host: Agent, *, seed: int, now: dt.datetime) -> None:
    """Write the sheets of all sites, the handovers, and today's visitor. `host` is the persona."""
    write_sheets(directory, directory.sites, hosts, host, seed=seed, now=now)
    _hand_over(directory, hosts, host, now)
    _visit(directory, directory.site(HOSTED_MAIRIE), host, now)
    # Nothing is mailed: nobody is there to read it.
    Notice.objects.filter(territory_id=directory.territory_id, kind__startswith="handover.").update(
        delivery=Notice.Delivery.NONE, next_attempt_at=None
    )


def write_sheets(
    directory: Directory, sites: Iterable[SiteEntry], hosts: Hosts, host: Agent, *, seed: int, now: dt.datetime
) -> None:
    """Write the sheets of some sites, each by its host, or else by `host`."""
    for site in sites:
        _write_sheet(directory, site, hosts.get(site.id, host), Random(f"{seed}/sheet/{site.slug}"), now)


def _by(agent: Agent) -> Author:
    return Author(agent, Event.Origin.WEB)


def _picture(site: SiteEntry, name: str, jpeg: bytes, at: dt.datetime, directory: Directory) -> int:
    """A drawn picture under a name of its own: loading the demonstration again replaces the file."""
    path = f"accueil/demonstration-{site.slug}-{name}.jpg"
    default_storage.delete(path)
    kept = default_storage.save(path, ContentFile(jpeg))
    photo = SheetPhoto.objects.create(territory_id=directory.territory_id, site_id=site.id, image=kept, added_at=at)
    return photo.pk


def _write_sheet(directory: Directory, site: SiteEntry, author: Agent, rng: Random, now: dt.datetime) -> None:
    """A first version a month ago, and a second one with the pictures."""
    texts = {
        "bike": rng.choice(BIKE),
        "stops": rng.choice(STOPS),
        "car": rng.choice(CAR),
        "door": rng.choice(DOOR),
        "code": f"{rng.randrange(1000, 10000)}{rng.choice('AB')}",
        "wifi": WIFI,
        "lunch": rng.choice(LUNCH),
        "contact": f"{author.first_name}, à l'accueil.",
        "leaving": "",
    }
    month_ago, week_ago = now - dt.timedelta(days=rng.randrange(25, 40)), now - dt.timedelta(days=rng.randrange(3, 9))
    place = directory.territory_id, site.id
    with as_of(month_ago):
        sheets.write(*place, Content(texts), 0, _by(author), now=month_ago)
    photos = (
        Photo(
            _picture(site, "facade", drawing.front(site.slug), week_ago, directory),
            "Dessin de la façade, la porte au milieu",
        ),
        Photo(
            _picture(site, "bureau", drawing.desk(site.slug), week_ago, directory),
            "Dessin d'un bureau près de la fenêtre",
        ),
    )
    with as_of(week_ago):
        sheets.write(*place, Content({**texts, "leaving": rng.choice(LEAVING)}, photos), 1, _by(author), now=week_ago)


def _hand_over(directory: Directory, hosts: Hosts, host: Agent, now: dt.datetime) -> None:
    """Somebody stands in at a mairie from today on, and at the persona's next week."""
    today = directory.today(now)
    monday = monday_of(today) + dt.timedelta(days=7)
    away = hosts.get(directory.site(CLOSED_MAIRIE).id)
    spans = [(host, monday, monday + dt.timedelta(days=4))]
    if away is not None and away != host:
        spans.insert(0, (away, today, today + dt.timedelta(days=6)))
    for person, first, last in spans:
        substitute = colleagues(person).first()
        if substitute is not None:
            with as_of(now):
                hand_over(person, substitute.pk, first, last, _by(person), now=now)


def _visit(directory: Directory, site: SiteEntry, host: Agent, now: dt.datetime) -> None:
    """Somebody without an account came to Marly today, an hour ago when the doors were open then."""
    whole = site.day(directory.today(now)).whole
    if whole is None or now < whole.start:
        return
    came = max(whole.start, min(now - dt.timedelta(hours=1), whole.end - dt.timedelta(hours=2)))
    # Where the day is full, there is no visitor.
    with suppress(BookingError), as_of(came):
        visitor = receive_visitor(
            directory.territory_id, site.id, _by(host), name="Association des habitants", now=came
        )
        if visitor.booking.end <= now:
            service.complete(visitor.booking_id, now=now)
