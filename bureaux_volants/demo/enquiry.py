"""What the lab of the demonstration heard and saw before it designed anything: invented notes, and what they say together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from bureaux_volants.events.log import Author, as_of
from bureaux_volants.territory.models import Commune
from bureaux_volants.trials import enquiry
from bureaux_volants.trials.enquiry import Note
from bureaux_volants.trials.models import FieldNote, Finding

INVENTED = " (Note inventée pour la démonstration.)"


@dataclass(frozen=True, slots=True)
class Heard:
    """One note. `weeks`: how long before the first trial was frozen; `findings`: numbers of those that rest on it."""

    kind: str
    weeks: int
    who: str
    place: str
    commune: str
    text: str
    tags: tuple[str, ...]
    findings: tuple[int, ...]
    verbatims: tuple[str, ...] = ()
    consent: str = FieldNote.Consent.GIVEN


_TALK, _SEEN, _TOGETHER = FieldNote.Kind.INTERVIEW, FieldNote.Kind.OBSERVATION, FieldNote.Kind.WORKSHOP
_NOBODY, _REFUSED = FieldNote.Consent.NOT_NEEDED, FieldNote.Consent.REFUSED

NOTES: tuple[Heard, ...] = (
    Heard(
        _TALK,
        7,
        "agente d'un service d'urbanisme",
        "au siège",
        "57463",
        "Traverse l'agglomération deux fois par jour. Passe devant une mairie à moitié vide en partant.",
        ("trajet", "voiture"),
        (1,),
        ("Je fais trente kilomètres pour ouvrir le même ordinateur qu'ailleurs.",),
    ),
    Heard(
        _TALK,
        7,
        "secrétaire de mairie d'une petite commune",
        "mairie",
        "57140",
        "Seule trois jours sur cinq. Aimerait de la compagnie, craint de devoir surveiller une salle.",
        ("accueil", "petite commune"),
        (2, 3),
        ("Une personne de plus dans la maison, moi, ça me va. Dix, je ne sais pas faire.",),
    ),
    Heard(
        _SEEN,
        6,
        "",
        "salle du conseil, un mardi",
        "57447",
        "La salle est restée vide de 8 h 30 à 17 h. Elle est chauffée pour le conseil du soir.",
        ("locaux",),
        (2,),
        (),
        _NOBODY,
    ),
    Heard(
        _TALK,
        6,
        "encadrant d'une équipe de douze personnes",
        "au siège",
        "57463",
        "Ne s'oppose pas, mais veut savoir qui est où, et garder un jour d'équipe.",
        ("encadrement",),
        (4,),
        ("Le télétravail, j'ai appris. Là, je veux juste savoir où appeler.",),
    ),
    Heard(
        _TALK,
        6,
        "agent des espaces verts",
        "centre technique",
        "57463",
        "Son métier ne se fait pas d'un bureau. Demande ce que le projet lui apporte, à lui.",
        ("équité", "métiers de terrain"),
        (5,),
        (),
        _REFUSED,
    ),
    Heard(
        _TOGETHER,
        5,
        "onze agents de six services",
        "atelier au labo",
        "57463",
        "Cartes des trajets d'une semaine : deux trajets en voiture sur trois sont faits sans passager.",
        ("trajet", "voiture"),
        (1,),
        ("On se suit sur la rocade, et on ne le savait pas.",),
    ),
    Heard(
        _TALK,
        5,
        "agente à temps partiel",
        "par téléphone",
        "57480",
        "Viendrait dans une mairie si l'école est sur le chemin. Sinon, resterait chez elle : le trajet s'ajouterait.",
        ("télétravail", "rebond"),
        (6,),
        ("Si je sors de chez moi pour ça, je n'ai rien gagné.",),
    ),
    Heard(
        _SEEN,
        5,
        "",
        "arrêt de bus, un matin de semaine",
        "57751",
        "Un bus toutes les vingt minutes, deux personnes sur dix descendent devant la mairie.",
        ("bus",),
        (1,),
        (),
        _NOBODY,
    ),
    Heard(
        _TALK,
        4,
        "élue d'une commune de deux mille habitants",
        "mairie",
        "57017",
        "Prête à prêter trois bureaux, si la commune y gagne des rencontres avec les services.",
        ("élus", "rencontres"),
        (3,),
        ("Prêter des bureaux, oui. Revoir des gens de la métropole chez nous, surtout.",),
    ),
    Heard(
        _TALK,
        4,
        "agent d'un service informatique",
        "au siège",
        "57463",
        "Le réseau des mairies n'est pas le même partout : une visite technique suffit, commune par commune.",
        ("réseau",),
        (2,),
        (),
        _NOBODY,
    ),
    Heard(
        _TOGETHER,
        3,
        "six secrétaires de mairie",
        "mairie",
        "57480",
        "D'accord pour accueillir sans registre papier, avec la possibilité de fermer une demi-journée.",
        ("accueil", "petite commune"),
        (2, 3),
        ("Qu'on puisse dire non un mercredi, et tout le monde dira oui le mardi.",),
    ),
    Heard(
        _TALK,
        3,
        "représentante du personnel",
        "au siège",
        "57463",
        "Demande que la mesure soit anonyme et que personne ne soit noté sur ses déplacements.",
        ("données", "équité"),
        (5,),
        ("Mesurez le projet, pas les gens.",),
    ),
)

#: Title, explanation, what it led to in words; in the order of their numbers.
FINDINGS: tuple[tuple[str, str, str], ...] = (
    (
        "On passe devant des mairies vides pour aller s'asseoir plus loin",
        "Les trajets les plus longs longent des communes qui ont de la place.",
        "Le critère principal des deux essais : les kilomètres en voiture pour le travail.",
    ),
    (
        "Les mairies ont la place, pas toujours le temps",
        "Une salle et un réseau suffisent ; l'accueil tient à une personne.",
        "Deux à six bureaux par mairie, et la réponse d'office quand personne n'est là.",
    ),
    (
        "Une mairie prête ses bureaux pour revoir des gens",
        "Ce que la commune attend en retour, ce sont des rencontres.",
        "Les besoins des mairies et les rencontres, dans l'outil.",
    ),
    (
        "L'encadrement accepte ce qu'il voit",
        "Savoir où est l'équipe compte plus que de décider où elle est.",
        "La page de l'équipe et les journées d'équipe.",
    ),
    (
        "Tous les métiers n'y gagnent pas",
        "Ceux qui ne travaillent pas à un bureau n'ont rien à réserver, et le disent.",
        "La part des agents qui ne peuvent pas s'en servir est dite avec chaque résultat.",
    ),
    (
        "Un bureau proche peut remplacer un jour chez soi",
        "Alors le trajet s'ajoute au lieu de disparaître.",
        "On demande à chaque réservation ce qu'on aurait fait sans elle.",
    ),
)


def write_enquiry(
    territory_id: int, communes: Mapping[str, Commune], author: Author, frozen_at: dt.datetime
) -> list[Finding]:
    """Write the notes and findings, as of before `frozen_at`; the findings in the order of FINDINGS."""
    resting: dict[int, list[int]] = {}
    for number, heard in enumerate(NOTES):
        at = frozen_at - dt.timedelta(weeks=heard.weeks, hours=number % 3)
        day = at.date()
        with as_of(at):
            note = enquiry.save_note(
                territory_id,
                Note(
                    kind=heard.kind,
                    day=day,
                    text=heard.text + INVENTED,
                    who=heard.who,
                    place=heard.place,
                    commune_id=communes[heard.commune].pk,
                    tags=heard.tags,
                    consent=heard.consent,
                    consent_at=day if heard.consent == FieldNote.Consent.GIVEN else None,
                    verbatims=heard.verbatims,
                ),
                author,
                now=at,
            )
        for finding in heard.findings:
            resting.setdefault(finding, []).append(note.pk)
    made = []
    for number, (title, text, led_to) in enumerate(FINDINGS, 1):
        at = frozen_at - dt.timedelta(weeks=2, minutes=60 - number)
        with as_of(at):
            made.append(enquiry.save_finding(territory_id, title, text, resting[number], author, led_to=led_to, now=at))
    return made
