"""What the pool is made of, who may drive it, and where each booking goes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, Resource, WaitingEntry


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
    #: The vehicle spends its nights where the person lives: that takes an authorisation (TakeHome).
    at_home = models.BooleanField(_("remisé à domicile"), default=False)

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
        GOOD = "good", _("bien")
        REPORT = "report", _("à signaler")
        UNFIT = "unfit", _("à ne plus conduire")

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


class Policy(models.Model):
    """What a territory decides about its pool. Where there is no row, the defaults hold."""

    territory = models.OneToOneField(
        "territory.Territory", models.CASCADE, primary_key=True, related_name="+", verbose_name=_("territoire")
    )
    late_holder_minutes = models.PositiveSmallIntegerField(
        _("retard : la personne est prévenue après (minutes)"), default=10
    )
    late_manager_minutes = models.PositiveSmallIntegerField(
        _("retard : la gestion de flotte est prévenue après (minutes)"), default=60
    )
    late_ahead_minutes = models.PositiveSmallIntegerField(
        _("retard : la personne suivante change de véhicule avant son départ (minutes)"), default=20
    )
    service_soon_days = models.PositiveSmallIntegerField(_("entretien annoncé avant (jours)"), default=30)
    service_soon_km = models.PositiveIntegerField(_("entretien annoncé avant (km)"), default=1000)
    cars_need_charter = models.BooleanField(
        _("une voiture demande l'acceptation de la charte"),
        default=False,
        help_text=_("Sans effet tant qu'aucune charte n'est en vigueur."),
    )

    class Meta:
        verbose_name = _("règles de la flotte")
        verbose_name_plural = _("règles de la flotte")

    def __str__(self) -> str:
        return str(self.territory)


class LateReturn(models.Model):
    """A unit that was not back at the hour said: who was told, and when. What is written here is told once."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="late_returns")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    #: The end that was said. Who extends a loan and is late again is told again.
    due_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    holder_told_at = models.DateTimeField(null=True)
    manager_told_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["booking", "due_at"], name="late_once")]
        indexes = [models.Index(fields=["due_at"], name="late_still", condition=Q(over_at=None))]

    def __str__(self) -> str:
        return f"{self.booking} {self.due_at:%d/%m %H:%M}"


class LeftWithout(models.Model):
    """Somebody whose unit is late, for whom no other was found: told once what else there is, and once how it ended."""

    late = models.ForeignKey(LateReturn, models.CASCADE, related_name="left_without")
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="left_without")
    told_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["late", "booking"], name="left_without_once")]

    def __str__(self) -> str:
        return str(self.booking)


class Announced(models.Model):
    """That somebody was told of a paper that ends: `days` before `last_day`. A renewed paper has another last day."""

    class What(models.TextChoices):
        LICENCE = "licence", _("permis de conduire")
        TAKE_HOME = "take_home", _("autorisation de remisage")
        INSURANCE = "insurance", _("assurance")
        INSPECTION = "inspection", _("contrôle technique")
        CARD = "card", _("carte de transport")
        SERVICE = "service", _("entretien")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=What)
    #: The licence, authorisation, vehicle or card.
    subject_id = models.BigIntegerField()
    last_day = models.DateField(null=True)
    days = models.SmallIntegerField()
    #: The odometer at which a service is due; 0 for what only time ends.
    km = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "what", "subject_id", "last_day", "days", "km"],
                name="announced_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.subject_id} {self.last_day}"


class Damage(models.Model):
    """Something wrong with a unit, as somebody saw it. `booking`: theirs; `before`: who had it before them."""

    class Severity(models.TextChoices):
        REPORT = "report", _("à signaler")
        UNFIT = "unfit", _("à ne plus conduire")

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="damages")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    booking = models.ForeignKey(Booking, models.SET_NULL, null=True, related_name="damages")
    before = models.ForeignKey(Booking, models.SET_NULL, null=True, related_name="+")
    reported_at = models.DateTimeField()
    severity = models.CharField(max_length=6, choices=Severity)
    note = models.CharField(max_length=400, blank=True)
    photo = models.FileField(upload_to="damages/", blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    how = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-reported_at", "-pk"]
        indexes = [models.Index(fields=["resource", "-reported_at"], name="damage_of_unit")]
        constraints = [
            # The state given back with a booking is one report, however often the page is sent.
            models.UniqueConstraint(fields=["booking", "severity", "note"], name="damage_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.reported_at:%d/%m %H:%M}"


class OutOfService(models.Model):
    """A time when a unit could not be lent, and why. Open while it lasts."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="outages")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["resource"], condition=Q(until=None), name="out_of_service_once")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.since:%d/%m}"


class Upkeep(models.Model):
    """A service that was done."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="upkeeps")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    done_on = models.DateField()
    odometer_km = models.PositiveIntegerField(null=True)
    what = models.CharField(max_length=120)

    class Meta:
        ordering = ["-done_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.resource} {self.done_on}"


class Cost(models.Model):
    """What a unit cost, on a day, for one thing. Euros, taxes included."""

    class Category(models.TextChoices):
        ENERGY = "energy", _("énergie")
        UPKEEP = "upkeep", _("entretien")
        INSURANCE = "insurance", _("assurance")
        CLAIM = "claim", _("sinistre")
        RENT = "rent", _("location")

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="costs")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    day = models.DateField()
    category = models.CharField(max_length=9, choices=Category)
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["resource", "-day"], name="cost_of_unit")]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="cost_is_something")]

    def __str__(self) -> str:
        return f"{self.resource} {self.day} {self.amount}"


class WantedTrip(models.Model):
    """Where somebody who waits for a vehicle wants to go: becomes the trip of the booking that they are given."""

    entry = models.OneToOneField(WaitingEntry, models.CASCADE, primary_key=True, related_name="wanted_trip")
    destination = models.CharField(max_length=120)
    lat = models.FloatField()
    lon = models.FloatField()
    km = models.FloatField()
    people = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return self.destination
