"""State of the territory: who may sit where, and when the doors are open."""

from __future__ import annotations

import datetime
import secrets
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateRangeField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

SIREN = RegexValidator(r"^\d{9}$", _("Un SIREN compte neuf chiffres."))
SIRET = RegexValidator(r"^\d{14}$", _("Un SIRET compte quatorze chiffres."))
MONTH_DAY = RegexValidator(
    r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", _("Une date sans année s'écrit MM-JJ, par exemple 07-14.")
)
LATITUDE = [MinValueValidator(-90), MaxValueValidator(90)]
LONGITUDE = [MinValueValidator(-180), MaxValueValidator(180)]

WEEKDAYS = [
    (1, _("lundi")),
    (2, _("mardi")),
    (3, _("mercredi")),
    (4, _("jeudi")),
    (5, _("vendredi")),
    (6, _("samedi")),
    (7, _("dimanche")),
]


class Territory(models.Model):
    """An intercommunal authority (EPCI). It owns everything else: no query crosses territories."""

    class Assessment(models.TextChoices):
        WEEK = "week", _("par semaine")
        MONTH = "month", _("par mois")

    siren = models.CharField("SIREN", max_length=9, unique=True, validators=[SIREN])
    name = models.CharField(_("nom"), max_length=120)
    slug = models.SlugField(_("identifiant"), max_length=60, unique=True)
    time_zone = models.CharField(_("fuseau horaire"), max_length=40, default="Europe/Paris")
    half_day_at = models.TimeField(_("passage du matin à l'après-midi"), default="13:00")
    contour = models.JSONField(_("contour (géométrie GeoJSON)"), null=True, blank=True)
    contours_are_schematic = models.BooleanField(_("contours schématiques"), default=True)
    is_demonstration = models.BooleanField(
        _("démonstration"),
        default=False,
        help_text=_("Les personnes et les réservations sont inventées ; l'interface le dit."),
    )

    # Telework, décret 2016-151: the authority decides what a day at a flying desk is.
    flying_day_is_telework = models.BooleanField(
        _("une journée en bureau volant compte comme télétravail"), default=True
    )
    telework_days_per_week = models.PositiveSmallIntegerField(_("télétravail : jours par semaine au plus"), default=3)
    presence_days_per_week = models.PositiveSmallIntegerField(
        _("présence sur le site d'affectation : jours par semaine au moins"), default=2
    )
    telework_assessed_by = models.CharField(
        _("télétravail : apprécié"), max_length=5, choices=Assessment, default=Assessment.WEEK
    )

    # How long a past booking keeps its person's name, days; then the fact stays and the name goes.
    names_kept_days = models.PositiveSmallIntegerField(
        _("noms conservés sur les réservations passées (jours)"), default=90
    )
    # Longer for vehicles: an offence is attributed to its driver months later.
    vehicle_names_kept_days = models.PositiveSmallIntegerField(
        _("noms conservés sur les prêts de véhicules et de cartes passés (jours)"), default=365
    )

    # Drawn anew by database triggers when anything of the directory changes; see booking/directory.py.
    directory_version = models.BigIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("territoire")
        verbose_name_plural = _("territoires")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Commune(models.Model):
    """A member commune, known by its INSEE code."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="communes", verbose_name=_("territoire"))
    code = models.CharField(_("code INSEE"), max_length=5)
    name = models.CharField(_("nom"), max_length=80)
    population = models.PositiveIntegerField(_("population"), default=0)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    contour = models.JSONField(_("contour (géométrie GeoJSON)"), null=True, blank=True)

    class Meta:
        verbose_name = _("commune")
        verbose_name_plural = _("communes")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["territory", "code"], name="commune_once_per_territory")]

    def __str__(self) -> str:
        return self.name

    @property
    def departement(self) -> str:
        """Département number; Moselle, Bas-Rhin and Haut-Rhin keep two more public holidays."""
        return self.code[:3] if self.code.startswith(("97", "98")) else self.code[:2]


class Landmark(models.Model):
    """A named point that people know and start from: a stop, a station, a square. Nothing can be booked there."""

    class Kind(models.TextChoices):
        STOP = "stop", _("arrêt")
        ADDRESS = "address", _("adresse")
        PARK_AND_RIDE = "park", _("parking-relais")
        OTHER = "other", _("lieu")

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="landmarks", verbose_name=_("territoire"))
    kind = models.CharField(_("nature"), max_length=7, choices=Kind, default=Kind.STOP)
    name = models.CharField(_("nom"), max_length=120)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)

    class Meta:
        verbose_name = _("lieu connu")
        verbose_name_plural = _("lieux connus")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "kind", "name"], name="landmark_once_per_territory")
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """An employer: the métropole or a commune."""

    class Kind(models.TextChoices):
        INTERCOMMUNAL = "intercommunal", _("intercommunalité")
        COMMUNE = "commune", _("commune")

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="organisations", verbose_name=_("territoire"))
    siret = models.CharField("SIRET", max_length=14, validators=[SIRET])
    name = models.CharField(_("nom"), max_length=120)
    kind = models.CharField(_("nature"), max_length=13, choices=Kind)
    commune = models.ForeignKey(Commune, models.SET_NULL, null=True, blank=True, verbose_name=_("commune"))

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["territory", "siret"], name="organisation_once_per_territory")]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A team inside an organisation (direction, service): what "my team" means."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="services", verbose_name=_("territoire"))
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="services", verbose_name=_("organisation")
    )
    name = models.CharField(_("nom"), max_length=120)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="service_once_per_organisation")]

    def __str__(self) -> str:
        return self.name


class TeamDay(models.Model):
    """A day on which a service is together at one site: a weekday from one date to another, or a single date.

    `last_day` empty: until further notice. `skipped`: dates on which it does not take place.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="team_days", verbose_name=_("territoire"))
    service = models.ForeignKey(Service, models.CASCADE, related_name="team_days", verbose_name=_("service"))
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="+", verbose_name=_("site"))
    weekday = models.PositiveSmallIntegerField(_("jour"), choices=WEEKDAYS)
    first_day = models.DateField(_("à partir du"))
    last_day = models.DateField(_("jusqu'au (compris)"), null=True, blank=True)
    skipped = ArrayField(models.DateField(), default=list, blank=True, verbose_name=_("sauf le"))
    created_by = models.ForeignKey(
        "territory.Agent", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("journée d'équipe")
        verbose_name_plural = _("journées d'équipe")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="team_day_in_order",
                violation_error_message=_("Le dernier jour doit suivre le premier."),
            ),
            models.CheckConstraint(condition=models.Q(weekday__gte=1, weekday__lte=7), name="team_day_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.service} – {self.get_weekday_display()}"

    @property
    def is_single(self) -> bool:
        return self.first_day == self.last_day

    def falls_on(self, day: datetime.date) -> bool:
        """Whether the service is together that day."""
        return (
            day.isoweekday() == self.weekday
            and self.first_day <= day
            and (self.last_day is None or day <= self.last_day)
            and day not in self.skipped
        )


class Phase(models.Model):
    """A step of the roll-out. Sites that belong to it cannot be booked for a day outside it; a restricted one, by its members only."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="phases", verbose_name=_("territoire"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    name = models.CharField(_("nom"), max_length=80)
    opens_on = models.DateField(_("ouvre le"))
    closes_on = models.DateField(_("se termine le (compris)"), null=True, blank=True)
    is_restricted = models.BooleanField(
        _("réservée à ses participants"),
        default=False,
        db_default=False,
        help_text=_("Seules les personnes de la phase réservent un bureau dans ses sites."),
    )

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["territory", "number"], name="phase_once_per_territory")]

    def __str__(self) -> str:
        return self.name


class PhaseMember(models.Model):
    """Somebody who takes part in a restricted phase."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="members", verbose_name=_("phase"))
    agent = models.ForeignKey("territory.Agent", models.CASCADE, related_name="+", verbose_name=_("agent"))

    class Meta:
        verbose_name = _("participant d'une phase")
        verbose_name_plural = _("participants d'une phase")
        constraints = [models.UniqueConstraint(fields=["phase", "agent"], name="phase_member_once")]

    def __str__(self) -> str:
        return f"{self.agent} – {self.phase}"


def new_check_in_code() -> str:
    return secrets.token_urlsafe(12)


class Site(models.Model):
    """A place of work: a mairie that lends desks, or a building of the métropole."""

    class Kind(models.TextChoices):
        METROPOLE = "metropole", _("site de la métropole")
        MAIRIE = "mairie", _("mairie")
        THIRD_PLACE = "third_place", _("tiers-lieu")

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="sites", verbose_name=_("territoire"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="sites", verbose_name=_("organisation qui accueille")
    )
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="sites", verbose_name=_("commune"))
    slug = models.SlugField(_("identifiant"), max_length=60)
    name = models.CharField(_("nom"), max_length=120)
    kind = models.CharField(_("nature"), max_length=11, choices=Kind)
    address = models.CharField(_("adresse"), max_length=200, blank=True)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    access_notes = models.TextField(_("comment venir"), blank=True)
    around = models.TextField(_("autour"), blank=True)
    equipment = models.TextField(_("équipement"), blank=True)
    photo = models.ImageField(_("photo"), upload_to="sites/", blank=True)
    phase = models.ForeignKey(
        Phase, models.SET_NULL, null=True, blank=True, related_name="sites", verbose_name=_("phase d'ouverture")
    )
    open_to = models.ManyToManyField(
        Organisation,
        blank=True,
        related_name="may_use",
        verbose_name=_("ouvert à"),
        help_text=_("Vide : ouvert à tout le territoire."),
    )
    is_active = models.BooleanField(_("en service"), default=True)
    check_in_code = models.CharField(
        _("code d'arrivée (QR)"), max_length=24, unique=True, default=new_check_in_code, editable=False
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["territory", "slug"], name="site_slug_once_per_territory")]

    def __str__(self) -> str:
        return self.name


