"""What can happen to leads, as deeds that a test picks by chance."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import column, select, table, update
from sqlalchemy.orm import Session

from backend.admissions import service
from backend.admissions.models import FollowUp, Lead, SignUp, Trial
from backend.admissions.schemas import LostReason, SignUpStatus, Stage, TrialStatus
from backend.finance.models import Order, Refund
from backend.finance.refund_words import RefundApproved, RefundCause, RefundStatus
from backend.finance.schemas import OrderStatus
from backend.kit import clock, events
from backend.security import service as security
from backend.security.models import Code
from backend.security.schemas import CodeKind, Role
from backend.students.models import Student, Takeover
from backend.students.ticket_models import Ticket
from backend.teaching.models import Lesson
from tests.backend.finance import scenes

NOW = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)
SOURCES = ("wechat", "channel:dianping", "campaign:spring", "phone")
_numbers = itertools.count(1)


@dataclass
class World:
    """Who takes part, and the leads and sign-ups so far."""

    session: Session
    school: scenes.School
    campuses: list[int | None]
    advisors: list[int | None]
    students: list[int]
    lesson_id: int
    ticket_id: int
    leads: list[Lead] = field(default_factory=list)
    signed: list[SignUp] = field(default_factory=list)

    def lead(self, number: int) -> Lead:
        return self.leads[number % len(self.leads)]


def open_world(session: Session) -> World:
    schools = [scenes.open_school(session) for _ in range(2)]
    campuses = [each.campus_id for each in schools]
    advisors = [
        security.hire(session, name=f"顾问{n}", role=Role.ADVISOR, campus_id=campus).id
        for n, campus in enumerate((*campuses, None))
    ]
    students = [Student(name=f"学员{n}", created_at=clock.now()) for n in range(3)]
    lesson = Lesson(
        class_group_id=schools[0].class_group_id,
        teacher_id=advisors[0],
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        status="planned",
    )
    code = Code(
        scene="channel-x", kind=CodeKind.CHANNEL, subject="x", label="地推", created_at=clock.now()
    )
    ticket = Ticket(
        number="T1", kind="request", category="other", status="open", text="", openid="o",
        opened_at=NOW, respond_due_at=NOW, resolve_due_at=NOW, source_key="t1",
    )  # fmt: skip
    session.add_all([*students, lesson, code, ticket])
    session.flush()
    return World(
        session,
        schools[0],
        [None, *campuses],
        [None, *advisors],
        [each.id for each in students],
        lesson.id,
        ticket.id,
    )


def do(world: World, deed: tuple[int, int, int, int]) -> None:
    """One deed: what, to whom, how, and on which of the last days."""
    what, whom, how, day = deed
    at = NOW - timedelta(days=day, minutes=whom)
    if not world.leads or what == 0:
        _come(world, whom, how, at)
    else:
        _DEEDS[what % len(_DEEDS)](world, whom, how, at)
    world.session.flush()


def _come(world: World, whom: int, how: int, at: datetime) -> None:
    lead = Lead(
        openid=f"o_lead_{len(world.leads)}" if how % 3 else None,
        source=SOURCES[how % len(SOURCES)],
        interest="英语",
        stage=Stage.NEW,
        campus_id=world.campuses[whom % 3],
        advisor_id=world.advisors[how % 4],
        created_at=at,
    )
    world.session.add(lead)
    world.leads.append(lead)


def _lose(world: World, whom: int, how: int, at: datetime) -> None:
    lead = world.lead(whom)
    lead.stage, lead.closed_at = Stage.LOST, at
    lead.lost_reason = list(LostReason)[how % len(LostReason)]


def _reopen(world: World, whom: int, how: int, _at: datetime) -> None:
    lead = world.lead(whom)
    lead.stage, lead.lost_reason, lead.closed_at = Stage.CONTACTED, None, None
    lead.last_source = SOURCES[how % len(SOURCES)]


def _hand(world: World, whom: int, how: int, _at: datetime) -> None:
    world.lead(whom).advisor_id = world.advisors[how % 4]
    world.lead(whom).campus_id = world.campuses[how % 3]


def _follow(world: World, whom: int, how: int, at: datetime) -> None:
    """Perhaps told long after it happened."""
    kind = ("note", "call", "visit")[how % 3]
    key = f"told:{next(_numbers)}" if how % 2 else None
    world.session.add(
        FollowUp(
            lead_id=world.lead(whom).id,
            account_id=world.advisors[1],
            kind=kind,
            note="",
            at=at,
            source_key=key,
        )
    )


def _merge(world: World, whom: int, how: int, _at: datetime) -> None:
    gone, kept = world.lead(whom), world.lead(how)
    if gone is kept:
        return
    rows = world.session.scalars(select(FollowUp).where(FollowUp.lead_id == gone.id))
    for row in rows:
        row.lead_id = kept.id
    gone.lost_reason = LostReason.DOUBLE
    service.move(world.session, lead_id=gone.id, stage=Stage.LOST)


def _try(world: World, whom: int, how: int, at: datetime) -> None:
    lead = world.lead(whom)
    tried = world.session.scalars(select(Trial).where(Trial.lead_id == lead.id)).first()
    if tried is None:
        tried = Trial(
            lead_id=lead.id,
            openid="o",
            course_id=world.school.course_id,
            lesson_id=world.lesson_id,
            child_name="小雨",
            created_at=at,
            source_key=f"trial:{next(_numbers)}",
        )
        world.session.add(tried)
    tried.status = list(TrialStatus)[how % len(TrialStatus)]


def _sign(world: World, whom: int, how: int, at: datetime) -> None:
    number = next(_numbers)
    order = Order(
        number=f"N{number}",
        payer_openid="o",
        purpose_key=f"sign:{number}",
        status=OrderStatus.PENDING,
        total_fen=100_000 + how,
        created_at=at,
        expires_at=at,
    )
    signed = SignUp(
        lead_id=world.lead(whom).id,
        openid="o",
        child_name="小雨",
        guardian_name="王",
        phone="13800000000",
        privacy_version="1",
        class_group_id=world.school.class_group_id,
        order_number=order.number,
        status=SignUpStatus.PENDING,
        expires_at=at,
        created_at=at,
        source_key=f"sign:{number}",
    )
    world.session.add_all([order, signed])
    world.signed.append(signed)


def _pay(world: World, whom: int, how: int, at: datetime) -> None:
    if not world.signed:
        return
    signed = world.signed[whom % len(world.signed)]
    order = world.session.scalars(select(Order).where(Order.number == signed.order_number)).one()
    order.paid_at, order.status = at, OrderStatus.PAID
    signed.student_id = world.students[how % 3]
    signed.status = SignUpStatus.DONE if how % 4 else SignUpStatus.STUCK


def _refund(world: World, whom: int, how: int, at: datetime) -> None:
    """Money goes back, in full or in part, also of what has given its seat up before."""
    paid = [s for s in world.signed if s.status not in (SignUpStatus.PENDING, SignUpStatus.CLOSED)]
    if not paid:
        return
    signed = paid[whom % len(paid)]
    order = world.session.scalars(select(Order).where(Order.number == signed.order_number)).one()
    amount = 10_000 + how
    refund = Refund(
        number=f"R{next(_numbers)}",
        order_id=order.id,
        openid="o",
        cause=RefundCause.CUSTOMER,
        reason="",
        status=RefundStatus.DONE,
        amount_fen=amount,
        steps=[],
        by_line=[],
        source_key=f"refund:{next(_numbers)}",
        asked_at=at,
        due_at=at,
    )
    world.session.add(refund)
    signed.status = SignUpStatus.REFUNDED
    world.session.flush()
    told = RefundApproved(
        refund_id=refund.id,
        order_id=order.id,
        number=order.number,
        purpose_key=f"sign_up:{signed.id}",
        payer_openid="o",
        amount_fen=amount,
    )
    events.publish(world.session, told)


def _merge_learners(world: World, whom: int, how: int, _at: datetime) -> None:
    """As the merging of two files does it: by table and column."""
    named = table("admissions_sign_up", column("id"), column("student_id"))
    one, other = world.students[whom % 3], world.students[how % 3]
    ids = [s.id for s in world.signed if s.student_id == one]
    world.session.execute(update(named).where(named.c.id.in_(ids)).values(student_id=other))
    world.session.expire_all()


def _forget(world: World, whom: int, _how: int, _at: datetime) -> None:
    """Many rows by one statement."""
    world.session.execute(
        update(FollowUp).where(FollowUp.lead_id == world.lead(whom).id).values(source_key=None)
    )


def _talk(world: World, whom: int, how: int, at: datetime) -> None:
    """Somebody asks for a person; an advisor answers, or a manager, or nobody, or one who asks for
    the academic office."""
    session, lead = world.session, world.lead(whom)
    talk = session.scalars(
        select(Takeover).where(Takeover.openid == (lead.openid or "o_nobody")).limit(1)
    ).one_or_none()
    if talk is None:
        talk = Takeover(
            openid=lead.openid or "o_nobody",
            customer="客户",
            role=Role.ADVISOR if how % 5 else Role.ACADEMIC,
            owner_id=world.advisors[1],
            ticket_id=world.ticket_id,
            begins_at=at,
            asked_at=at if how % 4 else None,
            due_at=at,
            last_said="",
            suggestions=[],
            tried=[],
        )
        session.add(talk)
    elif talk.asked_at is not None and talk.responded_at is None:
        talk.responded_at = talk.asked_at + timedelta(minutes=7 * how + 1)
        talk.responded_by = world.advisors[1 + how % 3]
    else:
        talk.owner_id = world.advisors[1 + how % 3] or talk.owner_id


def _move_openid(world: World, whom: int, how: int, _at: datetime) -> None:
    """As a visitor of the website who goes on in WeChat, and as an erasure."""
    lead, session = world.lead(whom), world.session
    if how % 2:
        gone, lead.openid = lead.openid, None
        session.execute(update(Takeover).where(Takeover.openid == gone).values(openid="gone"))
    elif lead.openid is None and lead.closed_at is None:
        lead.openid = f"o_moved_{lead.id}"


def _scan(world: World, whom: int, how: int, at: datetime) -> None:
    """Somebody comes, perhaps by a code that is told later."""
    with clock.frozen(at):
        scene = "channel-x" if how % 2 else None
        security.follow(world.session, f"o_{whom % 5}", scene=scene)


_DEEDS: tuple[Callable[[World, int, int, datetime], None], ...] = (
    _come, _lose, _reopen, _hand, _follow, _merge, _try, _sign, _pay, _refund,
    _merge_learners, _forget, _scan, _talk, _talk, _move_openid,
)  # fmt: skip
