"""What was heard and seen in the field before anything was designed. Nobody is named: a note says who in general terms."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import new_reference


class FieldNote(models.Model):
    """One interview or observation."""

    class Kind(models.TextChoices):
        INTERVIEW = "interview", _("entretien")
        OBSERVATION = "observation", _("observation")
        WORKSHOP = "workshop", _("atelier")

    class Consent(models.TextChoices):
        NOT_NEEDED = "not_needed", _("sans objet : personne n'est reconnaissable")
        GIVEN = "given", _("donné : peut être cité sans nom")
        REFUSED = "refused", _("refusé : ne sera pas cité")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    trial = models.ForeignKey(
        "trials.Trial", models.SET_NULL, null=True, blank=True, related_name="notes", verbose_name=_("essai")
    )
    kind = models.CharField(_("nature"), max_length=11, choices=Kind)
    day = models.DateField(_("jour"))
    who = models.CharField(_("qui, en termes généraux"), max_length=120, blank=True)
    place = models.CharField(_("où"), max_length=120, blank=True)
    commune = models.ForeignKey(
        "territory.Commune", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("commune")
    )
    text = models.TextField(_("ce qui a été vu ou entendu"))
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("étiquettes"))
    consent = models.CharField(_("accord pour être cité"), max_length=10, choices=Consent, default=Consent.NOT_NEEDED)
    consent_at = models.DateField(_("accord donné le"), null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("noté par")
    )
    created_at = models.DateTimeField(_("noté le"))

    class Meta:
        verbose_name = _("note d'enquête")
        verbose_name_plural = _("notes d'enquête")
        ordering = ["-day", "-id"]
        indexes = [models.Index(fields=["territory", "-day"], name="field_notes_of")]

    def __str__(self) -> str:
        return self.reference


class Verbatim(models.Model):
    """A sentence as it was said. Shown only where the note's consent was given."""

    note = models.ForeignKey(FieldNote, models.CASCADE, related_name="verbatims", verbose_name=_("note"))
    text = models.CharField(_("verbatim"), max_length=500)

    class Meta:
        verbose_name = _("verbatim")
        verbose_name_plural = _("verbatims")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text


class NotePhoto(models.Model):
    """A picture of a place, redrawn without its metadata; never in an export."""

    note = models.ForeignKey(FieldNote, models.CASCADE, related_name="photos", verbose_name=_("note"))
    image = models.ImageField(_("photo"), upload_to="enquiry/")
    alt = models.CharField(_("ce qu'on y voit"), max_length=160)

    class Meta:
        verbose_name = _("photo d'enquête")
        verbose_name_plural = _("photos d'enquête")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.alt


class Finding(models.Model):
    """What several notes say together, and what it led to."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    title = models.CharField(_("constat"), max_length=160)
    text = models.TextField(_("explication"), blank=True)
    notes = models.ManyToManyField(FieldNote, blank=True, related_name="findings", verbose_name=_("notes"))
    led_to = models.CharField(_("ce à quoi il a mené"), max_length=300, blank=True)
    trial = models.ForeignKey(
        "trials.Trial", models.SET_NULL, null=True, blank=True, related_name="findings", verbose_name=_("essai")
    )
    decision = models.ForeignKey(
        "trials.Decision", models.SET_NULL, null=True, blank=True, related_name="findings", verbose_name=_("décision")
    )
    created_at = models.DateTimeField(_("écrit le"))

    class Meta:
        verbose_name = _("constat")
        verbose_name_plural = _("constats")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title
