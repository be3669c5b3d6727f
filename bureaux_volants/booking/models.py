"""What can be booked, who booked it, and the constraints that make a double booking impossible whatever code runs."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.constraints import Deferrable
from django.utils.translation import gettext_lazy as _

from .states import HOLDING, State

#: Letters and digits that nobody mistakes for one another when reading a reference over the telephone.
REFERENCE_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_reference() -> str:
    """A booking's public name, such as `K7M2Q-X4D9P`: not guessable, readable aloud."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


class Kind(models.TextChoices):
    """Every kind of thing that can be booked shares one mechanism."""

    DESK = "desk", _("bureau")
    CAR = "car", _("voiture")
    BIKE = "bike", _("vélo")
    CARGO_BIKE = "cargo_bike", _("vélo cargo")
    TRANSPORT_CARD = "transport_card", _("carte de transport")


class Feature(models.TextChoices):
    SECOND_SCREEN = "second_screen", _("deuxième écran")
    DOCK = "dock", _("station d'accueil")
    QUIET = "quiet", _("calme")
    STANDING = "standing", _("bureau assis-debout")
    PHONE_BOOTH = "phone_booth", _("cabine téléphonique")
    WHEELCHAIR = "wheelchair", _("accessible en fauteuil roulant")
    ELECTRIC = "electric", _("électrique")
    AUTOMATIC = "automatic", _("boîte automatique")
    CHILD_SEAT = "child_seat", _("siège enfant")
    LARGE_BOOT = "large_boot", _("grand coffre")
    STEP_THROUGH = "step_through", _("cadre bas")


#: What a desk may have; the others are of vehicles.
DESK_FEATURES = (
    Feature.SECOND_SCREEN,
    Feature.DOCK,
    Feature.QUIET,
    Feature.STANDING,
    Feature.PHONE_BOOTH,
    Feature.WHEELCHAIR,
)


