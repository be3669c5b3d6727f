"""The states of needs and meetings, as icon and word: colour never speaks alone."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bureaux_volants.hosting.models import Meeting, Need

from .bv import icon

register = template.Library()

_NEEDS: Mapping[str, tuple[str, str]] = {
    Need.State.OPEN: ("wait", "warn"),
    Need.State.PROPOSED: ("person", "accent"),
    Need.State.AGREED: ("calendar", "ok"),
    Need.State.MET: ("check", "ok"),
    Need.State.ANSWERED: ("check", ""),
    Need.State.CLOSED: ("cross", ""),
}
_MEETINGS: Mapping[str, tuple[str, str]] = {
    Meeting.State.ASKED: ("wait", "warn"),
    Meeting.State.AGREED: ("check", "ok"),
    Meeting.State.REFUSED: ("cross", ""),
    Meeting.State.CANCELLED: ("cross", ""),
    Meeting.State.OVER: ("check", ""),
    Meeting.State.MISSED: ("warn", "stop"),
}


def _chip(look: tuple[str, str], word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', look[1], icon(look[0]), word[:1].upper() + word[1:])


@register.simple_tag
def need_state(need: Need) -> SafeString:
    return _chip(_NEEDS[need.state], str(need.get_state_display()))


@register.simple_tag
def meeting_state(meeting: Meeting) -> SafeString:
    return _chip(_MEETINGS[meeting.state], str(meeting.get_state_display()))
