"""Who leads a talk: one person at a time, by role, load and hours, and never for ever (C3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, rehearsal, unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.security import service as staff
from backend.security.models import Account
from backend.security.schemas import Role, StaffMember
from backend.students import queries, rules, takeovers
from backend.students.schemas import EndedBy, TakeoverStep, TakeoverView, TicketKind
from backend.students.tickets import desk

MORNING = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
NIGHT = datetime(2026, 11, 25, 21, tzinfo=clock.SHANGHAI)


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


def _hire(session: Session, name: str, role: Role = Role.ADVISOR) -> Account:
    return staff.hire(session, name=name, role=role, openid=f"o_{name}")


def _begin(session: Session, openid: str, preferred_id: int | None = None) -> TakeoverView:
    ticket = desk.open_ticket(
        session,
        openid=openid,
        kind=TicketKind.REQUEST,
        text="转人工",
        source_key=f"m:{openid}",
        roles=(Role.ADVISOR,),
        tells_owner=False,
    )
    view = takeovers.begin(
        session,
        openid=openid,
        customer="客户",
        role=Role.ADVISOR,
        ticket_id=ticket.id,
        said="转人工",
        preferred_id=preferred_id,
    )
    assert view is not None
    return view


def _pushes(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


@pytest.mark.parametrize(
    ("loads", "preferred_id", "chosen"),
    [
        ({}, 1, None),
        ({1: 0, 2: 0}, None, 1),
        ({1: 3, 2: 1}, None, 2),
        ({1: 3, 2: 1}, 1, 1),
        ({1: rules.BUSY, 2: 1}, 1, 2),
        ({1: 2, 2: 1}, 9, 2),
    ],
    ids=["nobody", "first", "least", "usual", "usual is busy", "usual is elsewhere"],
)
def test_who_takes_a_talk(loads: dict[int, int], preferred_id: int | None, chosen: int) -> None:
    assert rules.choose_owner(loads, preferred_id) == chosen


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-25 10:00", "2026-11-25 10:00"),
        ("2026-11-25 12:00", "2026-11-25 13:30"),
        ("2026-11-25 20:30", "2026-11-26 09:00"),
        ("2026-11-22 23:00", "2026-11-24 09:00"),
    ],
    ids=["open", "noon", "closing", "before Monday"],
)
def test_when_somebody_works_again(at: str, opens: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=clock.SHANGHAI)
    expected = datetime.fromisoformat(opens).replace(tzinfo=clock.SHANGHAI)
    assert takeovers.opening(moment) == expected


def test_talks_are_spread_and_beginning_twice_is_beginning_once(session: Session) -> None:
    first, second = _hire(session, "周婷"), _hire(session, "王丽")
    owners = [_begin(session, f"o_{n}").owner_id for n in range(4)]
    assert sorted(owners) == sorted([first.id, second.id] * 2)
    before = _pushes(session)
    assert _begin(session, "o_1").id == 2
    assert _pushes(session) == before


def test_without_staff_nobody_takes_over(session: Session) -> None:
    ticket = desk.open_ticket(
        session, openid="o", kind=TicketKind.REQUEST, text="转人工", source_key="m"
    )
    assert (
        takeovers.begin(
            session,
            openid="o",
            customer="客户",
            role=Role.ADVISOR,
            ticket_id=ticket.id,
            said="转人工",
        )
        is None
    )


def test_only_the_owner_speaks_and_only_once_per_message(session: Session) -> None:
    owner, other = _hire(session, "周婷"), _hire(session, "何老师", Role.TEACHER)
    view = _begin(session, "o_one", owner.id)
    with pytest.raises(NotAllowed):
        takeovers.answer(
            session, takeover_id=view.id, account_id=other.id, words="我来", source_key="m:9"
        )
    with pytest.raises(NotAllowed):
        takeovers.take(session, takeover_id=view.id, account_id=other.id)
    before = _pushes(session)
    for _ in range(2):
        takeovers.answer(
            session, takeover_id=view.id, account_id=owner.id, words="您好", source_key="m:10"
        )
    assert _pushes(session) == before + 1
    takeovers.end(session, takeover_id=view.id, by=EndedBy.OWNER, account_id=view.owner_id)
    with pytest.raises(NotFound):
        takeovers.end(session, takeover_id=view.id, by=EndedBy.OWNER, account_id=view.owner_id)
    with pytest.raises(NotFound):
        takeovers.answer(
            session, takeover_id=view.id, account_id=owner.id, words="还在", source_key="m:11"
        )


def test_the_clock_does_each_step_once_and_looks_again_before(session: Session) -> None:
    _hire(session, "周婷")
    view = _begin(session, "o_one")
    assert takeovers.tend(session, view.id) is None
    with clock.frozen(MORNING + rules.ANSWER_WITHIN):
        assert takeovers.due(session, at=clock.now()) == [view.id]
        done = takeovers.tend(session, view.id)
        assert done is not None
        assert done[0] is TakeoverStep.NUDGE
        assert takeovers.tend(session, view.id) is None
        takeovers.answer(
            session, takeover_id=view.id, account_id=view.owner_id, words="您好", source_key="m:2"
        )
    with clock.frozen(MORNING + rules.REASSIGN_AFTER):
        assert takeovers.tend(session, view.id) is None  # Answered in the last moment.
    with clock.frozen(MORNING + rules.ANSWER_WITHIN + rules.RESUME_AFTER):
        done = takeovers.tend(session, view.id)
        assert done is not None
        assert done[0] is TakeoverStep.RESUME
        assert takeovers.tend(session, view.id) is None
    assert takeovers.of_customer(session, "o_one") is None


def test_at_night_nobody_is_pushed_until_the_office_opens(session: Session) -> None:
    _hire(session, "周婷")
    with clock.frozen(NIGHT):
        view = _begin(session, "o_one")
        assert view.begun_at is None
        assert _pushes(session) == 0
        assert takeovers.of_owner(session, view.owner_id) == []
    opens_at = NIGHT + timedelta(hours=12)
    with clock.frozen(opens_at):
        done = takeovers.tend(session, view.id)
        assert done is not None
        assert done[0] is TakeoverStep.BEGIN
        assert done[1].begun_at == opens_at
        assert _pushes(session) == 1


def test_a_rehearsal_leaves_nothing_behind(session: Session) -> None:
    _hire(session, "周婷")
    bells = dict(session.info.get("doorbells", {}))
    with rehearsal(session):
        _begin(session, "o_one")
        assert _pushes(session) == 1
    assert _pushes(session) == 0
    assert session.info.get("doorbells", {}) == bells
    assert takeovers.of_customer(session, "o_one") is None


def _member(id_: int, role: Role, campus_id: int | None = None) -> StaffMember:
    return StaffMember(id=id_, name="某", role=role, campus_id=campus_id)


@pytest.mark.parametrize(
    ("member", "may"),
    [
        (_member(1, Role.ADVISOR, 1), True),
        (_member(2, Role.ADVISOR, 1), True),
        (_member(2, Role.ADVISOR), True),
        (_member(2, Role.ADVISOR, 2), False),
        (_member(9, Role.ADVISOR, 2), True),
        (_member(2, Role.CAMPUS_MANAGER, 1), True),
        (_member(2, Role.CAMPUS_MANAGER, 2), False),
        (_member(2, Role.PRINCIPAL), True),
        (_member(2, Role.ACCOUNTANT, 1), False),
    ],
    ids=[
        *("owner", "colleague", "of no campus", "of another", "had it"),
        *("manager", "manager elsewhere", "head", "other role"),
    ],
)
def test_who_may_lead_a_talk(member: StaffMember, may: bool) -> None:
    owner = _member(1, Role.ADVISOR, 1)
    assert rules.may_lead(member, owner=owner, role=Role.ADVISOR, had=[9]) is may


def test_a_talk_is_handed_on_by_those_who_may_lead_it(session: Session) -> None:
    owner, colleague = _hire(session, "周婷"), _hire(session, "钱进")
    accountant = _hire(session, "财务", Role.ACCOUNTANT)
    teacher = _hire(session, "教师", Role.TEACHER)
    view = _begin(session, "o_one", owner.id)
    with pytest.raises(NotAllowed):
        takeovers.hand(session, takeover_id=view.id, to_id=colleague.id, by_id=accountant.id)
    with pytest.raises(NotFound):
        takeovers.hand(session, takeover_id=view.id, to_id=teacher.id, by_id=owner.id)
    for _click in range(2):
        given = takeovers.hand(session, takeover_id=view.id, to_id=accountant.id, by_id=owner.id)
        assert given.owner_id == accountant.id
    assert takeovers.take(session, takeover_id=view.id, account_id=owner.id).owner_id == owner.id


def test_a_wait_runs_from_the_customers_message_to_the_first_word_whoever_leads(
    database: str,
) -> None:
    with unit_of_work() as session:
        _hire(session, "小王")
        _hire(session, "小李")
        view = _begin(session, "o_one")
    with clock.frozen(MORNING + timedelta(minutes=12)), unit_of_work() as session:
        takeovers.tend(session, view.id)  # A nudge, and then a colleague has it.
    with clock.frozen(MORNING + timedelta(minutes=17)), unit_of_work() as session:
        step = takeovers.tend(session, view.id)
        assert step
        assert step[0] is TakeoverStep.REASSIGN
        owner_id = step[1].owner_id
        for key in ("a", "b"):
            takeovers.answer(
                session, takeover_id=view.id, account_id=owner_id, words="您好", source_key=key
            )
    with reading() as session:
        [told] = queries.responses(session, Role.ADVISOR, ids=[view.id])
        assert told.account_id == owner_id
        assert told.responded_at is not None
        assert told.responded_at - told.asked_at == timedelta(minutes=17)
        assert queries.responses(session, Role.ACADEMIC, openids=["o_one"]) == []
