"""What people are told of needs and meetings, written with the fact."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent, Grant
from bureaux_volants.territory.permissions import managers_of

from .models import Meeting, Need, Proposal

#: What a notice takes a need or a meeting to be; looked at again when it leaves (subject.py).
WAITING, ASKED, AGREED, OVER = "waiting", "asked", "agreed", "over"


def need_path(need: Need) -> str:
    return f"/rencontres/besoins/{need.reference}/"


def meeting_path(meeting: Meeting) -> str:
    return f"/rencontres/{meeting.reference}/"


def _about_need(need: Need, taken_for: str) -> dict[str, Any]:
    return {"about": f"need:{need.pk}", "told": {"is": taken_for}}


def about_meeting(meeting: Meeting, taken_for: str) -> dict[str, Any]:
    """What a notice says of a meeting, and until when it is of use."""
    start, end = (at.astimezone(dt.UTC).isoformat() for at in (meeting.start, meeting.end))
    return {
        "about": f"meeting:{meeting.pk}",
        "told": {"is": taken_for, "start": start, "end": end},
        "needed_by": meeting.start,
    }


def _when(meeting: Meeting) -> str:
    return french.span(meeting.start, meeting.end, meeting.territory.zone)


def _day(day: dt.date) -> str:
    return f"le {french.day(day)}"


def proposed(proposal: Proposal, now: dt.datetime) -> None:
    """To somebody who could help: the person decides, nobody else knows that they were asked."""
    need = proposal.need
    zone = need.territory.zone
    day = _day(proposal.start.astimezone(zone).date())
    if proposal.booking is not None:
        why = f"Votre bureau est réservé {day} ({proposal.site.name})"
        why += "." if proposal.site_id == need.site_id else f", tout près ({need.site.name})."
    else:
        why = (
            f"Un bureau est libre {day} à {proposal.site.name} : ce jour-là, il ne serait pas plus loin que votre site."
        )
    outbox.write(
        proposal.agent,
        "need.proposed",
        f"{need.site.organisation.name} a besoin de vous : {need.title}",
        f"« {need.title} », {need.minutes} minutes, avant la fin du {french.day(need.before)}. {why} Acceptez un créneau, répondez à "
        "distance, ou déclinez : sans réponse de votre part, d'autres personnes sont sollicitées.",
        need_path(need),
        at=now,
        **_about_need(need, WAITING),
    )


def nobody_yet(need: Need, now: dt.datetime) -> None:
    """To who posted it, and to the managers of the services that could answer from afar: once."""
    if need.author is not None:
        outbox.write(
            need.author,
            "need.nobody",
            f"Pas encore de réponse : {need.title}",
            f"Personne n'a encore accepté de créneau pour « {need.title} », à régler avant la fin du {french.day(need.before)}. "
            "L'encadrement du service est prévenu. Vous pouvez reculer la date, ou clore le besoin.",
            need_path(need),
            at=now,
            **_about_need(need, WAITING),
        )
    for manager in _managers(need):
        outbox.write(
            manager,
            "need.unanswered",
            f"Une commune attend une réponse : {need.title}",
            f"{need.site.organisation.name} demande : « {need.title} », avant la fin du {french.day(need.before)}. Aucun agent qui passe "
            "près de là n'a pu accepter. Votre service peut répondre à distance.",
            need_path(need),
            at=now,
            **_about_need(need, WAITING),
        )


def _managers(need: Need) -> list[Agent]:
    """Those of the services that hold the skill."""
    found: dict[int, Agent] = {}
    for service in need.skill.services.order_by("pk"):
        members = Agent.objects.filter(service=service, is_active=True)
        managing = Grant.objects.filter(role=Grant.Role.MANAGER, territory_id=need.territory_id)
        nearest = list(members.filter(pk__in=managing.values("agent")))
        if not nearest and (somebody := members.order_by("pk").first()) is not None:
            nearest = managers_of(somebody)
        found.update((manager.pk, manager) for manager in nearest)
    return [found[pk] for pk in sorted(found)]


def answered(need: Need, now: dt.datetime) -> None:
    if need.author is not None:
        outbox.write(
            need.author,
            "need.answered",
            f"Réponse : {need.title}",
            f"{need.answered_by} répond à « {need.title} » :\n\n{need.answer}",
            need_path(need),
            at=now,
        )


def closed(need: Need, now: dt.datetime, asked: list[Agent]) -> None:
    """To those who had been asked and had not answered; to the author too when it closed by itself."""
    because = f" Motif : {need.end_reason}." if need.end_reason else ""
    for person in asked:
        outbox.write(
            person,
            "need.closed",
            f"Plus rien à faire : {need.title}",
            f"Le besoin « {need.title} » est clos.{because} Merci d'avoir été disponible.",
            need_path(need),
            at=now,
        )


def ran_out(need: Need, now: dt.datetime) -> None:
    if need.author is not None:
        outbox.write(
            need.author,
            "need.closed",
            f"Sans réponse à temps : {need.title}",
            f"La date que vous aviez donnée est passée sans que personne ait pu répondre à « {need.title} ». Le besoin est clos ; vous "
            "pouvez le poser de nouveau avec une date plus lointaine.",
            need_path(need),
            at=now,
        )


def asked(meeting: Meeting, to: Agent, now: dt.datetime) -> None:
    """One side asks the other for a time."""
    organisation = get_directory(meeting.territory_id).site_by_id(meeting.site_id).organisation_name
    what = f"{meeting.asked_by} ({organisation})" if meeting.asked_by_id == meeting.host_id else str(meeting.asked_by)
    outbox.write(
        to,
        "meeting.asked",
        f"Une rencontre vous est demandée : {meeting.title}",
        f"{what} vous propose de vous voir {_when(meeting)} ({meeting.site.name}), au sujet de « {meeting.title} ». "
        "Répondez d'une touche ; sans réponse, la demande s'efface à l'heure dite.",
        meeting_path(meeting),
        at=now,
        **about_meeting(meeting, ASKED),
    )


def agreed(meeting: Meeting, now: dt.datetime) -> None:
    """To both, with the invitation."""
    assert meeting.agent is not None
    assert meeting.host is not None
    for person, other in ((meeting.agent, meeting.host), (meeting.host, meeting.agent)):
        outbox.write(
            person,
            "meeting.agreed",
            f"Rendez-vous pris : {meeting.title}",
            f"C'est convenu avec {other} : {meeting.site.name}, {_when(meeting)}, « {meeting.title} ».",
            meeting_path(meeting),
            at=now,
            **about_meeting(meeting, AGREED),
        )


def refused(meeting: Meeting, to: Agent, now: dt.datetime) -> None:
    because = f" Motif : {meeting.end_reason}." if meeting.end_reason else ""
    outbox.write(
        to,
        "meeting.refused",
        f"Pas possible : {meeting.title}",
        f"La rencontre demandée, {_when(meeting)} ({meeting.site.name}), n'aura pas lieu.{because}",
        meeting_path(meeting),
        at=now,
    )


def cancelled(meeting: Meeting, people: list[Agent], now: dt.datetime) -> None:
    because = f" Motif : {meeting.end_reason}." if meeting.end_reason else ""
    for person in people:
        outbox.write(
            person,
            "meeting.cancelled",
            f"Annulé : {meeting.title}",
            f"La rencontre prévue {_when(meeting)} ({meeting.site.name}), « {meeting.title} », est annulée.{because}",
            meeting_path(meeting),
            at=now,
            **about_meeting(meeting, OVER),
        )


def question(meeting: Meeting, now: dt.datetime) -> None:
    """One question to each side, once."""
    for person in (meeting.agent, meeting.host):
        if person is not None:
            outbox.write(
                person,
                "meeting.question",
                f"Une question sur votre rencontre : {meeting.title}",
                f"« {meeting.title} », {meeting.site.name} : cette rencontre a-t-elle été utile, et y a-t-il une suite à donner ? "
                "Une touche suffit.",
                meeting_path(meeting),
                at=now,
            )


def taken(need: Need, now: dt.datetime, people: list[Agent]) -> None:
    """To those who had been asked and had not answered: in their list alone, there is nothing to do."""
    for person in people:
        outbox.write(
            person,
            "need.closed",
            f"Plus rien à faire : {need.title}",
            f"Quelqu'un d'autre répond à « {need.title} ». Merci d'avoir été disponible.",
            need_path(need),
            at=now,
            is_sent=False,
        )
