"""A trial as it was designed, frozen and amended; who it opens what to, and when. What it measured is elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.models import Phase


class Trial(models.Model):
    """One question put to the test. After `frozen_at` its design is never rewritten: changes are amendments."""

    class Design(models.TextChoices):
        BEFORE_AFTER = "before_after", _("avant/après (preuve faible)")
        PARALLEL = "parallel", _("communes ouvertes et communes témoins")
        STEPPED_WEDGE = "stepped_wedge", _("ouverture par étapes, ordre tiré au sort")

    class State(models.TextChoices):
        DRAFT = "draft", _("en préparation")
        RUNNING = "running", _("en cours")
        ENDED = "ended", _("terminé")
        STOPPED = "stopped", _("arrêté avant terme")

    class Direction(models.TextChoices):
        DECREASE = "decrease", _("doit baisser")
        INCREASE = "increase", _("doit augmenter")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    slug = models.SlugField(_("identifiant"), max_length=60)
    title = models.CharField(_("titre"), max_length=120)
    question = models.TextField(_("question"))
    context = models.TextField(_("contexte"), blank=True)
    design = models.CharField(_("plan"), max_length=13, choices=Design, default=Design.STEPPED_WEDGE)
    #: The code of one indicator (trials/indicators).
    outcome = models.CharField(_("critère principal"), max_length=40)
    direction = models.CharField(_("sens attendu"), max_length=8, choices=Direction, default=Direction.DECREASE)
    #: In the unit of the outcome, positive: the least change in the expected direction that would justify widening.
    threshold = models.FloatField(_("changement qui justifierait d'élargir"))
    stopping_rules = models.TextField(_("règles d'arrêt"), blank=True)
    baseline_from = models.DateField(_("mesures de référence à partir du"))
    starts_on = models.DateField(_("première ouverture"))
    ends_on = models.DateField(_("dernier jour mesuré (compris)"))
    #: Steps in which the communes open, and the weeks between two of them.
    steps = models.PositiveSmallIntegerField(_("étapes"), default=1)
    step_weeks = models.PositiveSmallIntegerField(_("semaines entre deux étapes"), default=4)
    #: Names of attributes of communes that the drawn order is balanced over (balancing.py); empty: drawn among all of them.
    order_strata = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("ordre équilibré selon")
    )
    #: What the draws are made from: the same seed and the same people give the same draw. Drawn itself at the freeze, so that none is tried.
    seed = models.BigIntegerField(_("graine des tirages"))
    #: What the power was worked out from when the history does not say: see estimating/power.py.
    guesses = models.JSONField(_("hypothèses de puissance"), default=dict, blank=True)
    state = models.CharField(_("état"), max_length=7, choices=State, default=State.DRAFT)
    frozen_at = models.DateTimeField(_("figé le"), null=True, blank=True, editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    #: The whole design in canonical JSON as it was frozen, and the SHA-256 of it.
    frozen = models.TextField(_("protocole figé"), blank=True, editable=False)
    frozen_digest = models.CharField(_("empreinte du protocole"), max_length=64, blank=True, editable=False)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True, editable=False)
    end_reason = models.CharField(_("motif de fin"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("créé le"), editable=False)

    class Meta:
        verbose_name = _("essai")
        verbose_name_plural = _("essais")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "slug"], name="trial_slug_once"),
            models.CheckConstraint(
                condition=Q(baseline_from__lte=F("starts_on"), starts_on__lte=F("ends_on")),
                name="trial_in_order",
                violation_error_message=_("La référence précède l'ouverture, qui précède la fin."),
            ),
            models.CheckConstraint(
                condition=Q(state="draft", frozen_at=None) | (~Q(state="draft") & Q(frozen_at__isnull=False)),
                name="trial_runs_frozen",
            ),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="trial_threshold_positive"),
        ]

    def __str__(self) -> str:
        return self.title


class Hypothesis(models.Model):
    """Something expected beside the main outcome, said before; secondary outcomes are corrected for being many."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="hypotheses", verbose_name=_("essai"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    text = models.CharField(_("hypothèse"), max_length=300)
    outcome = models.CharField(_("indicateur"), max_length=40, blank=True)
    direction = models.CharField(_("sens attendu"), max_length=8, choices=Trial.Direction, blank=True)
    finding = models.ForeignKey(
        "trials.Finding", models.SET_NULL, null=True, blank=True, related_name="hypotheses", verbose_name=_("constat")
    )

    class Meta:
        verbose_name = _("hypothèse")
        verbose_name_plural = _("hypothèses")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["trial", "number"], name="hypothesis_once")]

    def __str__(self) -> str:
        return self.text


