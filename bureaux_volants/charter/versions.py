"""The life of the charter: a draft that administrators write, tried and published; then it never changes."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent, Territory

from . import defaults
from .exemptions import Exempt, without
from .models import CharterVersion, Exemption
from .rules import MOST_RULES, Fault, Invalid, Rule, written

LONGEST_TEXT = 20_000


def current(territory_id: int) -> CharterVersion | None:
    """The version in force; None before the first is published."""
    return CharterVersion.objects.filter(territory_id=territory_id).exclude(number=None).order_by("-number").first()


def draft_of(territory_id: int) -> CharterVersion | None:
    """The version that is being written."""
    return CharterVersion.objects.filter(territory_id=territory_id, number=None).first()


def rules_for(agent: Agent, day: dt.date) -> tuple[int, tuple[Rule, ...]]:
    """The number of the version in force and the rules that speak of somebody on a day; 0 and none without a charter."""
    version = current(agent.territory_id) if agent.territory_id is not None else None
    if version is None or version.number is None:
        return 0, ()
    held = [
        Exempt(e.valid_from, e.valid_until, frozenset(e.codes))
        for e in Exemption.objects.filter(agent=agent, valid_from__lte=day, valid_until__gte=day)
    ]
    return version.number, without(version.read_rules(), held, day)


def _one_at_a_time(territory_id: int) -> None:
    """Two administrators at once: the second works on what the first has left."""
    Territory.objects.select_for_update(no_key=True).only("pk").get(pk=territory_id)


def _draft(territory_id: int) -> CharterVersion:
    _one_at_a_time(territory_id)
    draft = draft_of(territory_id)
    if draft is None:
        raise NotFound("Il n'y a pas de brouillon : commencez-en un.")
    return draft


@transaction.atomic
def begin(territory_id: int, author: Author, *, now: dt.datetime | None = None) -> CharterVersion:
    """The draft that is there, or a new one: a copy of what is in force, else what most charters say."""
    _one_at_a_time(territory_id)
    draft = draft_of(territory_id)
    if draft is not None:
        return draft
    before = current(territory_id)
    draft = CharterVersion.objects.create(
        territory_id=territory_id,
        text=before.text if before else defaults.TEXT,
        rules=before.rules if before else [written(r) for r in defaults.RULES],
        created_at=now or timezone.now(),
    )
    record(territory_id, author, "charter.begun", "charter", draft.pk)
    return draft


@transaction.atomic
def write_text(territory_id: int, text: str, author: Author) -> None:
    """Change the draft's text. Invalid when there is none, or too much of it."""
    draft = _draft(territory_id)
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise Invalid([Fault("text", "Écrivez le texte que les agents accepteront.")])
    if len(text) > LONGEST_TEXT:
        raise Invalid([Fault("text", "Ce texte est trop long : 20 000 caractères au plus.")])
    draft.text = text
    draft.save(update_fields=["text"])
    record(territory_id, author, "charter.changed", "charter", draft.pk, fields=["text"])


@transaction.atomic
def put_rule(territory_id: int, rule: Rule, author: Author, *, instead_of: str = "") -> None:
    """Add a rule to the draft, or replace the one of that code where it stands. Invalid when its code is another one's."""
    draft = _draft(territory_id)
    codes = [kept["code"] for kept in draft.rules]
    if instead_of and instead_of not in codes:
        raise NotFound("Cette règle n'est plus dans le brouillon.")
    if rule.code != instead_of and rule.code in codes:
        raise Invalid(
            [Fault("code", f"Le code « {rule.code} » est déjà celui d'une autre règle : choisissez-en un autre.")]
        )
    if instead_of:
        draft.rules[codes.index(instead_of)] = written(rule)
    elif len(codes) >= MOST_RULES:
        raise Invalid([Fault("", f"Une charte a au plus {MOST_RULES} règles : retirez-en une.")])
    else:
        draft.rules.append(written(rule))
    draft.save(update_fields=["rules"])
    record(territory_id, author, "charter.changed", "charter", draft.pk, fields=[rule.code])


@transaction.atomic
def remove_rule(territory_id: int, code: str, author: Author) -> None:
    """Take a rule out of the draft. NotFound when it is not in it."""
    draft = _draft(territory_id)
    kept = [one for one in draft.rules if one["code"] != code]
    if len(kept) == len(draft.rules):
        raise NotFound("Cette règle n'est plus dans le brouillon.")
    draft.rules = kept
    draft.save(update_fields=["rules"])
    record(territory_id, author, "charter.changed", "charter", draft.pk, fields=[code])


@transaction.atomic
def publish(territory_id: int, author: Author, *, now: dt.datetime | None = None) -> CharterVersion:
    """Put the draft in force. From now on everybody is asked to accept it. WrongState when it says what is in force already."""
    draft = _draft(territory_id)
    before = current(territory_id)
    if before is not None and (before.text, before.rules) == (draft.text, draft.rules):
        raise WrongState("Ce brouillon dit la même chose que la version en vigueur : rien à publier.")
    # What was well written when it was saved is checked once more before it decides anything.
    draft.read_rules()
    draft.number = (before.number or 0) + 1 if before else 1
    draft.published_at = now or timezone.now()
    draft.save(update_fields=["number", "published_at"])
    record(territory_id, author, "charter.published", "charter", draft.pk, version=draft.number)
    return draft


@transaction.atomic
def drop(territory_id: int, author: Author) -> None:
    """Throw the draft away."""
    draft = _draft(territory_id)
    record(territory_id, author, "charter.dropped", "charter", draft.pk)
    draft.delete()
