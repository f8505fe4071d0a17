"""考勤规则 at a screen: what holds and what is to come, and publishing other terms after a look
at what they mean."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed
from backend.logistics import queries as logistics
from backend.security.gate import staff_only
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching import queries
from backend.teaching.life import policies
from backend.teaching.life.policies import TermsWrong
from backend.teaching.schemas import LearnerType, Terms
from backend.web import errors

blueprint = Blueprint("policies", __name__)
PATH = "/console/attendance-rules"

errors.apologise(
    TermsWrong, "规则没有填对", "生效日不能早于今天，时间要在合理范围内。请返回上一页改好再发布。"
)


@blueprint.get(PATH)
@staff_only(Permission.KEEP_ATTENDANCE_RULES)
def shown(me: StaffMember) -> ResponseReturnValue:
    """What was published; the form shows the defaults."""
    return _page(me, Terms())


@blueprint.post(PATH)
@staff_only(Permission.KEEP_ATTENDANCE_RULES)
def publish(me: StaffMember) -> ResponseReturnValue:
    """Look at what terms mean first, publish them then."""
    form = request.form
    hours, days = form.get("hours", ""), form.get("days", "")
    if not all(each.isdecimal() and len(each) < 5 for each in (hours, days)):
        raise TermsWrong()
    terms = Terms(
        notice_minutes=int(hours) * 60,
        makeup_days=int(days),
        **{
            name: form.get(name) == "1"
            for name in (
                *("late_leave_consumes", "late_leave_makeup"),
                *("absent_consumes", "absent_makeup"),
            )
        },
    )
    if form.get("act") != "publish":
        return _page(me, terms, is_preview=True)
    own = _own_campus(me)
    campus_id = form.get("campus", 0, type=int) or None
    if own is not None and campus_id != own:
        raise NotAllowed()
    kind, _, number = form.get("for", "").partition(":")
    try:
        effective_from = date.fromisoformat(form.get("from", ""))
        learner_type = LearnerType(number) if kind == "type" else None
        course_id = int(number) if kind == "course" else None
    except ValueError:
        raise TermsWrong() from None
    with unit_of_work() as session:
        policies.publish(
            session,
            terms=terms,
            effective_from=effective_from,
            by=f"account:{me.id}",
            course_id=course_id,
            learner_type=learner_type,
            campus_id=campus_id,
        )
    flash("已发布。生效日之后的课按新规则，之前的课不变。")
    return redirect(PATH, 303)


def _own_campus(me: StaffMember) -> int | None:
    """The only campus for which somebody may publish; None for all."""
    if scope_of(me.role, Permission.KEEP_ATTENDANCE_RULES) is Scope.ALL:
        return None
    return me.campus_id or 0


def _page(me: StaffMember, terms: Terms, *, is_preview: bool = False) -> str:
    own = _own_campus(me)
    with reading() as session:
        found = policies.published(session, campus_id=own)
        courses = {id_: name for name, id_ in queries.catalogue(session).courses.items()}
        campuses = {each.id: each.name for each in logistics.campuses(session)}
    today = clock.today()
    return render_template(
        "teaching/attendance_rules.html",
        found=[(each, policies.sentences(each.terms)) for each in found],
        defaults=policies.sentences(Terms()),
        terms=terms,
        preview=policies.sentences(terms) if is_preview else [],
        typed=request.form,
        courses=courses,
        campuses={id_: name for id_, name in campuses.items() if own in (None, id_)},
        may_all=own is None,
        types=policies.TYPES,
        today=today,
        most_hours=policies.MOST_HOURS,
        most_days=policies.MOST_DAYS,
    )
