"""Sessions end: after eight idle hours, after twelve in all, or when the browser closes."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

_BEGAN = "began"
_SEEN = "seen"
_WRITE_EVERY_SECONDS = 600  # a write at each request would cost more than the precision is worth


class SessionLimitsMiddleware:
    """Signs out the person whose session is too old or has been idle too long (SESSION_IDLE_SECONDS)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            now = int(time.time())
            began = request.session.get(_BEGAN, now)
            seen = request.session.get(_SEEN, now)
            if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif _BEGAN not in request.session or now - seen > _WRITE_EVERY_SECONDS:
                request.session[_BEGAN] = began
                request.session[_SEEN] = now
        return self.get_response(request)
