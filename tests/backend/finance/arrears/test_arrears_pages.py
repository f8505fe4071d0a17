"""欠费 at a screen: a plan, a promise, a write-off by two, full suspension (F8–F10)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import wiring
from backend.finance import queries, service
from backend.finance.arrears import dunning, plans
from backend.finance.arrears.models import Instalment, WriteOff
from backend.finance.arrears.schemas import PartStatus
from backend.finance.models import Order
from backend.finance.schemas import OrderPaid, OrderView
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.models import AuditEntry
from backend.security.schemas import Role
from backend.students.models import Student
from backend.teaching import service as teaching
from backend.teaching.life import pauses
from tests.backend.finance import scenes
from tests.backend.finance.prices.test_price_pages import entered, sent
from tests.backend.portal.test_desk import counted
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]


def gives(student_id: int) -> Callable[[Session, OrderPaid], None]:
    """What a sign-up does with the first payment."""

    def give(session: Session, paid: OrderPaid) -> None:
        if paid.purpose_key.startswith("sign_up:"):
            service.open_lesson_accounts(session, order_id=paid.order_id, student_id=student_id)

    return give


@pytest.fixture
def owing(site: Site, heard: list[object]) -> scenes.School:
    """An unpaid order of a learner who sits in the class, and colleagues."""
    with unit_of_work() as session:
        school = scenes.open_school(session)
        security.hire(session, name="钱会计", role=Role.ACCOUNTANT, openid="o_accountant")
        security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
        elsewhere = scenes.open_school(session).campus_id
        for name, campus in (("here", school.campus_id), ("away", elsewhere)):
            security.hire(
                session, name=name, role=Role.CAMPUS_MANAGER, campus_id=campus, openid=f"o_{name}"
            )
        teaching.hold_seat(
            session, class_group_id=school.class_group_id, holder="sign_up:1",
            until=clock.now() + timedelta(days=1),
        )  # fmt: skip
        teaching.confirm_seat(session, holder="sign_up:1", student_id=school.student_id)
        scenes.bill(session, school, purpose_key="sign_up:1")
        session.get_one(Student, school.student_id).name = "李小明"
    events.listen(OrderPaid, gives(school.student_id))
    wiring.compose_arrears()
    return school


def test_arrears_are_kept_by_two(site: Site, owing: scenes.School) -> None:
    accountant, head = entered(site, "o_accountant"), entered(site, "o_head")
    with reading() as session:
        number = session.execute(select(Order.number)).scalar_one()
    page = accountant.open("/arrears")[2]
    assert "没有待付的分期款" in page
    first = clock.today() + timedelta(days=5)
    form = {"number": number, "parts": "3", "first": first}
    for wrong in ({"parts": "9"}, {"first": clock.today()}, {"number": "1"}):
        assert sent(accountant, "/arrears/plans", page, **{**form, **wrong}) in (404, 422)
    assert sent(accountant, "/arrears/plans", page, **form) == 303
    with unit_of_work() as session:
        order = OrderView.model_validate(session.scalars(select(Order)).one())
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    page = accountant.open("/arrears")[2]
    assert page.count("李小明") == 2
    assert "未到期" in page
    assert "李小明" in entered(site, "o_here").open("/arrears")[2]
    away = entered(site, "o_away")
    assert "李小明" not in away.open("/arrears")[2]
    assert away.open("/arrears/2")[0] == 403
    own = accountant.open("/arrears/2")[2]
    assert sent(accountant, "/arrears/2/promise", own, on="2020-01-01") == 422
    assert sent(accountant, "/arrears/2/promise", own, on=first + timedelta(days=3)) == 303
    assert sent(accountant, "/arrears/2/write-off", own, reason="搬走") == 303
    assert sent(accountant, "/arrears/2/approve", own) == 403
    assert sent(away, "/arrears/2/write-off", away.open("/arrears")[2]) == 403
    theirs = head.open("/arrears/2")[2]
    assert sent(head, "/arrears/2/approve", theirs) == 303
    assert sent(head, "/arrears/2/approve", theirs) == 409
    with reading() as session:
        part = session.get_one(Instalment, 2)
        off = session.scalars(select(WriteOff)).one()
        assert (part.status, off.loss_fen) == (PartStatus.WRITTEN_OFF, 0)
        assert off.decided_by not in (None, off.proposed_by)
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"instalments.planned", "write_off.proposed", "write_off.approved"} <= actions


def test_full_suspension_rests_the_classes_until_it_is_paid(
    site: Site, owing: scenes.School
) -> None:
    head = entered(site, "o_head")
    assert sent(head, "/arrears/policy", head.open("/arrears")[2], is_full="1") == 303
    due = clock.today() + timedelta(days=5)
    with unit_of_work() as session:
        order = OrderView.model_validate(session.scalars(select(Order)).one())
        plans.make(session, number=order.number, due_on=[due], by="x")
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    with clock.frozen(clock.at_local(due + timedelta(days=7), 12)):
        with unit_of_work() as session:
            dunning.dun(session, instalment_id=2)
            assert len(pauses.paused_classes(session, [owing.student_id])) == 1
        with unit_of_work() as session:
            part = plans.bill(session, instalment_id=2, openid=scenes.GUARDIAN)
            service.settle(session, paid=scenes.fact(scenes.begin(session, part)))
    with clock.frozen(clock.at_local(due + timedelta(days=9), 12)), reading() as session:
        assert pauses.paused_classes(session, [owing.student_id]) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_list_asks_as_much_for_many_as_for_few(site: Site, owing: scenes.School) -> None:
    accountant = entered(site, "o_accountant")

    def begun(count: int) -> None:
        for _ in range(count):
            with unit_of_work() as session:
                school = scenes.learner(session, owing)
                order = scenes.bill(session, school, purpose_key=f"sign_up:{school.student_id}")
                days = [clock.today() + timedelta(days=n) for n in (5, 40)]
                plan = plans.make(session, number=order.number, due_on=days, by="account:1")
                paid = queries.order_for(session, number=order.number, openid=scenes.GUARDIAN)
                service.settle(session, paid=scenes.fact(scenes.begin(session, paid)))
                plan.student_id = school.student_id

    begun(1)
    with counted() as few:
        assert accountant.open("/arrears")[2].count("陈小宇") == 2
    begun(4)
    with counted() as many:
        assert accountant.open("/arrears")[2].count("陈小宇") == 10
    assert len(many) == len(few) <= 14
