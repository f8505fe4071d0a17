"""The browser's door of the teaching room, inside WeChat: a lesson's roll, and one's own week."""

from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students
from backend.teaching import queries, timetable_pages
from backend.teaching.curriculum import pages as curriculum
from backend.teaching.homework import pages as homework
from backend.teaching.life import calling, policy_pages, sheets, weeks
from backend.teaching.life import queries as life
from backend.teaching.schemas import Mark, Marked, NotInLesson, ReasonNeeded, TooEarly
from backend.teaching.scores import pages as scores
from backend.web import errors
from backend.web.sign_in import wechat_only

blueprint = Blueprint(
    "teaching_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/lessons/static",
)
blueprint.register_blueprint(homework.blueprint)
blueprint.register_blueprint(timetable_pages.blueprint)
blueprint.register_blueprint(scores.blueprint)
blueprint.register_blueprint(curriculum.blueprint)
blueprint.register_blueprint(policy_pages.blueprint)
MARKS = ((Mark.PRESENT, "到"), (Mark.LATE, "迟到"), (Mark.LEAVE, "请假"), (Mark.ABSENT, "缺勤"))

errors.apologise(
    ReasonNeeded, "请写一下原因", "补点名和更正都要写原因，方便家长核对。请返回上一页补上。"
)
errors.apologise(TooEarly, "还没到点名时间", "课前30分钟起可以点名。请到时再打开这个页面。")
errors.apologise(NotInLesson, "名单有变动", "学员名单刚刚变了。请返回上一页，刷新后重新点名。")


@blueprint.get("/lessons/<int:lesson_id>/roll-call")
@staff_only(Permission.TAKE_ATTENDANCE)
def roll_call(member: StaffMember, lesson_id: int) -> ResponseReturnValue:
    """Everybody of a lesson with four large buttons; whoever is on leave is marked so."""
    with reading() as session:
        return _roll(session, member, lesson_id)


@blueprint.post("/lessons/<int:lesson_id>/roll-call")
@staff_only(Permission.TAKE_ATTENDANCE)
def call_roll(member: StaffMember, lesson_id: int) -> ResponseReturnValue:
    """Take the roll, or correct it."""
    marks = [
        Marked(
            student_id=int(key.removeprefix("mark-").replace("guest-", "-")),
            mark=Mark(value),
            late_minutes=_minutes(key) if value == Mark.LATE else None,
        )
        for key, value in request.form.items()
        if key.removeprefix("mark-").removeprefix("guest-").isdecimal()
        and value in [mark for mark, _ in MARKS]
    ]
    with unit_of_work() as session:
        calling.call(
            session,
            lesson_id=lesson_id,
            marks=marks,
            member=member,
            reason=request.form.get("reason", "")[:200],
        )
    with reading() as session:
        return _roll(session, member, lesson_id, done=True)


@blueprint.get("/lessons/week")
@wechat_only
def week(openid: str) -> ResponseReturnValue:
    """One's own week, or that of one's children: seven days from a Monday on."""
    today = clock.today()
    try:
        asked = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        asked = today
    if abs(asked.year - today.year) > 10:
        asked = today
    monday = weeks.monday_of(asked)
    with reading() as session:
        found = weeks.look(session, openid=openid, monday=monday)
    return render_template(
        "teaching/week.html",
        days=found.days,
        children=found.children,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        today=today,
        local=clock.local,
    )


@blueprint.get("/lessons/picture/<token>")
def picture(token: str) -> ResponseReturnValue:
    """The week as the chat shows it: WeChat fetches it by the signed link, for a day."""
    answer = Response(weeks.picture(token), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer


def _roll(
    session: Session, member: StaffMember, lesson_id: int, *, done: bool = False
) -> ResponseReturnValue:
    sheet = sheets.opened(session, lesson_id)
    if not calling.may_call(member, sheet.lesson, sheet.group):
        raise NotAllowed()
    places = life.places_of(session, lesson_id)
    children = students.students(session, [place.student_id for place in places])
    return render_template(
        "teaching/roll_call.html",
        lesson=queries.lesson(session, lesson_id),
        places=places,
        guests=life.guests_of(session, lesson_id),
        children=children,
        marks=MARKS,
        is_called=sheet.lesson.called_at is not None,
        needs_reason=life.needs_reason(session, lesson_id),
        done=done,
        local=clock.local,
    )


def _minutes(key: str) -> int | None:
    typed = request.form.get(key.replace("mark-", "late-"), "")
    return int(typed) if typed.isdecimal() and len(typed) < 4 else None
