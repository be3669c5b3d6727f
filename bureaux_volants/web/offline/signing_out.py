"""Signing out takes everything off the device: the browser itself is told to forget what this site has stored."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: The account's sign-out and the administration's. A session that ends by itself is none: what waits to be sent waits on.
SIGN_OUT = frozenset({"account_logout", "admin:logout"})


class ForgetOnSignOutMiddleware:
    """Answers a sign-out with Clear-Site-Data: storage (what was kept, the worker) and caches, for browsers that heed it;
    the page's own script has emptied its store before it asked (offline.js)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.view_name in SIGN_OUT and not request.user.is_authenticated:
            answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer
