"""Boxes, what they hold, who may open them, what they told, and who has each key."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, Resource

from .codes import LONGEST, SHORTEST


class Box(models.Model):
    """A key box at a site: a cabinet that speaks (REST, MQTT), or a mechanical one where people say what they do."""

    class Adapter(models.TextChoices):
        MANUAL = "manual", _("mécanique")
        REST = "rest", _("REST")
        MQTT = "mqtt", _("MQTT")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.PROTECT, related_name="boxes", verbose_name=_("site"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("nom"), max_length=60)
    place = models.CharField(
        _("où elle se trouve"), max_length=120, blank=True, help_text=_("Par exemple : hall, à gauche de l'accueil.")
    )
    adapter = models.CharField(_("liaison"), max_length=6, choices=Adapter)
    mechanical_code = models.CharField(_("code de la boîte mécanique"), max_length=10, blank=True)
    is_active = models.BooleanField(_("en service"), default=True)

    # What the box can do, as it declared when it was enrolled (REFERENCE, the vendor-neutral contract).
    pin_length = models.PositiveSmallIntegerField(
        _("chiffres du code"), default=6, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    return_detection = models.BooleanField(_("sent le retour d'une clé"), default=True)
    slot_sensing = models.BooleanField(_("reconnaît la clé dans chaque case"), default=True)
    revocable_offline = models.BooleanField(
        _("révocable hors réseau"), default=False, help_text=_("Un code retiré cesse d'ouvrir même sans réseau.")
    )
    max_window_hours = models.PositiveIntegerField(_("durée d'un droit au plus (heures)"), default=31 * 24)
    clock_drift_seconds = models.PositiveIntegerField(_("dérive de l'horloge au plus (secondes)"), default=300)
    late_return_hours = models.PositiveSmallIntegerField(
        _("retour possible après la fin (heures)"),
        default=72,
        help_text=_("Le droit de rendre survit au droit de prendre."),
    )

    enrolment_hash = models.CharField(max_length=64, blank=True, editable=False)
    enrolment_until = models.DateTimeField(null=True, blank=True, editable=False)
    enrolled_at = models.DateTimeField(_("mise en liaison le"), null=True, blank=True, editable=False)
    last_seen_at = models.DateTimeField(_("vue le"), null=True, blank=True, editable=False)
    #: The highest number that the box gave to a request; a request never has one twice.
    last_request = models.BigIntegerField(default=0, editable=False)
    #: The highest number among the events received, and the one up to which none is missing or waited for.
    last_sequence = models.BigIntegerField(default=0, editable=False)
    settled_sequence = models.BigIntegerField(default=0, editable=False)
    forged_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("boîte à clés")
        verbose_name_plural = _("boîtes à clés")
        ordering = ["site", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="box_name_once_per_site"),
            models.UniqueConstraint(
                fields=["enrolment_hash"], condition=~Q(enrolment_hash=""), name="box_enrolment_once"
            ),
            models.CheckConstraint(
                condition=Q(pin_length__gte=SHORTEST, pin_length__lte=LONGEST), name="box_keypad_of_4_to_10_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BoxSecret(models.Model):
    """A secret that the server shares with a box.

    The newest confirmed one signs. A rotation adds one that counts once the box has signed with it. Older ones are kept,
    for codes only: a code that somebody has written down stays good until its grant ends.
    """

    box = models.ForeignKey(Box, models.CASCADE, related_name="secrets")
    epoch = models.PositiveIntegerField()
    secret = models.BinaryField()
    #: What the box needs to work this secret out from the one before; "" for the one given at enrolment.
    nonce = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["epoch"]
        constraints = [models.UniqueConstraint(fields=["box", "epoch"], name="box_epoch_once")]

    def __str__(self) -> str:
        return f"{self.box} {self.epoch}"


class Slot(models.Model):
    """A numbered place for one key."""

    box = models.ForeignKey(Box, models.CASCADE, related_name="slots", verbose_name=_("boîte à clés"))
    number = models.PositiveSmallIntegerField(_("numéro"))

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["box", "number"], name="slot_once_per_box")]

    def __str__(self) -> str:
        return str(self.number)


class Key(models.Model):
    """The key, or the card itself, by which a resource is taken."""

    resource = models.OneToOneField(
        Resource, models.CASCADE, primary_key=True, related_name="key", verbose_name=_("ressource")
    )
    box = models.ForeignKey(Box, models.PROTECT, related_name="keys", verbose_name=_("boîte à clés"))
    home = models.OneToOneField(Slot, models.PROTECT, related_name="key", verbose_name=_("sa case"))
    tag = models.CharField(_("étiquette électronique"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("clé")
        verbose_name_plural = _("clés")
        constraints = [
            models.UniqueConstraint(fields=["box", "tag"], condition=~Q(tag=""), name="key_tag_once_per_box")
        ]

    def __str__(self) -> str:
        return self.resource.name


class Access(models.Model):
    """How something without a key in a box is reached: somebody hands it over, or one's own badge opens it."""

    class Means(models.TextChoices):
        HOST = "host", _("remise par l'accueil")
        BADGE = "badge", _("badge de l'agent")

    resource = models.OneToOneField(
        Resource, models.CASCADE, primary_key=True, related_name="access", verbose_name=_("ressource")
    )
    means = models.CharField(_("comment"), max_length=5, choices=Means)
    note = models.CharField(
        _("précision"), max_length=200, blank=True, help_text=_("Où, à qui s'adresser, à quelles heures.")
    )

    class Meta:
        verbose_name = _("accès sans boîte à clés")
        verbose_name_plural = _("accès sans boîte à clés")

    def __str__(self) -> str:
        return f"{self.resource.name} ({self.get_means_display()})"


