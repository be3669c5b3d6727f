"""Addresses of what métropole and communes do together: presences, needs, meetings."""

from __future__ import annotations

from django.urls import path

from .views import meetings, needs, presence

urlpatterns = [
    path("rencontres/", meetings.index, name="meetings"),
    path("rencontres/besoins/nouveau/", needs.new, name="need_new"),
    path("rencontres/besoins/<str:reference>/", needs.need, name="need"),
    path("rencontres/besoins/<str:reference>/creneau/", needs.accept, name="need_accept"),
    path("rencontres/besoins/<str:reference>/autre-heure/", needs.offer, name="need_offer"),
    path("rencontres/besoins/<str:reference>/decliner/", needs.decline, name="need_decline"),
    path("rencontres/besoins/<str:reference>/repondre/", needs.answer, name="need_answer"),
    path("rencontres/besoins/<str:reference>/reculer/", needs.postpone, name="need_postpone"),
    path("rencontres/besoins/<str:reference>/clore/", needs.close, name="need_close"),
    path("rencontres/demander/<str:reference>/", meetings.quarter, name="quarter"),
    path("rencontres/<str:reference>/", meetings.meeting, name="meeting"),
    path("rencontres/<str:reference>/avis/", meetings.say, name="meeting_say"),
    path("rencontres/<str:reference>/<slug:verb>/", meetings.act, name="meeting_act"),
    path("reservations/<str:reference>/presence/", presence.presence, name="presence"),
]