class Amendment(models.Model):
    """A change after the freeze: what it was, what it is, why, who and when. Never removed."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="amendments", verbose_name=_("essai"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    what = models.CharField(_("ce qui change"), max_length=40)
    before = models.JSONField(_("avant"))
    after = models.JSONField(_("après"))
    reason = models.CharField(_("pourquoi"), max_length=300)

    class Meta:
        verbose_name = _("amendement")
        verbose_name_plural = _("amendements")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["trial", "number"], name="amendment_once")]

    def __str__(self) -> str:
        return f"{self.trial} – {self.number}"


class Cohort(models.Model):
    """Who may take part in a trial, and how they were chosen. Chosen once."""

    class MadeBy(models.TextChoices):
        ORGANISATION = "organisation", _("tous les agents d'organisations")
        SERVICE = "service", _("tous les agents de services")
        VOLUNTEERING = "volunteering", _("les volontaires")
        DRAWN = "drawn", _("tirage au sort")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="cohorts", verbose_name=_("essai"))
    name = models.CharField(_("nom"), max_length=80)
    made_by = models.CharField(_("choisie par"), max_length=12, choices=MadeBy)
    #: {"organisations": [ids], "services": [ids], "among": "volunteers" | "everybody"}
    criteria = models.JSONField(_("critères"), default=dict, blank=True)
    size = models.PositiveIntegerField(_("effectif tiré"), null=True, blank=True)
    #: Names of attributes that the draw is balanced over: organisation, service, home_commune, usual_site, telework.
    strata = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("strates"))
    made_at = models.DateTimeField(_("constituée le"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("cohorte")
        verbose_name_plural = _("cohortes")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["trial", "name"], name="cohort_name_once")]

    def __str__(self) -> str:
        return self.name


class Volunteer(models.Model):
    """Somebody who said that they would take part."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="volunteers", verbose_name=_("cohorte"))
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agent"))
    said_at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("volontaire")
        verbose_name_plural = _("volontaires")
        constraints = [models.UniqueConstraint(fields=["cohort", "agent"], name="volunteer_once")]

    def __str__(self) -> str:
        return f"{self.agent} – {self.cohort}"


