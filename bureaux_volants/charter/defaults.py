"""What a charter begins with: the rules that most mobility charters share, to be changed at will. Pure."""

from __future__ import annotations

from bureaux_volants.travel.journeys import Way

from .rules import Effect, Rule

CARS = (Way.OWN_CAR, Way.POOL_CAR)

RULES: tuple[Rule, ...] = (
    Rule(
        "trajet-court",
        Effect.REASON,
        "À moins de 3 km, on va à pied ou à vélo.",
        ways=CARS,
        km_under=3.0,
        load=False,
        accessible=False,
    ),
    Rule(
        "transports-d-abord",
        Effect.ADVISE,
        "Les transports en commun mettent moins d'une fois et demie le temps de la voiture : ils passent avant elle.",
        ways=CARS,
        instead=Way.TRANSIT,
        times=1.5,
        load=False,
        accessible=False,
    ),
    Rule(
        "electrique-d-abord",
        Effect.ADVISE,
        "Un véhicule électrique passe avant un véhicule à carburant.",
        ways=(Way.POOL_CAR,),
        energies=("diesel", "petrol", "hybrid"),
    ),
    Rule(
        "partager",
        Effect.ADVISE,
        "Quelqu'un d'autre va au même endroit à la même heure : faites la route ensemble.",
        ways=CARS,
        people_under=2,
        others_from=1,
    ),
    Rule(
        "grouper",
        Effect.ADVISE,
        "Vous allez déjà à cet endroit cette semaine : groupez vos déplacements si vous le pouvez.",
        ways=CARS,
        again_from=1,
    ),
)

#: One paragraph a line: the page breaks lines where it likes.
TEXT = "\n\n".join(
    (
        "Cette charte dit comment nous nous déplaçons pour le travail.",
        "Nous choisissons d'abord de ne pas nous déplacer quand une visioconférence suffit, puis de marcher ou de prendre un vélo, puis les "
        "transports en commun, puis une voiture partagée, et la voiture seul en dernier.",
        "Un véhicule du parc est rendu à l'heure, propre, rechargé, et ce qui ne va pas est signalé. Il ne sert pas à un usage privé.",
        "Personne n'a à justifier un besoin d'accessibilité : il est pris en compte tel qu'il est dit.",
    )
)
