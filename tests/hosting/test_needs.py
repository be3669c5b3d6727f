"""A need from its posting to its end; a quarter of an hour asked of somebody who comes; what time does to both."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.hosting import meetings, needs
from bureaux_volants.hosting.following import follow
from bureaux_volants.hosting.models import Meeting, Need, Proposal, Skill
from bureaux_volants.hosting.showing import coming, hide, show
from bureaux_volants.messages.about import holds, invitation
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Grant, Organisation, Service, Site, Territory
from tests import factories
from tests.booking.words import booked, by, told
from tests.factories import NOW, TUESDAY, at

THURSDAY = TUESDAY + dt.timedelta(days=2)
LAST = TUESDAY + dt.timedelta(days=8)

pytestmark = pytest.mark.django_db


@pytest.fixture
def metropole(metz: Territory) -> Organisation:
    return factories.organisation(metz, name="Métropole", kind=Organisation.Kind.INTERCOMMUNAL)


@pytest.fixture
def water(metropole: Organisation) -> Service:
    return factories.service(metropole, name="Eau")


@pytest.fixture
def skill(metz: Territory, water: Service) -> Skill:
    made = Skill.objects.create(territory=metz, name="Zones humides")
    made.services.add(water)
    return made


@pytest.fixture
def mayor(marly: Site) -> Agent:
    """Somebody of the commune, with no role at all."""
    return factories.agent(marly.territory, first_name="Rose", last_name="Mairie", organisation=marly.organisation)


@pytest.fixture
def expert(water: Service) -> Agent:
    return factories.agent(
        water.territory, first_name="Théo", last_name="Eau", service=water, organisation=water.organisation
    )


def another(water: Service) -> Agent:
    return factories.agent(water.territory, service=water, organisation=water.organisation)


def posted(
    mayor: Agent, site: Site, skill: Skill, *, now: dt.datetime = NOW, before: dt.date = LAST, **more: object
) -> Need:
    return needs.post(mayor, site.pk, skill.pk, "Un avis sur une zone humide", before, by(mayor), now=now, **more)  # type: ignore[arg-type]


def state(of: Need | Meeting) -> str:
    of.refresh_from_db()
    return str(of.state)


def kinds_of(need: Need) -> list[str]:
    return list(
        Event.objects.filter(subject_kind="need", subject_id=need.pk).order_by("id").values_list("kind", flat=True)
    )


# -- posting and proposing ----------------------------------------------------------------------------------------------


def test_whoever_comes_of_the_right_service_is_proposed_and_told(
    mayor: Agent, marly: Site, skill: Skill, expert: Agent
) -> None:
    booking = booked(marly, expert, day=THURSDAY)
    elsewhere = factories.agent(marly.territory)
    booked(marly, elsewhere, day=THURSDAY)
    need = posted(mayor, marly, skill)
    assert state(need) == Need.State.PROPOSED
    proposal = Proposal.objects.get(need=need)
    assert (proposal.agent, proposal.booking) == (expert, booking)
    assert told(expert)[-1] == "need.proposed"
    assert told(elsewhere).count("need.proposed") == 0
    assert kinds_of(need) == ["need.posted", "need.proposed"]


def test_who_says_that_they_can_help_is_proposed_whatever_their_service(
    mayor: Agent, marly: Site, skill: Skill, ada: Agent
) -> None:
    booking = booked(marly, ada, day=THURSDAY)
    show(ada, booking.reference, [skill.pk], by(ada), is_open=True, shown_to="nobody", now=NOW)
    need = posted(mayor, marly, skill)
    assert Proposal.objects.get(need=need).agent == ada


def test_nobody_near_leaves_it_open_and_a_booking_made_later_is_found(
    mayor: Agent, marly: Site, skill: Skill, expert: Agent
) -> None:
    far = factories.site(marly.territory, lat=49.3)
    booked(far, expert, day=TUESDAY)
    need = posted(mayor, marly, skill)
    assert state(need) == Need.State.OPEN
    booked(marly, expert, day=THURSDAY)
    follow(NOW + dt.timedelta(minutes=5))
    assert state(need) == Need.State.PROPOSED
    follow(NOW + dt.timedelta(minutes=10))
    assert told(expert).count("need.proposed") == 1


def test_a_free_desk_is_proposed_to_whom_it_spares_a_way_and_booked_with_the_slot(
    mayor: Agent, marly: Site, skill: Skill, expert: Agent
) -> None:
    office = factories.site(marly.territory, lat=49.3, organisation=expert.organisation)
    Agent.objects.filter(pk=expert.pk).update(
        usual_site=office, home_lat=marly.lat, home_lon=marly.lon, telework_weekdays=[2]
    )
    need = posted(mayor, marly, skill, before=TUESDAY)
    assert state(need) == Need.State.OPEN  # a day at home would become a trip
    needs.postpone(need.pk, THURSDAY, by(mayor), now=NOW)
    proposal = Proposal.objects.get(need=need)
    assert proposal.booking is None
    assert proposal.start == at(TUESDAY + dt.timedelta(days=1), "8")
    expert.refresh_from_db()
    meeting = meetings.accept(expert, need.pk, at(TUESDAY + dt.timedelta(days=1), "10"), by(expert), now=NOW)
    assert meeting.booking is not None
    assert (meeting.booking.agent, meeting.booking.start) == (expert, proposal.start)


def test_a_desk_that_would_lengthen_the_way_is_not_proposed(
    mayor: Agent, marly: Site, skill: Skill, expert: Agent
) -> None:
    office = factories.site(marly.territory, lat=49.3, organisation=expert.organisation)
    Agent.objects.filter(pk=expert.pk).update(usual_site=office, home_lat=49.31, home_lon=marly.lon)
    assert state(posted(mayor, marly, skill)) == Need.State.OPEN


def test_three_are_asked_at_once_and_who_declines_makes_room_for_the_next(
    mayor: Agent, marly: Site, skill: Skill, water: Service
) -> None:
    factories.desk(marly)
    people = [another(water) for _ in range(4)]
    for person in people:
        booked(marly, person, day=THURSDAY)
    need = posted(mayor, marly, skill)
    assert set(Proposal.objects.filter(need=need).values_list("agent", flat=True)) == {p.pk for p in people[:3]}
    needs.decline(people[0], need.pk, by(people[0]), now=NOW)
    assert told(people[3])[-1] == "need.proposed"
    with pytest.raises(WrongState):
        needs.decline(people[0], need.pk, by(people[0]), now=NOW)


def test_a_form_sent_twice_is_one_need(mayor: Agent, marly: Site, skill: Skill, expert: Agent) -> None:
    booked(marly, expert, day=THURSDAY)
    token = uuid.uuid4()
    assert posted(mayor, marly, skill, token=token).pk == posted(mayor, marly, skill, token=token).pk
    assert told(expert).count("need.proposed") == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"before": NOW.date() - dt.timedelta(days=1)}, WrongState),
        ({"before": NOW.date() + dt.timedelta(days=61)}, WrongState),
        ({"minutes": 20}, WrongState),
        ({"part": "night"}, WrongState),
    ],
)
def test_what_cannot_be_asked_is_told_and_nothing_is_kept(
    mayor: Agent, marly: Site, skill: Skill, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        posted(mayor, marly, skill, **change)  # type: ignore[arg-type]
    assert not Need.objects.exists()


def test_only_who_receives_there_for_a_commune_posts(
    metropole: Organisation, marly: Site, skill: Skill, expert: Agent, ada: Agent, host: Agent
) -> None:
    for somebody in (expert, ada):
        with pytest.raises(NotFound):
            posted(somebody, marly, skill)
    office = factories.site(marly.territory, organisation=metropole, kind=Site.Kind.METROPOLE)
    factories.grant(host, Grant.Role.HOST, over=office)
    with pytest.raises(NotFound):
        posted(host, office, skill)
    assert posted(host, marly, skill).author == host


def test_another_territory_neither_reads_nor_answers(mayor: Agent, marly: Site, skill: Skill, expert: Agent) -> None:
    need = posted(mayor, marly, skill)
    stranger = factories.agent(factories.territory(), service=expert.service)
    assert not needs.may_answer(stranger, need)
    with pytest.raises(NotFound):
        needs.answer(stranger, need.pk, "non", by(stranger), now=NOW)
    theirs = Skill.objects.create(territory=stranger.territory, name="Eau")
    with pytest.raises(NotFound):
        posted(mayor, marly, theirs)


# -- answering ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def need(mayor: Agent, marly: Site, skill: Skill, expert: Agent) -> Need:
    booked(marly, expert, day=THURSDAY, start="9", end="17")
    return posted(mayor, marly, skill)


def test_a_slot_accepted_is_agreed_and_both_get_the_same_invitation(need: Need, mayor: Agent, expert: Agent) -> None:
    meeting = meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    assert (state(need), state(meeting)) == (Need.State.AGREED, Meeting.State.AGREED)
    assert (meeting.host, meeting.end) == (mayor, at(THURSDAY, "10:30"))
    for person in (mayor, expert):
        notice = Notice.objects.get(recipient=person, kind="meeting.agreed")
        assert holds(notice, NOW)
        sent = invitation(notice, NOW)
        assert sent is not None
        assert sent.method == "REQUEST"
        assert meeting.reference.encode() in sent.text
        assert f"mailto:{person.email}".encode() in sent.text.replace(b"\r\n ", b"")


@pytest.mark.parametrize("clock", ["10:05", "8:45", "16:45", "18"])
def test_a_time_that_is_no_slot_is_refused(need: Need, expert: Agent, clock: str) -> None:
    with pytest.raises(WrongState):
        meetings.accept(expert, need.pk, at(THURSDAY, clock), by(expert), now=NOW)
    assert state(need) == Need.State.PROPOSED


def test_of_two_who_accept_the_second_is_told_and_who_was_asked_is_let_go(
    mayor: Agent, marly: Site, skill: Skill, water: Service
) -> None:
    one, two, three = (another(water) for _ in range(3))
    for person in (one, two, three):
        booked(marly, person, day=THURSDAY)
    need = posted(mayor, marly, skill)
    meetings.accept(one, need.pk, at(THURSDAY, "10"), by(one), now=NOW)
    with pytest.raises(WrongState, match="déjà répondu"):
        meetings.accept(two, need.pk, at(THURSDAY, "11"), by(two), now=NOW)
    assert told(three)[-1] == "need.closed"
    assert not holds(Notice.objects.get(recipient=three, kind="need.proposed"), NOW)


def test_a_time_of_one_s_own_is_asked_of_the_commune_which_agrees(
    need: Need, mayor: Agent, expert: Agent, host: Agent
) -> None:
    meeting = meetings.offer(expert, need.pk, at(THURSDAY, "12:10"), by(expert), now=NOW)
    assert (state(meeting), state(need)) == (Meeting.State.ASKED, Need.State.PROPOSED)
    assert told(mayor)[-1] == "meeting.asked"
    with pytest.raises(WrongState):
        meetings.agree(expert, meeting.pk, by(expert), now=NOW)
    meetings.agree(host, meeting.pk, by(host), now=NOW)  # a host of the site acts for the commune
    assert (state(meeting), state(need)) == (Meeting.State.AGREED, Need.State.AGREED)
    assert meeting.host == host


def test_the_two_agreeing_twice_agree_once(need: Need, mayor: Agent, expert: Agent) -> None:
    meeting = meetings.offer(expert, need.pk, at(THURSDAY, "12"), by(expert), now=NOW)
    for _ in range(2):
        meetings.agree(mayor, meeting.pk, by(mayor), now=NOW)
    assert told(expert).count("meeting.agreed") == 1


def test_an_answer_from_afar_ends_it_and_is_sent_to_who_asked(need: Need, mayor: Agent, expert: Agent) -> None:
    needs.answer(expert, need.pk, "Avis favorable.", by(expert), now=NOW)
    assert state(need) == Need.State.ANSWERED
    assert "Avis favorable." in Notice.objects.get(recipient=mayor, kind="need.answered").body
    with pytest.raises(WrongState):
        needs.answer(expert, need.pk, "Encore.", by(expert), now=NOW)


def test_a_meeting_cancelled_opens_the_need_again_and_calls_it_off_in_both_calendars(
    need: Need, mayor: Agent, expert: Agent, marly: Site, water: Service
) -> None:
    meeting = meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    other = another(water)
    booked(marly, other, day=THURSDAY)
    meetings.cancel(expert, meeting.pk, by(expert), reason="souffrant", now=NOW)
    assert state(need) == Need.State.PROPOSED
    assert told(other)[-1] == "need.proposed"
    for person in (mayor, expert):
        sent = invitation(Notice.objects.get(recipient=person, kind="meeting.cancelled"), NOW)
        assert sent is not None
        assert sent.method == "CANCEL"
        assert b"SEQUENCE:1" in sent.text
        assert not holds(Notice.objects.get(recipient=person, kind="meeting.agreed"), NOW)


def test_the_commune_closes_what_it_needs_no_longer(need: Need, mayor: Agent, expert: Agent) -> None:
    needs.close(need.pk, "réglé", by(mayor), now=NOW)
    assert state(need) == Need.State.CLOSED
    assert told(expert)[-1] == "need.closed"
    with pytest.raises(WrongState):
        needs.close(need.pk, "", by(mayor), now=NOW)
    with pytest.raises(WrongState):
        meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)


# -- a quarter of an hour -----------------------------------------------------------------------------------------------


@pytest.fixture
def open_stay(marly: Site, expert: Agent, skill: Skill) -> Booking:
    booking = booked(marly, expert, day=THURSDAY)
    show(expert, booking.reference, [skill.pk], by(expert), is_open=True, shown_to="everyone", note="Bonjour", now=NOW)
    return booking


def test_the_mairie_sees_who_comes_and_asks_for_a_quarter_of_an_hour(
    open_stay: Booking, mayor: Agent, expert: Agent, marly: Site
) -> None:
    (presence,) = coming(mayor, [marly.pk], now=NOW)
    assert [s.name for s in presence.skills.all()] == ["Zones humides"]
    meeting = meetings.ask_quarter(mayor, open_stay.reference, at(THURSDAY, "10"), "Le ruisseau", by(mayor), now=NOW)
    assert told(expert)[-1] == "meeting.asked"
    again = meetings.ask_quarter(mayor, open_stay.reference, at(THURSDAY, "10"), "Le ruisseau", by(mayor), now=NOW)
    assert again.pk == meeting.pk
    meetings.agree(expert, meeting.pk, by(expert), now=NOW)
    assert state(meeting) == Meeting.State.AGREED
    assert told(mayor)[-1] == "meeting.agreed"


@pytest.mark.parametrize(
    ("shown_to", "sees"),
    [
        ("nobody", []),
        ("team", ["team"]),
        ("organisation", ["team", "house"]),
        ("everyone", ["team", "house", "mairie", "host"]),
    ],
)
def test_what_a_person_shows_is_theirs_to_set(
    open_stay: Booking,
    expert: Agent,
    mayor: Agent,
    host: Agent,
    marly: Site,
    metropole: Organisation,
    water: Service,
    skill: Skill,
    shown_to: str,
    sees: list[str],
) -> None:
    show(expert, open_stay.reference, [skill.pk], by(expert), is_open=True, shown_to=shown_to, now=NOW)
    viewers = {
        "team": another(water),
        "house": factories.agent(marly.territory, organisation=metropole),
        "mairie": mayor,
        "host": host,
    }
    assert [name for name, viewer in viewers.items() if coming(viewer, [marly.pk], now=NOW)] == sees
    for name in ("mairie", "host"):
        if name not in sees:
            with pytest.raises(NotFound):
                meetings.ask_quarter(
                    viewers[name], open_stay.reference, at(THURSDAY, "10"), "Bonjour", by(viewers[name]), now=NOW
                )


def test_who_hides_again_or_is_not_open_is_not_asked(
    open_stay: Booking, expert: Agent, mayor: Agent, marly: Site
) -> None:
    show(expert, open_stay.reference, [], by(expert), is_open=False, shown_to="everyone", now=NOW)
    with pytest.raises(NotFound):
        meetings.ask_quarter(mayor, open_stay.reference, at(THURSDAY, "10"), "Bonjour", by(mayor), now=NOW)
    hide(expert, open_stay.reference, by(expert))
    assert coming(mayor, [marly.pk], now=NOW) == []


def test_one_has_two_meetings_at_once_neither_by_the_pages_nor_by_any_code(
    open_stay: Booking, mayor: Agent, host: Agent, expert: Agent, marly: Site, skill: Skill
) -> None:
    need = posted(mayor, marly, skill)
    meeting = meetings.ask_quarter(mayor, open_stay.reference, at(THURSDAY, "10"), "Le ruisseau", by(mayor), now=NOW)
    meetings.agree(expert, meeting.pk, by(expert), now=NOW)
    with pytest.raises(WrongState):
        meetings.ask_quarter(host, open_stay.reference, at(THURSDAY, "10"), "Autre chose", by(host), now=NOW)
    with pytest.raises(WrongState):
        meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    other = meetings.ask_quarter(host, open_stay.reference, at(THURSDAY, "11"), "Autre chose", by(host), now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=other.pk).update(
            state=Meeting.State.AGREED, start=at(THURSDAY, "10"), end=at(THURSDAY, "10:15")
        )


# -- what time does -----------------------------------------------------------------------------------------------------


def test_a_need_never_rots_silently(mayor: Agent, marly: Site, skill: Skill, water: Service) -> None:
    manager = another(water)
    factories.grant(manager, Grant.Role.MANAGER)
    need = posted(mayor, marly, skill)
    for n in range(12):
        for hour in (0, 6):
            follow(NOW + dt.timedelta(days=n, hours=hour))
    assert told(mayor) == ["need.nobody", "need.closed"]
    assert told(manager).count("need.unanswered") == 1
    assert state(need) == Need.State.CLOSED
    assert need.end_reason == "la date est passée"


def test_after_the_meeting_it_is_met_and_each_side_is_asked_once(need: Need, mayor: Agent, expert: Agent) -> None:
    meeting = meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    with pytest.raises(WrongState):
        meetings.say(mayor, meeting.pk, "useful", wants_more=False, author=by(mayor), now=NOW)
    after = at(THURSDAY, "10:30")
    for n in range(3):
        follow(after + n * dt.timedelta(minutes=5))
    assert (state(need), state(meeting)) == (Need.State.MET, Meeting.State.OVER)
    for person in (mayor, expert):
        assert told(person).count("meeting.question") == 1
    meetings.say(mayor, meeting.pk, "useful", wants_more=True, author=by(mayor), now=after)
    meetings.say(expert, meeting.pk, "not_useful", wants_more=False, author=by(expert), now=after)
    assert sorted(meeting.answers.values_list("said", flat=True)) == ["not_useful", "useful"]


def test_a_meeting_that_did_not_take_place_opens_the_need_again(need: Need, mayor: Agent, expert: Agent) -> None:
    meeting = meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    follow(at(THURSDAY, "11"))
    meetings.say(mayor, meeting.pk, "missed", wants_more=False, author=by(mayor), now=at(THURSDAY, "11"))
    assert state(meeting) == Meeting.State.MISSED
    assert state(need) in (Need.State.OPEN, Need.State.PROPOSED)


def test_an_agent_who_no_longer_comes_is_not_waited_for(need: Need, mayor: Agent, expert: Agent) -> None:
    meeting = meetings.accept(expert, need.pk, at(THURSDAY, "10"), by(expert), now=NOW)
    assert meeting.booking is not None
    service.cancel(meeting.booking.pk, by(expert), now=NOW)
    follow(NOW + dt.timedelta(minutes=5))
    assert state(meeting) == Meeting.State.CANCELLED
    assert told(mayor)[-1] == "meeting.cancelled"
    assert state(need) == Need.State.OPEN


def test_a_request_that_nobody_answers_goes_at_its_hour_and_is_told(
    open_stay: Booking, mayor: Agent, expert: Agent
) -> None:
    meeting = meetings.ask_quarter(mayor, open_stay.reference, at(THURSDAY, "10"), "Le ruisseau", by(mayor), now=NOW)
    follow(at(THURSDAY, "9:59"))
    assert state(meeting) == Meeting.State.ASKED
    follow(at(THURSDAY, "10"))
    assert state(meeting) == Meeting.State.REFUSED
    assert told(mayor)[-1] == "meeting.refused"