class Season(models.Model):
    """Part of the year with its own hours at one site. Month-day bounds, both included; may pass over 31 December."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="seasons", verbose_name=_("site"))
    name = models.CharField(_("nom"), max_length=60)
    first_day = models.CharField(_("premier jour (MM-JJ)"), max_length=5, validators=[MONTH_DAY])
    last_day = models.CharField(_("dernier jour (MM-JJ)"), max_length=5, validators=[MONTH_DAY])

    class Meta:
        verbose_name = _("saison")
        verbose_name_plural = _("saisons")

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """One open interval of a weekday, local time, half-open. Two rows make a day with a lunch break; one, a half-day."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="opening_hours", verbose_name=_("site"))
    season = models.ForeignKey(
        Season,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="opening_hours",
        verbose_name=_("saison"),
        help_text=_("Vide : le reste de l'année."),
    )
    weekday = models.PositiveSmallIntegerField(_("jour"), choices=WEEKDAYS)
    opens_at = models.TimeField(_("ouvre à"))
    closes_at = models.TimeField(_("ferme à"))

    class Meta:
        verbose_name = _("horaire d'ouverture")
        verbose_name_plural = _("horaires d'ouverture")
        ordering = ["weekday", "opens_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")),
                name="opening_hours_in_order",
                violation_error_message=_("L'heure de fermeture doit suivre l'heure d'ouverture."),
            ),
            models.CheckConstraint(condition=models.Q(weekday__gte=1, weekday__lte=7), name="opening_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class Closure(models.Model):
    """A time when one site, or every site (site empty), is shut. Half-open."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="closures", verbose_name=_("territoire"))
    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name=_("site"),
        help_text=_("Vide : tous les sites."),
    )
    start = models.DateTimeField(_("début"))
    end = models.DateTimeField(_("fin"))
    reason = models.CharField(_("motif"), max_length=120)
    created_by = models.ForeignKey(
        "territory.Agent", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("fermeture")
        verbose_name_plural = _("fermetures")
        ordering = ["start"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start__lt=models.F("end")),
                name="closure_in_order",
                violation_error_message=_("La fin doit suivre le début."),
            )
        ]

    def __str__(self) -> str:
        return self.reason


class AgentManager(BaseUserManager["Agent"]):
    """Agents are found by e-mail, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Agent:
        agent = self.model(email=self.normalize_email(email).lower(), **fields)
        agent.set_password(password)
        agent.save(using=self._db)
        return agent

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Agent:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Agent:
        return self.get(email__iexact=username)


class Agent(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: an agent of the métropole or of a commune."""

    class Visibility(models.TextChoices):
        TEAM = "team", _("mon équipe")
        ORGANISATION = "organisation", _("mon organisation")
        EVERYONE = "everyone", _("tout le territoire")
        NOBODY = "nobody", _("personne")

    territory = models.ForeignKey(
        Territory, models.CASCADE, null=True, blank=True, related_name="agents", verbose_name=_("territoire")
    )
    email = models.EmailField(_("adresse électronique"), unique=True)
    first_name = models.CharField(_("prénom"), max_length=60, blank=True)
    last_name = models.CharField(_("nom"), max_length=60, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="agents", verbose_name=_("employeur")
    )
    service = models.ForeignKey(
        Service, models.SET_NULL, null=True, blank=True, related_name="agents", verbose_name=_("service")
    )
    usual_site = models.ForeignKey(
        Site, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("site d'affectation")
    )
    home_commune = models.ForeignKey(
        Commune, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("commune de résidence")
    )
    home_lat = models.FloatField(_("domicile : latitude"), null=True, blank=True, validators=LATITUDE)
    home_lon = models.FloatField(_("domicile : longitude"), null=True, blank=True, validators=LONGITUDE)
    telework_weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=WEEKDAYS),
        default=list,
        blank=True,
        verbose_name=_("jours de télétravail à domicile convenus"),
        help_text=_("1 pour lundi … 5 pour vendredi."),
    )
    visibility = models.CharField(
        _("qui voit où je travaille"), max_length=12, choices=Visibility, default=Visibility.TEAM
    )
    is_active = models.BooleanField(_("actif"), default=True)
    is_staff = models.BooleanField(_("accède à l'administration"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AgentManager] = AgentManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="agent_email_once", violation_error_message=_("Cette adresse est déjà utilisée.")
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email


class Grant(models.Model):
    """A role, held over a whole territory (organisation and site empty), one organisation, or one site."""

    class Role(models.TextChoices):
        AGENT = "agent", _("agent")
        HOST = "host", _("accueil")
        FLEET_MANAGER = "fleet_manager", _("gestion de flotte")
        MANAGER = "manager", _("encadrement")
        LAB = "lab", _("labo et évaluation")
        ADMINISTRATOR = "administrator", _("administration")

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="grants", verbose_name=_("territoire"))
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="grants", verbose_name=_("agent"))
    role = models.CharField(_("rôle"), max_length=13, choices=Role)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="grants", verbose_name=_("organisation")
    )
    site = models.ForeignKey(Site, models.CASCADE, null=True, blank=True, related_name="grants", verbose_name=_("site"))

    class Meta:
        verbose_name = _("rôle attribué")
        verbose_name_plural = _("rôles attribués")
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "role", "organisation", "site", "territory"], name="grant_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(organisation=None) | models.Q(site=None),
                name="grant_over_one_scope",
                violation_error_message=_("Un rôle porte sur un territoire, une organisation ou un site, un seul."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} : {self.get_role_display()}"


class Handover(models.Model):
    """A host's leave: from one local day to another, both included, a colleague of the same organisation stands in.

    The substitute may do at those sites what the host may, on those days only (permissions.py); `ended_at` ends it sooner.
    """

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="handovers", verbose_name=_("territoire"))
    host = models.ForeignKey(Agent, models.CASCADE, related_name="handovers", verbose_name=_("accueil remplacé"))
    substitute = models.ForeignKey(Agent, models.CASCADE, related_name="stands_in", verbose_name=_("remplacement"))
    first_day = models.DateField(_("du"))
    last_day = models.DateField(_("au (compris)"))
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(_("terminé avant le terme"), null=True, blank=True)

    class Meta:
        verbose_name = _("remplacement à l'accueil")
        verbose_name_plural = _("remplacements à l'accueil")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")),
                name="handover_in_order",
                violation_error_message=_("Le dernier jour doit suivre le premier."),
            ),
            models.CheckConstraint(condition=~models.Q(host=models.F("substitute")), name="handover_to_another"),
            # One substitute a day: two hosts who act at once cannot name two.
            ExclusionConstraint(
                name="handover_one_at_a_time",
                expressions=[
                    (
                        models.Func(
                            models.F("host"),
                            models.F("host"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        "=",
                    ),
                    (
                        models.Func(
                            models.F("first_day"),
                            models.F("last_day"),
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                condition=models.Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} → {self.substitute}"
