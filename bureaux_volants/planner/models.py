"""The days that people asked about, what was proposed, what was booked of it; and the rides that they share."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, new_reference


class DayPlan(models.Model):
    """What somebody asked of a day and what was answered, as it was then: `answer` names the tables it was worked out with.

    `chosen` is the number of the plan that was booked, from 0.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="day_plans", verbose_name=_("agent")
    )
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    date = models.DateField(_("jour"))
    asked = models.JSONField(_("demande"))
    answer = models.JSONField(_("réponse"))
    chosen = models.PositiveSmallIntegerField(_("journée retenue"), null=True, blank=True)
    created_at = models.DateTimeField(_("demandée le"))
    booked_at = models.DateTimeField(_("réservée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("journée")
        verbose_name_plural = _("journées")
        indexes = [models.Index(fields=["agent", "-created_at"], name="day_plan_of")]

    def __str__(self) -> str:
        return self.reference


class PlanPart(models.Model):
    """A booking that was made for a day plan."""

    plan = models.ForeignKey(DayPlan, models.CASCADE, related_name="parts", verbose_name=_("journée"))
    booking = models.OneToOneField(Booking, models.CASCADE, related_name="plan_part", verbose_name=_("réservation"))

    class Meta:
        verbose_name = _("partie d'une journée")
        verbose_name_plural = _("parties d'une journée")

    def __str__(self) -> str:
        return f"{self.plan} – {self.booking}"


class PlanSeat(models.Model):
    """A seat in a colleague's car that was asked for with a day plan."""

    plan = models.ForeignKey(DayPlan, models.CASCADE, related_name="seats", verbose_name=_("journée"))
    request = models.OneToOneField(
        "planner.RideRequest", models.CASCADE, related_name="plan_seat", verbose_name=_("place demandée")
    )

    class Meta:
        verbose_name = _("place d'une journée")
        verbose_name_plural = _("places d'une journée")

    def __str__(self) -> str:
        return f"{self.plan} – {self.request}"


class CalendarLink(models.Model):
    """Where somebody's own calendar is read, and with what name and password: secrets, kept sealed (agenda/keeping.py)."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_link", verbose_name=_("agent")
    )
    sealed = models.TextField(_("adresse et accès, chiffrés"))
    created_at = models.DateTimeField(_("reliée le"))

    class Meta:
        verbose_name = _("agenda relié")
        verbose_name_plural = _("agendas reliés")

    def __str__(self) -> str:
        return f"agenda {self.pk}"


class CalendarFeed(models.Model):
    """An address at which a calendar programme reads what is booked: one's own stays, or who comes to a site that one hosts.

    Whoever has the address reads it: only what recognises it is kept, it is shown once, and taken back by deleting the row.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds", verbose_name=_("agent")
    )
    site = models.ForeignKey(
        "territory.Site", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("site")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("créé le"))

    class Meta:
        verbose_name = _("agenda publié")
        verbose_name_plural = _("agendas publiés")
        constraints = [
            models.UniqueConstraint(fields=["agent", "site"], name="one_feed_each", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"flux {self.pk}"


def _one(who: str) -> Func:
    """A person as a range of one, for a constraint that needs no extension."""
    return Func(F(who), F(who), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


class RideOffer(models.Model):
    """A car that its driver opens to colleagues: their own, or a pool car that they booked.

    `taken` counts the seats asked for or given; no more than `seats` can be, whoever writes. `stops` is the order in which
    people get in and out: `[request, name, lat, lon, key]`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("ouvert")
        CANCELLED = "cancelled", _("annulé")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    driver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ride_offers", verbose_name=_("conducteur")
    )
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    booking = models.ForeignKey(
        Booking, models.CASCADE, null=True, blank=True, related_name="ride_offers", verbose_name=_("réservation")
    )
    origin = models.CharField(_("départ"), max_length=120)
    origin_lat = models.FloatField()
    origin_lon = models.FloatField()
    origin_is_home = models.BooleanField(default=False)
    destination = models.CharField(_("arrivée"), max_length=120)
    destination_lat = models.FloatField()
    destination_lon = models.FloatField()
    destination_is_home = models.BooleanField(default=False)
    depart = models.DateTimeField(_("départ à"))
    arrive = models.DateTimeField(_("arrivée vers"))
    flexible_minutes = models.PositiveSmallIntegerField(_("souplesse (min)"), default=0)
    max_detour_minutes = models.PositiveSmallIntegerField(_("détour accepté (min)"), default=10)
    seats = models.PositiveSmallIntegerField(_("places offertes"))
    taken = models.PositiveSmallIntegerField(_("places prises"), default=0)
    energy = models.CharField(_("énergie"), max_length=8, default="diesel")
    stops = models.JSONField(default=list, blank=True)
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("proposé le"))

    class Meta:
        verbose_name = _("trajet proposé")
        verbose_name_plural = _("trajets proposés")
        indexes = [
            models.Index(fields=["territory", "depart"], name="ride_offers_when"),
            models.Index(fields=["driver", "depart"], name="ride_offers_of"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(seats__gte=1, seats__lte=8), name="ride_offers_seats"),
            models.CheckConstraint(condition=Q(taken__lte=F("seats")), name="ride_never_oversold"),
            models.CheckConstraint(condition=Q(arrive__gt=F("depart")), name="ride_arrives_after"),
            models.UniqueConstraint(fields=["booking"], condition=~Q(state="cancelled"), name="ride_one_of_a_booking"),
            ExclusionConstraint(
                name="one_person_drives_one_car",
                expressions=[
                    (_one("driver"), RangeOperators.EQUAL),
                    (
                        Func(F("depart"), F("arrive"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(state="cancelled"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination}"


class RideRequest(models.Model):
    """Somebody who asks for a seat. While it is asked for or given, the seat is theirs, and no other car can have them then."""

    class State(models.TextChoices):
        ASKED = "asked", _("demandée")
        ACCEPTED = "accepted", _("acceptée")
        REFUSED = "refused", _("refusée")
        WITHDRAWN = "withdrawn", _("retirée")
        #: The ride is not driven, or nobody answered before it left.
        GONE = "gone", _("sans suite")

    offer = models.ForeignKey(RideOffer, models.CASCADE, related_name="requests", verbose_name=_("trajet"))
    passenger = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ride_requests", verbose_name=_("passager")
    )
    origin = models.CharField(_("de"), max_length=120)
    origin_is_home = models.BooleanField(default=False)
    destination = models.CharField(_("à"), max_length=120)
    destination_is_home = models.BooleanField(default=False)
    pick_up = models.CharField(_("montée"), max_length=120)
    pick_up_lat = models.FloatField()
    pick_up_lon = models.FloatField()
    picked_at = models.DateTimeField(_("montée à"))
    drop = models.CharField(_("descente"), max_length=120)
    drop_lat = models.FloatField()
    drop_lon = models.FloatField()
    dropped_at = models.DateTimeField(_("descente à"))
    km = models.FloatField(_("distance (km)"))
    detour_minutes = models.FloatField(_("détour (min)"))
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("demandée le"))
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)

    class Meta:
        verbose_name = _("place demandée")
        verbose_name_plural = _("places demandées")
        indexes = [models.Index(fields=["passenger", "-picked_at"], name="ride_requests_of")]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "passenger"], condition=Q(state__in=["asked", "accepted"]), name="ride_asked_once"
            ),
            ExclusionConstraint(
                name="one_person_rides_in_one_car",
                expressions=[
                    (_one("passenger"), RangeOperators.EQUAL),
                    (
                        Func(F("picked_at"), F("dropped_at"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state__in=["asked", "accepted"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.passenger} – {self.offer}"


#: A request in one of these has its seat.
RIDING = (RideRequest.State.ASKED, RideRequest.State.ACCEPTED)
