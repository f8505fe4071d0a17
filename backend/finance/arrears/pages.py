"""欠费 at a screen: the list by age, one plan, promises, write-offs, a new plan."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.arrears import plans, queries, rules, service, words, writing_off
from backend.finance.arrears.schemas import OwnWriteOff, PartClosed, PlanUnfit, PromiseUnfit
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed
from backend.kit.money import yuan
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students
from backend.web import errors

blueprint = Blueprint("arrears", __name__)
PATH = "/arrears"
errors.apologise(
    OwnWriteOff,
    "需要另一位同事审批",
    "核销由一人提出、另一人审批。请让另一位有权限的同事点开这一页。",
)
errors.apologise(PartClosed, "这一期已经处理过", "状态刚有变化，请返回欠费列表查看最新情况。")
errors.apologise(
    PlanUnfit,
    "这笔订单不能这样分期",
    "订单要在待付款状态、还没打开过支付页；最多6期，日期从明天起逐期递增，每期至少1课时。请返回上一页修改。",
)
errors.apologise(
    PromiseUnfit, "这个日期不能登记", "承诺付款最晚到期后14天，最多登记两次。请返回上一页换个日期。"
)


@blueprint.get(PATH)
@staff_only(Permission.KEEP_ARREARS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """What is owed, the longest overdue first, and how much of each age."""
    today = clock.today()
    with reading() as session:
        found = queries.open_parts(session, member=me)
        names = students.students(session, {p.student_id for p in found if p.student_id})
        policy = queries.policy(session)
    return render_template(
        "finance/arrears.html",
        found=found,
        names=names,
        ages=queries.ageing(found, today),
        age_of=lambda part: rules.age_of(part.due_on, today),
        policy=policy,
        may_approve=may(me.role, Permission.APPROVE_WRITE_OFF),
        words=words,
        today=today,
        yuan=yuan,
    )


@blueprint.get(f"{PATH}/<int:instalment_id>")
@staff_only(Permission.KEEP_ARREARS)
def one(me: StaffMember, instalment_id: int) -> ResponseReturnValue:
    """One instalment with its plan, and what one may do."""
    with reading() as session:
        part = queries.part(session, instalment_id)
        if me.campus_id is not None and part.campus_id != me.campus_id:
            raise NotAllowed()
        plan = queries.parts_of_plan(session, part.plan_id)
        name = students.student(session, part.student_id).name if part.student_id else "学员"
    return render_template(
        "finance/arrear.html",
        part=part,
        plan=plan,
        name=name,
        me=me,
        may_approve=may(me.role, Permission.APPROVE_WRITE_OFF),
        words=words,
        today=clock.today(),
        yuan=yuan,
    )


@blueprint.post(f"{PATH}/<int:instalment_id>/<verb>")
@staff_only(Permission.KEEP_ARREARS)
def act(me: StaffMember, instalment_id: int, verb: str) -> ResponseReturnValue:
    """A promise heard, a write-off proposed, agreed to, or not."""
    with unit_of_work() as session:
        writing_off.must_reach(plans.locked(session, instalment_id), me)
        if verb == "promise":
            on = _day(request.form.get("on", ""))
            by = f"account:{me.id}"
            service.promise(session, instalment_id=instalment_id, promised_on=on, by=by)
        elif verb == "write-off":
            reason = request.form.get("reason", "").strip() or "未填写"
            writing_off.propose(session, instalment_id=instalment_id, by=me, reason=reason)
        else:
            agrees = verb == "approve"
            writing_off.decide(session, instalment_id=instalment_id, by=me, agrees=agrees)
    return redirect(f"{PATH}/{instalment_id}", 303)


@blueprint.post(f"{PATH}/plans")
@staff_only(Permission.KEEP_ARREARS)
def plan(me: StaffMember) -> ResponseReturnValue:
    """An unpaid order in parts: the first now, the others each month."""
    number = request.form.get("number", "").strip()
    parts = request.form.get("parts", 0, type=int)
    if not 2 <= parts <= rules.MOST_PARTS:
        raise PlanUnfit(why="parts")
    first = _day(request.form.get("first", ""))
    with unit_of_work() as session:
        plans.make(
            session, number=number, due_on=rules.due_days(first, parts - 1), by=f"account:{me.id}"
        )
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/policy")
@staff_only(Permission.APPROVE_WRITE_OFF)
def set_policy(me: StaffMember) -> ResponseReturnValue:
    """Whether classes rest too."""
    with unit_of_work() as session:
        writing_off.set_policy(session, is_full=request.form.get("is_full") == "1", by=me)
    return redirect(PATH, 303)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise PromiseUnfit(why="day") from None
