"""Invented people: names drawn from lists of common ones, services with ordinary names. No Django here.

Any likeness of a drawn name with somebody's is chance; the interface says that people are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

AGENTS = 600
MOBILE_SHARE = 0.4

#: Of the 600, those whom a commune employs; the others work for the métropole.
COMMUNE_SHARE = 0.18

_FIRST_NAMES = """
    Adèle Agathe Alain Alice Amélie Amina Anaïs André Anne Antoine Arnaud Audrey Aurélie Baptiste Béatrice Benoît
    Bruno Camille Caroline Catherine Cécile Charlotte Christelle Christophe Claire Clara Clément Corinne Cyril Damien
    Daniel David Delphine Denis Dominique Élise Élodie Émilie Emma Éric Estelle Fabien Farid Fatima Florence Florian
    Franck François Frédéric Gaëlle Gérald Guillaume Hélène Hugo Inès Isabelle Jamel Jeanne Jérôme Joël Julie Julien
    Karim Laura Laure Laurent Léa Lionel Louis Lucas Lucie Ludovic Malika Manon Marc Marie Marine Marion Mathieu Maxime
    Mehdi Mélanie Michel Mickaël Myriam Nadia Nathalie Nicolas Nora Océane Olivier Pascal Patricia Paul Pauline Philippe
    Pierre Rachid Raphaël Romain Sabine Samira Sandrine Sarah Sébastien Simon Sonia Sophie Stéphane Sylvie Thierry
    Thomas Valérie Véronique Vincent Virginie Yann Yasmine Yves
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())

_LAST_NAMES = """
    André Antoine Aubert Barbier Becker Bernard Bertrand Blanc Bonnet Boulanger Bour Boyer Braun Brun Charpentier
    Chevalier Clément Collin Colson Cordier Da-Silva David Denis Didier Dubois Dupont Durand Faivre Fabre Fischer Fontaine
    Fournier François Gaillard Garnier Gauthier Georges Gérard Girard Grandjean Henry Hoffmann Houin Humbert Jacob Jacques
    Jung Keller Klein Koch Kieffer Lambert Laurent Leclerc Leroy Lefebvre Lemaire Louis Marchal Martin Martinez Masson
    Mathieu Mayer Mercier Meunier Meyer Michel Moreau Morel Muller Nguyen Nicolas Noël Parisot Perrin Petit Philippe
    Pierre Poirot Renard Richard Richter Robert Rousseau Roussel Roux Schaeffer Schmitt Schneider Schmidt Schwartz Simon
    Thiel Thiry Thomas Toussaint Vautrin Vincent Wagner Weber Weiss Wolff Zimmermann
"""
LAST_NAMES = tuple(_LAST_NAMES.split())

METROPOLE_SERVICES = (
    "Eau et assainissement",
    "Voirie",
    "Urbanisme et planification",
    "Déchets et propreté",
    "Espaces verts et biodiversité",
    "Finances",
    "Numérique et données",
    "Habitat et logement",
    "Mobilités et espaces publics",
    "Développement économique",
    "Ressources humaines",
    "Transition énergétique",
    "Culture et patrimoine",
    "Commande publique et juridique",
    "Patrimoine bâti",
    "Labo d'innovation publique",
)

COMMUNE_SERVICES = ("Accueil et population", "Services techniques", "Urbanisme", "Éducation et jeunesse")

#: The team of the agent and manager personas.
TEAM = "Mobilités et espaces publics"


@dataclass(frozen=True, slots=True)
class PersonaFacts:
    """Somebody whom the visitor may be, in one click. `commune`: home; empty employer code: the métropole."""

    email: str
    first_name: str
    last_name: str
    service: str
    site: str
    home: str
    employer: str = ""
    visibility: str = "team"


AGENT, HOST, FLEET = "agent@metz.example", "host@marly.example", "fleet@metz.example"
MANAGER, LAB, ADMIN = "manager@metz.example", "lab@metz.example", "admin@metz.example"
#: The lab of the second, invented territory (elsewhere.py).
ELSEWHERE_LAB, ELSEWHERE_SERVICE = "lab@trois-rives.example", "Labo d'innovation publique"

PERSONAS = (
    PersonaFacts(AGENT, "Camille", "Fontaine", TEAM, "maison-metropole", "57447", visibility="organisation"),
    PersonaFacts(HOST, "Hélène", "Marchal", "Accueil et population", "mairie-marly", "57447", employer="57447"),
    PersonaFacts(FLEET, "Franck", "Roussel", "Patrimoine bâti", "centre-technique", "57463"),
    PersonaFacts(MANAGER, "Malika", "Grandjean", TEAM, "maison-metropole", "57480"),
    PersonaFacts(
        LAB, "Lucie", "Perrin", "Labo d'innovation publique", "maison-metropole", "57463", visibility="everyone"
    ),
    PersonaFacts(ADMIN, "Alain", "Humbert", "Numérique et données", "harmony-park", "57412"),
)