class CohortMember(models.Model):
    """One person of a cohort. `arm` and `commune` are those of the draw and stay so (intention to treat), whatever happens after.

    `commune`: the cluster, that of the trial which the person is attached to.
    """

    class Arm(models.TextChoices):
        OPENED = "opened", _("ouvert")
        CONTROL = "control", _("témoin")

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="members", verbose_name=_("cohorte"))
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cohorts", verbose_name=_("agent"))
    arm = models.CharField(_("groupe"), max_length=7, choices=Arm, default=Arm.OPENED)
    commune = models.ForeignKey(
        "territory.Commune", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("commune")
    )
    stratum = models.CharField(_("strate"), max_length=160, blank=True)
    joined_on = models.DateField(_("depuis le"))
    left_on = models.DateField(_("parti le"), null=True, blank=True)
    left_because = models.CharField(_("motif du départ"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("membre d'une cohorte")
        verbose_name_plural = _("membres d'une cohorte")
        constraints = [models.UniqueConstraint(fields=["cohort", "agent"], name="cohort_member_once")]
        indexes = [models.Index(fields=["agent", "joined_on"], name="cohort_member_of")]

    def __str__(self) -> str:
        return f"{self.agent} – {self.cohort}"


class Cluster(models.Model):
    """A commune of a trial: when it opens (its step), and when it withdrew, if it did. `opens_on` None: a control to the end."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="clusters", verbose_name=_("essai"))
    commune = models.ForeignKey("territory.Commune", models.PROTECT, related_name="+", verbose_name=_("commune"))
    #: The stratum of the drawn order, written at the freeze.
    stratum = models.CharField(_("strate"), max_length=160, blank=True, default="")
    step = models.PositiveSmallIntegerField(_("étape"), null=True, blank=True)
    opens_on = models.DateField(_("ouvre le"), null=True, blank=True)
    withdrew_on = models.DateField(_("retirée le"), null=True, blank=True)
    withdrew_because = models.CharField(_("motif du retrait"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("commune d'un essai")
        verbose_name_plural = _("communes d'un essai")
        ordering = ["step", "id"]
        constraints = [models.UniqueConstraint(fields=["trial", "commune"], name="cluster_once")]

    def __str__(self) -> str:
        return f"{self.commune} – {self.trial}"


class TrialPhase(models.Model):
    """A step of a trial as the booking rules know it: the phase that the sites of its communes belong to, and its cohort.

    Without a cohort whoever may book, may.
    """

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="phases", verbose_name=_("essai"))
    phase = models.OneToOneField(Phase, models.CASCADE, related_name="of_trial", verbose_name=_("phase"))
    cohort = models.ForeignKey(
        Cohort, models.PROTECT, null=True, blank=True, related_name="phases", verbose_name=_("cohorte")
    )
    step = models.PositiveSmallIntegerField(_("étape"))

    class Meta:
        verbose_name = _("étape d'un essai")
        verbose_name_plural = _("étapes d'un essai")
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["trial", "step"], name="trial_step_once")]

    def __str__(self) -> str:
        return f"{self.trial} – {self.step}"


class Draw(models.Model):
    """A draw as it happened, so that anybody can make it again: seed, who and what it was drawn from, what came out."""

    class Purpose(models.TextChoices):
        COHORT = "cohort", _("cohorte")
        ORDER = "order", _("ordre d'ouverture")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="draws", verbose_name=_("essai"))
    purpose = models.CharField(_("objet"), max_length=6, choices=Purpose)
    cohort = models.OneToOneField(
        Cohort, models.CASCADE, null=True, blank=True, related_name="draw", verbose_name=_("cohorte")
    )
    seed = models.BigIntegerField(_("graine"))
    at = models.DateTimeField(_("tiré le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    #: Numbers of those drawn from, in order, by stratum; and the SHA-256 of that.
    drawn_from = models.JSONField(_("tiré parmi"))
    digest = models.CharField(_("empreinte"), max_length=64)
    result = models.JSONField(_("résultat"))

    class Meta:
        verbose_name = _("tirage au sort")
        verbose_name_plural = _("tirages au sort")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["trial"], condition=Q(purpose="order"), name="order_drawn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.trial} – {self.get_purpose_display()}"


class Decision(models.Model):
    """What was decided on the way: who (a function, not a name), when, on what ground."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="decisions", verbose_name=_("essai"))
    day = models.DateField(_("le"))
    who = models.CharField(_("qui"), max_length=120)
    what = models.CharField(_("décision"), max_length=300)
    ground = models.TextField(_("sur quoi elle s'appuie"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("noté par")
    )
    created_at = models.DateTimeField(_("noté le"))

    class Meta:
        verbose_name = _("décision")
        verbose_name_plural = _("décisions")
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return self.what


class RunningCost(models.Model):
    """What running the trial cost, beside the bookings: hours of reception, furniture, keys, software."""

    class Kind(models.TextChoices):
        STAFF = "staff", _("temps de travail")
        EQUIPMENT = "equipment", _("équipement")
        SERVICE = "service", _("prestation")
        OTHER = "other", _("autre")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="costs", verbose_name=_("essai"))
    day = models.DateField(_("le"))
    kind = models.CharField(_("nature"), max_length=9, choices=Kind)
    label = models.CharField(_("dépense"), max_length=160)
    euros = models.DecimalField(_("montant (EUR)"), max_digits=10, decimal_places=2)

    class Meta:
        verbose_name = _("coût d'un essai")
        verbose_name_plural = _("coûts d'un essai")
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return self.label


class Rating(models.Model):
    """One line of the working group's grid, with its reason and its evidence. The last one said counts; former ones stay."""

    class Criterion(models.TextChoices):
        SKILLS = "skills", _("compétences transmises")
        ENTHUSIASM = "enthusiasm", _("enthousiasme")
        MOBILISING = "mobilising", _("mobilisation des agents et de l'encadrement")
        POLITICAL = "political", _("portage politique")
        PARTNERS = "partners", _("partenaires extérieurs")
        POLICY = "policy", _("effet sur l'action publique")
        METHOD = "method", _("façon de travailler du labo")

    class Mark(models.TextChoices):
        MINUS = "minus", _("−")
        SLASH = "slash", _("/")
        PLUS = "plus", _("+")
        PLUS2 = "plus2", _("++")
        PLUS3 = "plus3", _("+++")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="ratings", verbose_name=_("essai"))
    criterion = models.CharField(_("critère"), max_length=10, choices=Criterion)
    mark = models.CharField(_("note"), max_length=5, choices=Mark)
    reason = models.TextField(_("pourquoi"))
    #: Evidence: [{"label": text, "path": a page of ours or an address}].
    evidence = models.JSONField(_("preuves"), default=list, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("appréciation")
        verbose_name_plural = _("appréciations")
        ordering = ["criterion", "at", "id"]

    def __str__(self) -> str:
        return f"{self.get_criterion_display()} : {self.get_mark_display()}"

    @property
    def in_words(self) -> str:
        """The mark as it is read aloud."""
        return str(MARKS_IN_WORDS[Rating.Mark(self.mark)])


MARKS_IN_WORDS = {
    Rating.Mark.MINUS: _("moins"),
    Rating.Mark.SLASH: _("ni plus ni moins"),
    Rating.Mark.PLUS: _("un plus"),
    Rating.Mark.PLUS2: _("deux plus"),
    Rating.Mark.PLUS3: _("trois plus"),
}


class Reading(models.Model):
    """The figures of a trial as they were worked out: what the live page shows at once. Only the latest is kept per day."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="readings", verbose_name=_("essai"))
    made_at = models.DateTimeField(_("calculé le"))
    #: The last local day that the data covers, included.
    data_until = models.DateField(_("données jusqu'au (compris)"))
    #: SHA-256 of the rows that went in, and the version of the code that worked them out.
    data_digest = models.CharField(_("version des données"), max_length=64)
    code_version = models.CharField(_("version du calcul"), max_length=40)
    seed = models.BigIntegerField(_("graine"))
    figures = models.JSONField(_("chiffres"))
    #: SVG by name: the same figures give the same bytes.
    drawings = models.JSONField(_("graphiques"), default=dict)
    #: By outcome, one mark for each person whose rows went in (figures.marks_of): how many differ from one reading to the next.
    people = models.JSONField(_("marques des personnes"), default=dict)

    class Meta:
        verbose_name = _("relevé")
        verbose_name_plural = _("relevés")
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["trial", "-made_at"], name="readings_of")]

    def __str__(self) -> str:
        return f"{self.trial} – {self.data_until}"
