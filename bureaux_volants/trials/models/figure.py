"""The figures of indicators as they were worked out, so that pages and exports only read them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class TellableFigures(models.Manager["KeptFigure"]):
    """What may be shown: no group under five, nor what would give it away."""

    def get_queryset(self) -> models.QuerySet[KeptFigure]:
        return super().get_queryset().filter(is_hidden=False)


class KeptFigure(models.Model):
    """One indicator over local days `first_day` to `last_day`, both included, of a territory, or of one of its trials.

    Worked out again it is replaced, until names leave the rows (indicators/keeping.py); another version of the definition is another
    row. `tellable` is what pages and exports read.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    trial = models.ForeignKey(
        "trials.Trial", models.CASCADE, null=True, blank=True, related_name="kept_figures", verbose_name=_("essai")
    )
    code = models.CharField(_("indicateur"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    #: A group of a breakdown, such as `commune:57463` or `mode:car`; empty for the whole.
    part = models.CharField(_("groupe"), max_length=60, blank=True)
    first_day = models.DateField(_("du"))
    last_day = models.DateField(_("au (compris)"))
    value = models.FloatField(_("valeur"), null=True)
    numerator = models.FloatField(_("numérateur"))
    denominator = models.FloatField(_("dénominateur"), null=True)
    low = models.FloatField(_("intervalle à 95 %, de"), null=True)
    high = models.FloatField(_("à"), null=True)
    people = models.PositiveIntegerField(_("personnes"), null=True)
    is_hidden = models.BooleanField(_("non montré"), default=False)
    #: Versions of the factors and allowances that it was worked out with.
    tables = models.CharField(_("barèmes"), max_length=120, blank=True)
    #: SHA-256 of the raw rows (indicators/rows.py).
    data_digest = models.CharField(_("version des données"), max_length=64)
    #: The same of what people may take back alone (indicators/standing.py).
    answers_digest = models.CharField(_("version des réponses"), max_length=64, blank=True, default="")
    computed_at = models.DateTimeField(_("calculé le"))

    objects: ClassVar[models.Manager[KeptFigure]] = models.Manager()
    tellable: ClassVar[TellableFigures] = TellableFigures()

    class Meta:
        verbose_name = _("chiffre d'un indicateur")
        verbose_name_plural = _("chiffres des indicateurs")
        ordering = ["code", "part", "first_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "trial", "code", "version", "part", "first_day", "last_day"],
                name="figure_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="figure_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.first_day}"


class ToldTravel(models.Model):
    """What the diaries of a month tell of travel in the employer's mobility plan, worked out with the month's indicators and standing like them."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    first_day = models.DateField(_("du"))
    #: A mobility_plan.months.Answers as plain JSON.
    figures = models.JSONField(_("chiffres"))
    answers_digest = models.CharField(_("version des réponses"), max_length=64)
    computed_at = models.DateTimeField(_("calculé le"))

    class Meta:
        verbose_name = _("déplacements d'un mois")
        verbose_name_plural = _("déplacements par mois")
        ordering = ["first_day"]
        constraints = [models.UniqueConstraint(fields=["territory", "first_day"], name="told_travel_once")]

    def __str__(self) -> str:
        return f"{self.first_day:%Y-%m}"
