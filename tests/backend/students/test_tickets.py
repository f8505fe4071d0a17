"""Tickets from the sentence to the end: owners, ladders, silence, floods, leavers (S7–S10)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.security import accounts
from backend.security import service as staff
from backend.security.models import Account, AuditEntry
from backend.security.schemas import AccountDeactivated, Role
from backend.students import queries
from backend.students.schemas import (
    Cause,
    ClosedBy,
    NoteKind,
    Severity,
    TicketCategory,
    TicketKind,
    TicketStatus,
    TicketView,
)
from backend.students.ticket_models import Ticket, TicketAlert, TicketNote
from backend.students.tickets import (
    alerts,
    answering,
    correcting,
    deadlines,
    desk,
    improving,
    leaving,
    saved,
    settling,
    staffing,
    tasks,
    watch,
)

MORNING = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
AUTHOR = "o_author"


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with clock.frozen(MORNING):
        yield


def hire(session: Session, name: str, role: Role = Role.ACADEMIC) -> Account:
    return staff.hire(session, name=name, role=role, openid=f"o_{name}")


def complain(session: Session, text: str = "老师迟到了三次", key: str = "m:1") -> TicketView:
    return desk.open_ticket(
        session, openid=AUTHOR, kind=TicketKind.COMPLAINT, text=text, source_key=key
    )


def row(session: Session, ticket_id: int) -> Ticket:
    return session.get_one(Ticket, ticket_id, populate_existing=True)


def told(session: Session, template: str) -> list[str | None]:
    query = select(OutboxMessage.openid).where(OutboxMessage.template == template)
    return list(session.scalars(query.order_by(OutboxMessage.id)))


def let_pass(session: Session, ticket_id: int, until: datetime) -> None:
    """What the clock does until then, each thing at its time."""
    while (at := row(session, ticket_id).look_at) is not None and at <= until:
        with clock.frozen(at):
            assert watch.look(session, ticket_id)
            assert not watch.look(session, ticket_id) or row(session, ticket_id).look_at != at


def test_the_same_message_opens_one_ticket(session: Session) -> None:
    hire(session, "李静")
    assert complain(session).number == complain(session).number
    assert told(session, "complaint_opened") == ["o_李静"]


def test_only_the_owner_and_managers_answer(session: Session) -> None:
    owner, teacher = hire(session, "李静"), hire(session, "王敏", Role.TEACHER)
    manager = hire(session, "孙立", Role.CAMPUS_MANAGER)
    ticket = complain(session)
    assert ticket.owner_name == "李静"
    with pytest.raises(NotAllowed):
        answering.answer_ticket(session, number=ticket.number, account_id=teacher.id, text="不是我")
    with pytest.raises(NotFound):
        answering.answer_ticket(session, number="T0", account_id=owner.id, text="您好")
    for account in (owner, manager):
        answered = answering.answer_ticket(
            session, number=ticket.number, account_id=account.id, text="已经处理"
        )
        assert answered.status is TicketStatus.ANSWERED


def test_whom_it_is_about_never_works_on_it(session: Session) -> None:
    wang = hire(session, "王敏", Role.TEACHER)
    head = hire(session, "刘振华", Role.PRINCIPAL)
    ticket = complain(session, "王老师上课玩手机")
    assert row(session, ticket.id).teacher_id == wang.id
    row(session, ticket.id).owner_id = wang.id
    with pytest.raises(NotAllowed):
        answering.answer_ticket(session, number=ticket.number, account_id=wang.id, text="没有")
    with pytest.raises(NotFound):
        correcting.hand_over(session, number=ticket.number, account_id=head.id, to_id=wang.id)


def test_something_critical_is_the_principals_at_once(session: Session) -> None:
    hire(session, "孙立", Role.CAMPUS_MANAGER)
    head = hire(session, "刘振华", Role.PRINCIPAL)
    ticket = complain(session, "孩子被老师打了，受伤了")
    assert ticket.owner_id == head.id
    assert ticket.severity is Severity.CRITICAL
    assert ticket.respond_due_at == MORNING + timedelta(minutes=30)


def test_load_decides_among_those_on_duty(session: Session) -> None:
    first, second, third = (hire(session, name) for name in ("甲", "乙", "丙"))
    staffing.be_away(session, account_id=third.id, until=MORNING + timedelta(days=1))
    owners = [complain(session, key=f"m:{n}").owner_id for n in range(4)]
    assert sorted(filter(None, owners)) == sorted([first.id, second.id] * 2)
    staffing.come_back(session, account_id=third.id)
    assert complain(session, key="m:9").owner_id == third.id
    for account in (first, second):
        staffing.be_away(session, account_id=account.id, until=MORNING + timedelta(days=1))
    with clock.frozen(MORNING + timedelta(days=2)):
        assert complain(session, key="m:10").owner_id == third.id


def test_a_silent_owner_is_warned_reported_and_replaced(session: Session) -> None:
    hire(session, "甲"), hire(session, "乙")
    hire(session, "孙立", Role.CAMPUS_MANAGER)
    hire(session, "刘振华", Role.PRINCIPAL)
    ticket = complain(session)
    let_pass(session, ticket.id, MORNING + timedelta(hours=1.5))
    assert told(session, "ticket_due_soon") == ["o_甲"]
    assert told(session, "complaint_overdue") == []
    let_pass(session, ticket.id, MORNING + timedelta(hours=2))
    assert told(session, "complaint_overdue") == ["o_甲", "o_孙立"]
    assert row(session, ticket.id).is_response_late
    let_pass(
        session, ticket.id, deadlines.due_of(row(session, ticket.id), deadlines.Clock.RESPOND, 1.5)
    )
    assert queries.ticket(session, ticket.id).owner_name == "乙"
    assert told(session, "ticket_moved") == ["o_甲"]
    assert "o_刘振华" in told(session, "complaint_overdue")
    assert told(session, "ticket_answered") == []  # The customer is not disturbed.


def test_whoever_said_they_are_at_it_keeps_it(session: Session) -> None:
    owner = hire(session, "甲")
    hire(session, "乙")
    ticket = complain(session)
    for _ in range(2):
        answering.acknowledge(session, number=ticket.number, account_id=owner.id)
    let_pass(session, ticket.id, MORNING + timedelta(days=2))
    assert row(session, ticket.id).owner_id == owner.id
    notes = select(func.count(TicketNote.id)).where(TicketNote.text == "已接手处理")
    assert session.scalar(notes) == 1


def test_a_correction_reckons_deadlines_anew_and_is_audited(session: Session) -> None:
    owner = hire(session, "李静")
    hire(session, "赵会敏", Role.ACCOUNTANT)
    ticket = complain(session)
    for _ in range(2):
        changed = correcting.correct(
            session,
            number=ticket.number,
            account_id=owner.id if _ == 0 else hire(session, "校长", Role.PRINCIPAL).id,
            category=TicketCategory.MONEY,
            severity=Severity.SERIOUS,
        )
    assert changed.owner_name == "赵会敏"
    assert changed.respond_due_at == MORNING + timedelta(hours=1)
    audited = select(func.count()).where(AuditEntry.action == "ticket.corrected")
    assert session.scalar(audited) == 1


def test_a_silent_customer_is_asked_once_reminded_once_and_then_agrees(session: Session) -> None:
    owner = hire(session, "李静")
    ticket = complain(session)
    settling.resolve(
        session, number=ticket.number, account_id=owner.id, cause=Cause.SCHEDULE, text="已调课"
    )
    due_at = row(session, ticket.id).resolve_due_at
    let_pass(session, ticket.id, MORNING + timedelta(days=30))
    found = row(session, ticket.id)
    assert (found.status, found.closed_by) == (TicketStatus.CLOSED, ClosedBy.SILENCE)
    assert found.resolve_due_at == due_at
    assert not found.is_resolution_late
    for template in ("ticket_resolved", "ticket_resolved_again", "ticket_closed"):
        assert told(session, template) == [AUTHOR], template
    assert found.look_at is None


def test_open_tasks_stand_before_the_end(session: Session) -> None:
    owner, logistics = hire(session, "李静"), hire(session, "郑强", Role.LOGISTICS)
    number = complain(session).number
    given = [
        tasks.give(session, number=number, account_id=owner.id, role=Role.LOGISTICS, text="修空调")
        for _ in range(2)
    ]
    assert given[0] == given[1]

    def resolve(override: str = "") -> TicketView:
        return settling.resolve(
            session,
            number=number,
            account_id=owner.id,
            cause=Cause.FACILITY,
            text="已修",
            override=override,
        )

    with pytest.raises(settling.TasksOpen):
        resolve()
    assert resolve("配件要等一周").status is TicketStatus.RESOLVED
    assert "配件要等一周" in " ".join(session.scalars(select(TicketNote.text)))
    for _ in range(2):
        tasks.finish(session, task_id=given[0], account_id=logistics.id, note="好了")
    assert told(session, "ticket_task_done") == ["o_李静"]


def test_after_thirty_days_it_is_a_new_matter(session: Session) -> None:
    owner = hire(session, "李静")
    number = complain(session).number
    with pytest.raises(settling.NotNow):
        settling.refuse(session, number=number, openid=AUTHOR)
    settling.resolve(session, number=number, account_id=owner.id, cause=Cause.OTHER, text="好了")
    settling.agree(session, number=number, openid=AUTHOR)
    with pytest.raises(NotFound):
        settling.refuse(session, number=number, openid="o_other")
    with clock.frozen(MORNING + timedelta(days=29)):
        assert settling.refuse(session, number=number, openid=AUTHOR).status is TicketStatus.OPEN
        settling.resolve(
            session, number=number, account_id=owner.id, cause=Cause.OTHER, text="好了"
        )
        settling.agree(session, number=number, openid=AUTHOR)
    with clock.frozen(MORNING + timedelta(days=60)), pytest.raises(settling.TooLate):
        settling.refuse(session, number=number, openid=AUTHOR)


def test_a_flood_of_alerts_becomes_one_notice(session: Session) -> None:
    account = hire(session, "李静")
    for number in range(alerts.ALONE + 3):
        complain(session, key=f"m:{number}")
    assert len(told(session, "complaint_opened")) == alerts.ALONE
    assert alerts.due(session) == []
    with clock.frozen(MORNING + alerts.GATHER):
        assert alerts.due(session) == [account.id]
        for _ in range(2):
            alerts.gather(session, account.id)
        assert alerts.due(session) == []
    assert told(session, "ticket_digest") == ["o_李静"]
    desk.open_ticket(
        session,
        openid=AUTHOR,
        kind=TicketKind.COMPLAINT,
        text="孩子受伤流血了",
        source_key="m:blood",
        owner_id=account.id,
    )
    assert len(told(session, "complaint_opened")) == alerts.ALONE + 1
    assert session.scalar(select(func.count(TicketAlert.id))) == alerts.ALONE + 4


def test_what_a_leaver_had_goes_to_those_who_are_here(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(AccountDeactivated, leaving.hand_on)
    leaver = hire(session, "甲")
    mine = [complain(session, key=f"m:{n}").id for n in range(4)]
    heirs = {hire(session, "乙").id, hire(session, "丙").id}
    head = hire(session, "何信安", Role.SECURITY)
    for _ in range(2):
        accounts.deactivate(session, leaver.id, by=f"account:{head.id}")
    owners = [row(session, each).owner_id for each in mine]
    assert set(owners) == heirs
    assert all(owners.count(each) == 2 for each in heirs)
    assert AUTHOR not in session.scalars(select(OutboxMessage.openid)).all()
    handed = select(func.count()).where(AuditEntry.action == "ticket.handed")
    assert session.scalar(handed) == 4


def test_a_saved_answer_says_what_fits_and_no_name_of_the_unnamed(session: Session) -> None:
    owner = hire(session, "李静")
    ticket = complain(session)
    row(session, ticket.id).customer = "陈小宇的家长"
    saved.save(session, name="致歉", text="{客户}您好，{老师}收到（{编号}）", by_id=owner.id)
    with pytest.raises(saved.UnknownSlot):
        saved.save(session, name="错", text="{手机号}", by_id=owner.id)
    said = saved.filled(session, name="致歉", number=ticket.number, account_id=owner.id)
    assert said == f"陈小宇的家长您好，李静收到（{ticket.number}）"
    correcting.make_anonymous(session, number=ticket.number, openid=AUTHOR)
    said = saved.filled(session, name="致歉", number=ticket.number, account_id=owner.id)
    assert said is not None
    assert "陈小宇" not in said


def test_an_internal_note_reaches_no_customer(session: Session) -> None:
    owner = hire(session, "李静")
    ticket = complain(session)
    answering.comment(session, number=ticket.number, account_id=owner.id, text="难缠")
    assert AUTHOR not in session.scalars(select(OutboxMessage.openid)).all()
    assert queries.answers_to(session, AUTHOR, limit=9) == []
    kinds = session.scalars(select(TicketNote.kind)).all()
    assert kinds == [NoteKind.INTERNAL]


def test_a_corrective_action_is_reminded_of_until_it_is_proven(session: Session) -> None:
    head, owner = hire(session, "刘振华", Role.PRINCIPAL), hire(session, "李静")
    action = improving.begin(
        session,
        cause=Cause.SCHEDULE,
        text="每周核对下课时间",
        owner_id=owner.id,
        due_on=datetime(2026, 12, 5, tzinfo=clock.SHANGHAI).date(),
        by_id=head.id,
    )
    for day in (3, 5, 13):
        with clock.frozen(datetime(2026, 12, day, 19, tzinfo=clock.SHANGHAI)):
            assert improving.due(session) == [action]
            improving.remind(session, action)
            assert improving.due(session) == []
    both = ["o_刘振华", "o_李静"]
    assert told(session, "action_due") == ["o_李静", *both, *both]
    for _ in range(2):
        improving.finish(session, action_id=action, account_id=owner.id, evidence="已核对四周")
    assert told(session, "action_done") == ["o_刘振华"]
