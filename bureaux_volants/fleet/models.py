"""What the pool is made of, who may drive it, and where each booking goes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, Resource


class Vehicle(models.Model):
    """What a car or a bike has beyond what can be asked for (its seats, range and features are the resource's)."""

    class Energy(models.TextChoices):
        DIESEL = "diesel", _("gazole")
        PETROL = "petrol", _("essence")
        HYBRID = "hybrid", _("hybride")
        ELECTRIC = "electric", _("électrique")
        ASSISTED = "assisted", _("assistance électrique")
        HUMAN = "human", _("sans moteur")

    resource = models.OneToOneField(Resource, models.CASCADE, primary_key=True, related_name="vehicle")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    model = models.CharField(_("modèle"), max_length=60, blank=True)
    plate = models.CharField(_("immatriculation"), max_length=12, blank=True)
    energy = models.CharField(_("énergie"), max_length=8, choices=Energy)
    odometer_km = models.PositiveIntegerField(_("compteur (km)"), default=0)
    charge_percent = models.PositiveSmallIntegerField(_("charge ou plein (%)"), null=True, blank=True)
    insured_until = models.DateField(_("assurance jusqu'au (compris)"), null=True, blank=True)
    inspected_until = models.DateField(_("contrôle technique jusqu'au (compris)"), null=True, blank=True)
    service_due_on = models.DateField(_("entretien avant le"), null=True, blank=True)
    service_due_km = models.PositiveIntegerField(_("entretien avant (km)"), null=True, blank=True)

    class Meta:
        verbose_name = _("véhicule")
        verbose_name_plural = _("véhicules")
        constraints = [
            models.UniqueConstraint(fields=["territory", "plate"], condition=~Q(plate=""), name="plate_once"),
            models.CheckConstraint(condition=Q(charge_percent__lte=100), name="vehicle_charge_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.resource.name} ({self.plate})" if self.plate else self.resource.name


class TransportCard(models.Model):
    """A card that is lent: what it opens, and until when."""

    resource = models.OneToOneField(Resource, models.CASCADE, primary_key=True, related_name="card")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    product = models.CharField(_("titre"), max_length=80)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("nominative, au nom de"),
        help_text=_("Vide : carte anonyme, prêtée à qui la réserve."),
    )
    valid_until = models.DateField(_("valable jusqu'au (compris)"), null=True, blank=True)

    class Meta:
        verbose_name = _("carte de transport")
        verbose_name_plural = _("cartes de transport")

    def __str__(self) -> str:
        return f"{self.resource.name} – {self.product}"


class Licence(models.Model):
    """A driving licence that somebody has seen. Its number is not kept: that it was seen, and until when, is enough."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="licence", verbose_name=_("agent")
    )
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    categories = ArrayField(models.CharField(max_length=3), default=list, verbose_name=_("catégories"))
    valid_from = models.DateField(_("valable du"))
    valid_until = models.DateField(_("au (compris)"))
    checked_on = models.DateField(_("présenté le"))

    class Meta:
        verbose_name = _("permis de conduire")
        verbose_name_plural = _("permis de conduire")
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lte=F("valid_until")), name="licence_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} ({', '.join(self.categories)})"


class TakeHome(models.Model):
    """A written authorisation to keep a service vehicle at home overnight (remisage à domicile)."""

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="take_home", verbose_name=_("agent")
    )
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    valid_from = models.DateField(_("du"))
    valid_until = models.DateField(_("au (compris)"))
    document = models.CharField(_("référence de l'arrêté"), max_length=80)

    class Meta:
        verbose_name = _("autorisation de remisage")
        verbose_name_plural = _("autorisations de remisage")
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lte=F("valid_until")), name="take_home_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.agent} – {self.document}"


class Trip(models.Model):
    """Where a booked vehicle goes, and with how many aboard, the driver included."""

    booking = models.OneToOneField(Booking, models.CASCADE, primary_key=True, related_name="trip")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    destination = models.CharField(_("destination"), max_length=120)
    lat = models.FloatField()
    lon = models.FloatField()
    km = models.FloatField(_("distance (km, un sens)"))
    people = models.PositiveSmallIntegerField(_("personnes à bord"), default=1)

    class Meta:
        verbose_name = _("trajet")
        verbose_name_plural = _("trajets")
        constraints = [models.CheckConstraint(condition=Q(people__gte=1), name="trip_carries_somebody")]

    def __str__(self) -> str:
        return self.destination


class Passenger(models.Model):
    """Somebody who shares another person's trip. Their seat is counted in `Trip.people`."""

    trip = models.ForeignKey(Trip, models.CASCADE, related_name="passengers")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trip", "agent"], name="passenger_once")]

    def __str__(self) -> str:
        return str(self.agent)


class Reading(models.Model):
    """What was read on a vehicle when it was taken or brought back."""

    class Moment(models.TextChoices):
        TAKEN = "taken", _("au départ")
        RETURNED = "returned", _("au retour")

    class Condition(models.TextChoices):
        GOOD = "good", _("rien à signaler")
        DIRTY = "dirty", _("à nettoyer")
        DAMAGED = "damaged", _("abîmé")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="readings")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="readings")
    moment = models.CharField(max_length=8, choices=Moment)
    at = models.DateTimeField()
    odometer_km = models.PositiveIntegerField(null=True, blank=True)
    charge_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    condition = models.CharField(max_length=7, choices=Condition, default=Condition.GOOD)
    note = models.CharField(max_length=400, blank=True)
    #: Entered twice although it looked wrong: kept, shown to the fleet manager, and not used for the vehicle's own count.
    is_doubtful = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "moment"], name="one_reading_each_way"),
            models.CheckConstraint(condition=Q(charge_percent__lte=100), name="reading_charge_is_a_percentage"),
        ]
        indexes = [models.Index(fields=["resource", "-at"], name="reading_of_vehicle")]

    def __str__(self) -> str:
        return f"{self.resource} {self.at:%d/%m %H:%M}"
