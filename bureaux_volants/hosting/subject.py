"""What a notice says of a need or of a meeting, when it leaves: whether it still holds, and the invitation that goes with it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from bureaux_volants.booking.entries import written
from bureaux_volants.booking.subject import addressed
from bureaux_volants.messages.about import Invitation, Subject, register
from bureaux_volants.messages.models import Notice

from .entries import entry_of
from .models import Meeting, Need, Proposal
from .telling import AGREED, ASKED, OVER


def _number(notice: Notice) -> int:
    return int(notice.about.partition(":")[2])


def need_holds(notice: Notice, now: dt.datetime) -> bool:
    """Whether it still waits; for whoever was asked, whether it still waits for them."""
    need = Need.objects.filter(pk=_number(notice)).first()
    if need is None or not need.is_waiting:
        return False
    if notice.kind != "need.proposed":
        return True
    return need.proposals.filter(agent=notice.recipient_id, state=Proposal.State.WAITING, end__gt=now).exists()


def _meeting(notice: Notice) -> Meeting | None:
    """The meeting as it is while the notice leaves: read once, for both questions."""
    if "_meeting" not in vars(notice):
        found = Meeting.objects.select_related("site", "territory", "agent", "host").filter(pk=_number(notice)).first()
        vars(notice)["_meeting"] = found
    meeting: Meeting | None = vars(notice)["_meeting"]
    return meeting


def meeting_holds(notice: Notice, now: dt.datetime) -> bool:
    told, meeting = notice.told or {}, _meeting(notice)
    if meeting is None:
        return False
    if told.get("is") == ASKED:
        return meeting.state == Meeting.State.ASKED and meeting.start > now
    if told.get("is") == AGREED:
        return meeting.state == Meeting.State.AGREED and meeting.end > now
    return True


def invitation(notice: Notice, now: dt.datetime) -> Invitation | None:
    """To the two who meet: REQUEST once it is agreed, CANCEL once it is given up."""
    is_what, meeting = (notice.told or {}).get("is"), _meeting(notice)
    if meeting is None or is_what not in (AGREED, OVER):
        return None
    if notice.recipient_id not in (meeting.agent_id, meeting.host_id):
        return None
    entry = entry_of(meeting, notice.recipient, settings.BV_BASE_URL, now)
    method = "REQUEST" if is_what == AGREED else "CANCEL"
    return Invitation(method, written([addressed(entry, notice, method)], method))


register("need", Subject(need_holds))
register("meeting", Subject(meeting_holds, invitation))
