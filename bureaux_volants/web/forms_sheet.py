"""The form of a welcome sheet: its texts, its photos with their descriptions. Whatever is wrong, nothing sent is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.photos import BadPhoto, clean
from bureaux_volants.hosting.merging import Content, Photo
from bureaux_volants.hosting.models import LONGEST, SheetPhoto
from bureaux_volants.hosting.sheets import MOST_PHOTOS, TEXTS, add_photo

#: So many photos at most are sent with one form.
SLOTS = 3
LONGEST_ALT = 200

#: Each field: its name for who reads the sheet, and what to write for who writes it.
WORDS: Mapping[str, tuple[Any, Any]] = {
    "bike": (gettext_lazy("À vélo"), gettext_lazy("Où attacher son vélo, où entrer avec.")),
    "stops": (gettext_lazy("En transports"), gettext_lazy("L'arrêt le plus proche, la ligne, les minutes à pied.")),
    "car": (gettext_lazy("En voiture"), gettext_lazy("Où se garer, combien de temps.")),
    "wifi": (
        gettext_lazy("Wi-Fi"),
        gettext_lazy("Le nom du réseau et comment s'y connecter. Tout agent peut le lire."),
    ),
    "lunch": (gettext_lazy("Pour déjeuner"), gettext_lazy("Une salle, un réfrigérateur, une bonne adresse.")),
    "contact": (gettext_lazy("À qui s'adresser"), gettext_lazy("Un prénom, un bureau, un numéro de poste.")),
    "leaving": (gettext_lazy("En partant"), gettext_lazy("Ce qu'il faut laisser comme on l'a trouvé.")),
    "door": (gettext_lazy("La porte"), gettext_lazy("Quelle entrée prendre, où sonner.")),
    "code": (gettext_lazy("Le code"), gettext_lazy("Le code de la porte, s'il y en a un.")),
}


def label_of(name: str) -> str:
    """The French name of a field of the sheet."""
    return _("Photos") if name == "photos" else str(WORDS[name][0])


class SheetForm(forms.Form):
    """The texts of a sheet; `version` is the one that was read."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TEXTS:
            label, hint = WORDS[name]
            longest = 40 if name == "code" else LONGEST
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                required=False,
                max_length=longest,
                widget=forms.TextInput(attrs={"autocomplete": "off"})
                if name == "code"
                else forms.Textarea(attrs={"rows": 3}),
                error_messages={
                    "max_length": _("%(longest)d caractères au plus : ce texte est trop long.") % {"longest": longest}
                },
            )

    @property
    def texts(self) -> dict[str, str]:
        """The texts as sent, whether or not the form is valid."""
        # A browser sends line ends as in mail.
        return {name: str(self[name].value() or "").replace("\r\n", "\n").strip() for name in TEXTS}


@dataclass(slots=True)
class Row:
    """One photo of the form. `error`: what is wrong with its description."""

    id: int
    alt: str
    error: str = ""
    is_removed: bool = False


@dataclass(slots=True)
class Slot:
    """Where a new photo can be chosen. `error`: why what was sent is not one."""

    number: int
    alt: str = ""
    error: str = ""


@dataclass(slots=True)
class Photos:
    """The photos of a form: those that are there, and room for new ones."""

    rows: list[Row]
    slots: list[Slot] = field(default_factory=lambda: [Slot(n) for n in range(1, SLOTS + 1)])

    @property
    def is_valid(self) -> bool:
        return not any(r.error for r in self.rows if not r.is_removed) and not any(s.error for s in self.slots)

    @property
    def kept(self) -> tuple[Photo, ...]:
        return tuple(Photo(r.id, r.alt) for r in self.rows if not r.is_removed)


def rows_of(content: Content) -> Photos:
    """The photos of a sheet, to be changed."""
    return Photos([Row(p.id, p.alt) for p in content.photos])


def _words(request: HttpRequest, name: str) -> str:
    # PostgreSQL refuses a text that holds a NUL.
    return request.POST.get(name, "").replace("\0", "").strip()[:LONGEST_ALT]


def sent_photos(request: HttpRequest, territory_id: int, site_id: int) -> Photos:
    """What was sent about photos. A new picture that is one is kept at once and named in the form from then on: it is not
    lost when something else must be put right."""
    named = [int(n) for n in request.POST.getlist("photo") if n.isdecimal() and len(n) < 12]
    known = set(SheetPhoto.objects.filter(site_id=site_id, pk__in=named).values_list("pk", flat=True))
    rows = [
        Row(n, _words(request, f"alt-{n}"), is_removed=f"remove-{n}" in request.POST)
        for n in dict.fromkeys(named)
        if n in known
    ]
    found = Photos(rows)
    for slot in found.slots:
        alt = _words(request, f"new-alt-{slot.number}")
        sent = request.FILES.get(f"new-{slot.number}")
        if sent is None:
            slot.alt = alt
            continue
        if len(found.kept) >= MOST_PHOTOS:
            slot.alt, slot.error = alt, _("%(n)d photos au plus : retirez-en une d'abord.") % {"n": MOST_PHOTOS}
            continue
        try:
            photo = add_photo(territory_id, site_id, clean(sent))
        except BadPhoto as bad:
            slot.alt, slot.error = alt, bad.message
        else:
            rows.append(Row(photo.pk, alt))
    for row in rows:
        if not row.alt:
            row.error = _("Décrivez cette photo en quelques mots, pour qui ne la voit pas.")
    return found