class Resource(models.Model):
    """One unit: this desk, that car."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.PROTECT, related_name="resources", verbose_name=_("site"))
    kind = models.CharField(_("nature"), max_length=14, choices=Kind, default=Kind.DESK)
    name = models.CharField(_("nom"), max_length=60)
    features = ArrayField(
        models.CharField(max_length=20, choices=Feature), default=list, blank=True, verbose_name=_("caractéristiques")
    )
    plan_x = models.FloatField(_("position sur le plan : x"), null=True, blank=True)
    plan_y = models.FloatField(_("position sur le plan : y"), null=True, blank=True)
    seats = models.PositiveSmallIntegerField(_("places assises"), null=True, blank=True)
    range_km = models.PositiveSmallIntegerField(
        _("autonomie (km)"),
        null=True,
        blank=True,
        help_text=_("Vide : le plein se fait partout, la distance ne compte pas."),
    )
    usable_until = models.DateTimeField(
        _("utilisable jusqu'à"),
        null=True,
        blank=True,
        help_text=_("Au-delà, un titre ou un papier n'est plus valable."),
    )
    is_active = models.BooleanField(_("en service"), default=True)

    class Meta:
        verbose_name = _("ressource")
        verbose_name_plural = _("ressources")
        ordering = ["site", "kind", "name"]
        constraints = [models.UniqueConstraint(fields=["site", "kind", "name"], name="resource_name_once_per_site")]

    def __str__(self) -> str:
        return self.name


class RuleSet(models.Model):
    """The settings of the booking rules for one kind: of a territory (site empty), or where a site decides otherwise.

    An empty field of a site's row means "as the territory says". Kinds never share a row: a rule for a desk is not one for a car.
    """

    class Approval(models.TextChoices):
        AUTOMATIC = "automatic", _("automatique")
        ASKED = "asked", _("demandé à l'accueil du site")

    class Default(models.TextChoices):
        GRANTED = "granted", _("accordée")
        REFUSED = "refused", _("refusée")

    territory = models.ForeignKey(
        "territory.Territory", models.CASCADE, related_name="rule_sets", verbose_name=_("territoire")
    )
    site = models.ForeignKey(
        "territory.Site", models.CASCADE, null=True, blank=True, related_name="rule_sets", verbose_name=_("site")
    )
    kind = models.CharField(_("nature"), max_length=14, choices=Kind, default=Kind.DESK)
    notice_minutes = models.PositiveIntegerField(_("préavis (minutes)"), null=True, blank=True)
    horizon_days = models.PositiveIntegerField(_("réservable au plus tard (jours d'avance)"), null=True, blank=True)
    shortest_minutes = models.PositiveIntegerField(_("durée minimale (minutes)"), null=True, blank=True)
    longest_minutes = models.PositiveIntegerField(_("durée maximale (minutes)"), null=True, blank=True)
    weekly_limit = models.PositiveSmallIntegerField(_("jours par personne et par semaine"), null=True, blank=True)
    approval = models.CharField(_("accord du site"), max_length=9, choices=Approval, blank=True)
    approval_hours = models.PositiveSmallIntegerField(_("délai de réponse (heures)"), null=True, blank=True)
    approval_default = models.CharField(_("sans réponse, la demande est"), max_length=7, choices=Default, blank=True)
    grace_minutes = models.PositiveSmallIntegerField(
        _("sans arrivée, libéré après (minutes)"), null=True, blank=True, help_text=_("0 : jamais libéré.")
    )
    check_in_early_minutes = models.PositiveSmallIntegerField(
        _("arrivée possible avant l'heure (minutes)"), null=True, blank=True
    )
    turnaround_minutes = models.PositiveSmallIntegerField(
        _("battement après chaque réservation (minutes)"),
        null=True,
        blank=True,
        help_text=_("Le temps de rendre, de recharger, de nettoyer."),
    )
    is_round_the_clock = models.BooleanField(
        _("à toute heure"),
        null=True,
        blank=True,
        help_text=_(
            "Une boîte à clés ou un badge : les heures d'ouverture du site ne comptent pas. Jamais pour un bureau."
        ),
    )

    class Meta:
        verbose_name = _("règles de réservation")
        verbose_name_plural = _("règles de réservation")
        constraints = [
            models.UniqueConstraint(fields=["territory", "site", "kind"], name="rule_set_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.site or self.territory}"


class DayCapacity(models.Model):
    """How many desks a site lends on one local day, when that is fewer than it has. Whoever had booked before stays."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="+", verbose_name=_("site"))
    day = models.DateField(_("jour"))
    desks = models.PositiveSmallIntegerField(_("bureaux prêtés ce jour-là"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("capacité d'un jour")
        verbose_name_plural = _("capacités d'un jour")
        ordering = ["day", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="day_capacity_once")]

    def __str__(self) -> str:
        return f"{self.site} {self.day} : {self.desks}"


class Series(models.Model):
    """A repeated request. It only remembers what was asked: each date is a booking that stands alone."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class Booking(models.Model):
    """One person's hold on one unit for a half-open range of time."""

    class Counterfactual(models.TextChoices):
        USUAL_SITE = "usual_site", _("j'aurais travaillé sur mon site d'affectation")
        HOME = "home", _("j'aurais travaillé chez moi")
        OTHER_SITE = "other_site", _("j'aurais travaillé ailleurs")
        UNKNOWN = "unknown", _("je ne sais pas")

    class CheckInBy(models.TextChoices):
        QR = "qr", _("code QR du site")
        HOST = "host", _("accueil du site")
        PHONE = "phone", _("téléphone de l'agent")
        BOX = "box", _("boîte à clés")
        API = "api", _("API")

    id = models.BigAutoField(primary_key=True)
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False)
    # A booking is written while others wait: no index whose work another one does already.
    territory = models.ForeignKey(
        "territory.Territory", models.CASCADE, related_name="+", db_index=False, verbose_name=_("territoire")
    )
    site = models.ForeignKey(
        "territory.Site", models.PROTECT, related_name="bookings", db_index=False, verbose_name=_("site")
    )
    kind = models.CharField(_("nature"), max_length=14, choices=Kind)
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="bookings", verbose_name=_("ressource"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="bookings", db_index=False, verbose_name=_("agent")
    )
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("réservé par")
    )
    series = models.ForeignKey(
        Series, models.SET_NULL, null=True, blank=True, related_name="bookings", verbose_name=_("série")
    )
    start = models.DateTimeField(_("début"))
    end = models.DateTimeField(_("fin"))
    held = DateTimeRangeField(_("temps retenu"), help_text=_("Début et fin, plus le battement éventuel après."))
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.CONFIRMED)
    is_pinned = models.BooleanField(_("place choisie"), default=False)
    #: What the unit must offer: features, and thresholds such as `seats:4` (booking/pool.py).
    features = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("demande"))
    counterfactual = models.CharField(_("sans bureau volant"), max_length=10, choices=Counterfactual, blank=True)
    #: Somebody without an account whom a host has let sit down: the agent is the territory's stand-in (booking/visits.py).
    is_visit = models.BooleanField(_("visite"), default=False, db_default=False)
    answer_by = models.DateTimeField(_("réponse attendue avant"), null=True, blank=True)
    #: While requested: it is the person's manager who must agree, not the site yet.
    awaits_manager = models.BooleanField(_("attend l'encadrement"), default=False, db_default=False)
    free_if_absent_at = models.DateTimeField(_("libéré sans arrivée à"), null=True, blank=True)
    checked_in_at = models.DateTimeField(_("arrivée"), null=True, blank=True)
    checked_in_by = models.CharField(_("arrivée dite par"), max_length=5, choices=CheckInBy, blank=True)
    ended_at = models.DateTimeField(_("terminé, annulé ou refusé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=160, blank=True)
    created_at = models.DateTimeField(_("demandé le"))

    class Meta:
        verbose_name = _("réservation")
        verbose_name_plural = _("réservations")
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="booking_reference"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="booking_in_order"),
            # The longest hold bounds how far back a search for overlaps must look; see booking/availability.py.
            models.CheckConstraint(
                condition=Q(kind="desk", end__lte=F("start") + Value("25 hours", output_field=models.DurationField()))
                | (~Q(kind="desk") & Q(end__lte=F("start") + Value("31 days", output_field=models.DurationField()))),
                name="booking_not_endless",
            ),
            ExclusionConstraint(
                name="booking_one_holder_per_unit",
                expressions=[
                    (
                        Func(
                            F("resource"),
                            F("resource"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "=",
                    ),
                    ("held", "&&"),
                ],
                condition=Q(state__in=HOLDING),
                deferrable=Deferrable.IMMEDIATE,
            ),
            ExclusionConstraint(
                name="booking_one_desk_per_person",
                expressions=[
                    (
                        Func(
                            F("agent"),
                            F("agent"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "=",
                    ),
                    ("held", "&&"),
                ],
                condition=Q(state__in=HOLDING, kind="desk", is_visit=False),
                deferrable=Deferrable.IMMEDIATE,
            ),
        ]
        indexes = [
            # Holding bookings only: a search over a day costs the same after ten years of history.
            models.Index(
                fields=["territory", "kind", "start"], name="booking_territory_day", condition=Q(state__in=HOLDING)
            ),
            models.Index(fields=["agent", "-start"], name="booking_agent"),
            models.Index(fields=["site", "start"], name="booking_site_day"),
            models.Index(fields=["free_if_absent_at"], name="booking_no_show", condition=Q(state="confirmed")),
            models.Index(fields=["answer_by"], name="booking_unanswered", condition=Q(state="requested")),
            models.Index(fields=["end"], name="booking_to_complete", condition=Q(state__in=("confirmed", "in_use"))),
        ]

    def __str__(self) -> str:
        return self.reference


class WaitingEntry(models.Model):
    """A place in the queue for a full site. Served in order of arrival, in the transaction that frees a unit."""

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        SERVED = "served", _("servie")
        LEFT = "left", _("retirée")
        EXPIRED = "expired", _("échue")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="waiting", verbose_name=_("site"))
    kind = models.CharField(_("nature"), max_length=14, choices=Kind)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="waiting", verbose_name=_("agent"))
    start = models.DateTimeField(_("début"))
    end = models.DateTimeField(_("fin"))
    features = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("demande"))
    state = models.CharField(_("état"), max_length=7, choices=State, default=State.WAITING)
    booking = models.OneToOneField(
        Booking, models.SET_NULL, null=True, blank=True, related_name="waited_as", verbose_name=_("réservation obtenue")
    )
    created_at = models.DateTimeField(_("demandé le"))
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("attente")
        verbose_name_plural = _("liste d'attente")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="waiting_in_order"),
            models.UniqueConstraint(
                fields=["agent", "site", "kind", "start", "end"], condition=Q(state="waiting"), name="waiting_once"
            ),
        ]
        indexes = [models.Index(fields=["site", "kind", "start"], name="waiting_site", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.site} {self.start:%d/%m %H:%M}"


class LateTap(models.Model):
    """An arrival or a departure said without network, and the answer it had: see replaying.py."""

    class What(models.TextChoices):
        ARRIVE = "arrive", _("arrivée")
        LEAVE = "leave", _("départ")

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.UUIDField()
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="+")
    what = models.CharField(max_length=6, choices=What)
    tapped_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    done = models.BooleanField()
    sentence = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "key"], name="late_tap_once_per_agent")]

    def __str__(self) -> str:
        return str(self.key)