class Grant(models.Model):
    """The right to take one key, and the longer right to bring it back. A booking has one that lives; each change makes
    another, with a code of its own. Whose it is, is the booking's agent: names have one place, and one retention."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="key_grants")
    version = models.PositiveIntegerField()
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    box = models.ForeignKey(Box, models.PROTECT, related_name="grants")
    from_at = models.DateTimeField()
    until = models.DateTimeField()
    late_until = models.DateTimeField()
    #: What the code is made with, beside all this: raised when two codes of the box would be alike.
    generation = models.PositiveSmallIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["booking", "version"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "version"], name="grant_version_once"),
            models.UniqueConstraint(
                fields=["booking"], condition=Q(revoked_at=None), name="grant_lives_once_per_booking"
            ),
            models.CheckConstraint(
                condition=Q(from_at__lt=F("until"), until__lte=F("late_until")), name="grant_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["box", "late_until"], name="grant_of_box"),
            models.Index(fields=["from_at"], name="grant_living", condition=Q(revoked_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} v{self.version}"


class Delivery(models.Model):
    """One thing that a box must hear of: a grant, or that it is revoked. Its number is what the box acknowledges."""

    class Kind(models.TextChoices):
        GRANT = "grant", _("droit")
        REVOCATION = "revocation", _("retrait")

    id = models.BigAutoField(primary_key=True)
    box = models.ForeignKey(Box, models.CASCADE, related_name="deliveries")
    grant = models.ForeignKey(Grant, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=Kind)
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["grant", "kind"], name="delivery_once")]
        indexes = [models.Index(fields=["box", "id"], name="delivery_waiting", condition=Q(delivered_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.grant_id}"


class BoxEvent(models.Model):
    """What a box told, under its own number and clock, beside when it was heard. Rank 0 is the box's; above, a person's."""

    box = models.ForeignKey(Box, models.CASCADE, related_name="events")
    sequence = models.BigIntegerField()
    rank = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=16)
    clock = models.DateTimeField()
    received_at = models.DateTimeField()
    slot = models.PositiveSmallIntegerField(null=True)
    key = models.ForeignKey(Key, models.SET_NULL, null=True, related_name="+")
    grant = models.ForeignKey(Grant, models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict)
    #: What the event log was told that it means; told again when an earlier number, come late, gives it another meaning.
    told_as = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["sequence", "rank"]
        constraints = [models.UniqueConstraint(fields=["box", "sequence", "rank"], name="box_event_once")]

    def __str__(self) -> str:
        return f"{self.box_id} n° {self.sequence} {self.kind}"


class Custody(models.Model):
    """Where a key was from `since` to `until`: in a slot of its box, lost, or out; then `grant` says with whom."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="custodies")
    box = models.ForeignKey(Box, models.PROTECT, related_name="custodies")
    slot = models.PositiveSmallIntegerField(null=True)
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="custodies")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, related_name="custodies")
    is_lost = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    sequence = models.BigIntegerField(default=0)
    rank = models.PositiveIntegerField(default=0)
    #: A number before it has not come yet: what arrives may still change it.
    is_provisional = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("garde d'une clé")
        verbose_name_plural = _("garde des clés")
        ordering = ["resource", "sequence", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["resource"], condition=Q(until=None), name="custody_one_at_a_time"),
            models.UniqueConstraint(fields=["resource", "box", "sequence", "rank"], name="custody_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(since__lte=F("until")), name="custody_in_order"),
            models.CheckConstraint(condition=Q(slot=None) | Q(grant=None, is_lost=False), name="custody_in_one_place"),
        ]
        indexes = [models.Index(fields=["resource", "since"], name="custody_at")]

    def __str__(self) -> str:
        return f"{self.resource} {self.since:%d/%m %H:%M}"

    @property
    def is_out(self) -> bool:
        return self.slot is None and not self.is_lost


class Case(models.Model):
    """Something that does not add up, for a person to settle. `code` is one of custody.Finding, or of cases.py."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    box = models.ForeignKey(Box, models.CASCADE, related_name="cases")
    code = models.CharField(_("nature"), max_length=24)
    sequence = models.BigIntegerField(default=0)
    resource = models.ForeignKey(Resource, models.CASCADE, null=True, related_name="key_cases")
    #: The bookings concerned, in order: who had it, who took it.
    bookings = models.ManyToManyField(Booking, related_name="+")
    opened_at = models.DateTimeField(_("ouvert le"))
    settled_at = models.DateTimeField(_("réglé le"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("réglé par")
    )
    how = models.CharField(_("comment"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("cas à régler")
        verbose_name_plural = _("cas à régler")
        ordering = ["-opened_at"]
        constraints = [
            # Replaying, or hearing the same thing again, opens nothing twice.
            models.UniqueConstraint(
                fields=["box", "code", "sequence", "resource"], name="case_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["territory", "-opened_at"], name="case_open", condition=Q(settled_at=None))]

    def __str__(self) -> str:
        return f"{self.code} – {self.box}"
