"""The line of a full class: one seat, one offer, in order, in time (A10, A11)."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions.models import Waiting
from backend.admissions.waitlist import jobs, line, offers
from backend.admissions.waitlist.schemas import OfferOver, SeatsFree, WaitForm, WaitingView
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.schemas import Role
from backend.teaching import queries as teaching
from backend.teaching import service as seats
from backend.teaching.models import ClassGroup
from backend.teaching.schemas import SeatEnded
from tests.backend.admissions.test_lead_pages import entered, sent, shown
from tests.backend.security.conftest import Site, site, wechat
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

__all__ = ["site", "wechat"]


@pytest.fixture(autouse=True)
def _own_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(SeatEnded, offers.seat_ended)


def _open(session: Session, *, taken: int = 1) -> School:
    """A full class of three: learners, and seats that are held (`other:0`, `other:1`)."""
    school = classrooms.open_school(session, learners=3 - taken)
    session.get_one(ClassGroup, school.class_id).capacity = 3
    security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_zhou")
    for number in range(taken):
        _hold(session, school.class_id, f"other:{number}")
    return school


def _hold(session: Session, class_id: int, holder: str) -> None:
    until = clock.now() + timedelta(days=9)
    seats.hold_seat(session, class_group_id=class_id, holder=holder, until=until)


def _join(session: Session, class_id: int, number: int, **other: object) -> WaitingView:
    values: dict[str, object] = {
        "openid": f"o_{number}",
        "child_name": f"孩子{number}",
        "grade": "三年级",
        "class_group_id": class_id,
        "source_key": f"message:{number}",
        "phone": "13812345678",
        **other,
    }
    return line.join(session, WaitForm.model_validate(values))


def _statuses() -> dict[str, str]:
    with reading() as session:
        rows = session.execute(select(Waiting.openid, Waiting.status).order_by(Waiting.id))
        return dict(rows.all())


def _taken(class_id: int) -> int:
    with reading() as session:
        return teaching.taken_seats(session, class_id)


def _told(template: str) -> int:
    query = select(func.count(OutboxMessage.id))
    with reading() as session:
        return session.scalar(query.where(OutboxMessage.dedupe_key.startswith(template))) or 0


def _at_once(*acts: Callable[[Session], object]) -> list[bool]:
    """Each in a unit and a thread of its own; whether it went well."""

    def run(act: Callable[[Session], object]) -> bool:
        try:
            with unit_of_work() as session:
                act(session)
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_seats_that_end_at_once_are_two_offers_to_the_first_two(database: str) -> None:
    with clock.frozen(NOW):
        with unit_of_work() as session:
            school = _open(session, taken=2)
            for number in (1, 2, 3):
                _join(session, school.class_id, number)
        assert all(
            _at_once(
                lambda session: seats.release_seat(session, holder="other:0"),
                lambda session: seats.release_seat(session, holder="other:1"),
                lambda session: offers.promote(session, class_group_id=school.class_id),
            )
        )
        jobs.tend()
        jobs.tend()
        assert _statuses() == {"o_1": "offered", "o_2": "offered", "o_3": "waiting"}
        assert _taken(school.class_id) == 3
        assert _told("waitlist_offer:") == 2


def test_a_late_yes_and_the_clock_agree_on_one_holder(database: str) -> None:
    with clock.frozen(NOW), unit_of_work() as session:
        school = _open(session)
        first = _join(session, school.class_id, 1)
        _join(session, school.class_id, 2)
        seats.release_seat(session, holder="other:0")
    with reading() as session:
        until = line.lines_of(session, "o_1")[0].offer_until
    assert until is not None
    with clock.frozen(until):
        went = _at_once(
            lambda session: offers.accept(session, openid="o_1", waiting_id=first.id),
            lambda session: offers.expire(session, waiting_id=first.id),
            lambda session: offers.expire(session, waiting_id=first.id),
        )
        assert went == [False, True, True]
        jobs.tend()
        assert _statuses() == {"o_1": "expired", "o_2": "offered"}
        assert _taken(school.class_id) == 3
        assert (_told("waitlist_over:"), _told("waitlist_offer:")) == (1, 2)


def test_who_changes_class_goes_first_and_one_place_is_kept_however_often_one_asks(
    session: Session,
) -> None:
    with clock.frozen(NOW):
        school = _open(session)
        with pytest.raises(SeatsFree):
            _join(session, school.other_class_id, 1)
        first = _join(session, school.class_id, 1)
        assert _join(session, school.class_id, 1) == first
        assert _join(session, school.class_id, 1, source_key="said again") == first
        second = _join(session, school.class_id, 2)
        third = _join(session, school.class_id, 3, from_class_id=school.other_class_id)
        places = [each.openid for each in line.of_class(session, school.class_id)]
        assert places == ["o_3", "o_1", "o_2"]
        assert [third.place, second.place] == [1, 2]
        with pytest.raises(NotFound):
            line.leave(session, openid="o_2", waiting_id=third.id)
        with pytest.raises(OfferOver):
            offers.accept(session, openid="o_1", waiting_id=first.id)
        seats.release_seat(session, holder="other:0")
        line.leave(session, openid="o_1", waiting_id=first.id)
        offers.decline(session, openid="o_3", waiting_id=third.id)
        offers.decline(session, openid="o_3", waiting_id=third.id)
        offered = line.lines_of(session, "o_2")[0]
        assert (offered.status, offered.place) == ("offered", 0)
        assert teaching.taken_seats(session, school.class_id) == 3
        with pytest.raises(seats.SeatTaken):
            _hold(session, school.class_id, "somebody else")
        offers.accept(session, openid="o_2", waiting_id=second.id)
        taken = offers.take(
            session, openid="o_2", class_group_id=school.class_id, child_name="孩子2"
        )
        assert taken == f"waiting:{second.id}"
        until = clock.now() + timedelta(minutes=33)
        assert seats.pass_hold(session, holder=taken, to="sign_up:1", until=until)
        assert teaching.taken_seats(session, school.class_id) == 3
        assert line.of_class(session, school.class_id) == []


def test_staff_see_the_lines_and_take_somebody_out(site: Site) -> None:
    with unit_of_work() as session:
        school = _open(session)
        security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
        for number in (1, 2):
            _join(session, school.class_id, number)
    head, advisor = entered(site, "o_head"), entered(site, "o_zhou")
    assert "2人" in shown(advisor, "/waitlists")
    path = f"/waitlists/{school.class_id}"
    page = shown(advisor, path)
    assert page.index("孩子1") < page.index("孩子2")
    assert "13812345678" not in page
    assert sent(advisor, "/waitlists/waiting/1/strike", page)[0] == 403
    for _ in range(2):
        answer = sent(head, "/waitlists/waiting/1/strike", shown(head, path))
        assert answer == (303, path)
    assert "孩子1" not in shown(advisor, path)
    assert shown(advisor, "/waitlists").count("1人") == 1
    assert head.open("/waitlists/999")[0] == 404
