"""What was published of a trial: the very bytes, once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Publication(models.Model):
    """The open data of a trial. Never made anew: two versions side by side would show what somebody took back in between.

    The database itself refuses that it be rewritten (migrations).
    """

    trial = models.OneToOneField("trials.Trial", models.CASCADE, related_name="publication", verbose_name=_("essai"))
    made_at = models.DateTimeField(_("publié le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    #: A zip (trials/publishing), and the SHA-256 of it.
    package = models.BinaryField(_("archive"))
    digest = models.CharField(_("empreinte"), max_length=64)
    code_version = models.CharField(_("version du calcul"), max_length=40)

    class Meta:
        verbose_name = _("données publiées")
        verbose_name_plural = _("données publiées")

    def __str__(self) -> str:
        return self.digest
