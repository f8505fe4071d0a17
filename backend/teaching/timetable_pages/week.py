"""The week as a grid in which lessons are dragged, or chosen and moved by keyboard; what was
changed, and who has seen it."""

import json
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, Role, StaffMember
from backend.teaching import queries
from backend.teaching.drafts import moving, showing, views, words
from backend.teaching.drafts.schemas import (
    Forbidden,
    Move,
    MoveView,
    SlotView,
    Unwise,
    WorldChanged,
)
from backend.teaching.life import queries as life
from backend.teaching.schemas import Clash, LessonOver
from backend.teaching.timetable_pages import asked
from backend.web import errors

blueprint = Blueprint("week", __name__)
CHANGED = "课表刚刚有变动，这次没有改。请返回上一页刷新，看看新的安排。"
MOST_MOVES = 12

errors.apologise(WorldChanged, "课表有变动", CHANGED)
errors.apologise(Clash, "这个时间刚刚被占用", CHANGED)
errors.apologise(LessonOver, "这节课不能再调", "课已经开始、点过名或取消了。请返回课表看看。")
errors.apologise(
    Forbidden, "这样排不行", "会和别的课冲突，或不合规定。课表没有改，请返回上一页换个时间。"
)
errors.apologise(
    Unwise, "需要写明原因", "这个时间不合某些约定，坚持要改请写明原因。请返回上一页补上。"
)


@blueprint.get("/timetable")
@staff_only(Permission.KEEP_TIMETABLE)
def shown(member: StaffMember) -> ResponseReturnValue:
    """A week of one campus, teacher or room."""
    monday, own = asked.monday(), asked.campus_of(member)
    with reading() as session:
        campuses = [c for c in logistics.campuses(session) if own in (None, c.id)]
        campus_id = own if own is not None else asked.number("campus")
        if campus_id is None and not (request.args.get("teacher") or request.args.get("room")):
            campus_id = campuses[0].id if campuses else None
        found = showing.week(
            session,
            monday,
            campus_id=campus_id,
            teacher_id=asked.number("teacher"),
            venue_id=asked.number("room"),
        )
        teachers = staff.staff_with_role(session, Role.TEACHER)
        rooms = logistics.venues(session, campus_id=own)
    days = [monday + timedelta(days=n) for n in range(7)]
    return render_template(
        "teaching/timetable/week.html",
        days=[(on, [e for e in found if clock.local(e.starts_at).date() == on]) for on in days],
        chosen={
            "campus": campus_id,
            "teacher": asked.number("teacher"),
            "room": asked.number("room"),
        },
        campuses=campuses,
        teachers=teachers,
        rooms=rooms,
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        now=clock.now(),
        local=clock.local,
    )


@blueprint.get("/timetable/lessons/<int:lesson_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def lesson(member: StaffMember, lesson_id: int) -> ResponseReturnValue:
    """Where a lesson can go, best first; with `at`, whether it can go just there, and if not why
    not, and what would have to give way."""
    typed, own = request.args.get("at", ""), asked.campus_of(member)
    at = asked.moment(typed) if typed else None
    with reading() as session:
        view = queries.lesson(session, lesson_id)
        if own not in (None, queries.campus_of(session, view.class_group_id)):
            raise NotFound()
        here: list[SlotView] = []
        repair: list[MoveView] = []
        hard: list[str] = []
        soft: list[str] = []
        insisted: Move | None = None
        if at is not None:
            end = at + timedelta(minutes=1)
            here = moving.slots(session, lesson_id=lesson_id, from_at=at, to_at=end, limit=3)
            if not here and at > clock.now():
                insisted = moving.as_asked(session, lesson_id, at)
                hard, soft = moving.hindrances(session, [insisted])
                moves = moving.repair(
                    session, lesson_id=lesson_id, from_at=at, to_at=end, campus_id=own
                )
                repair = views.moves(session, moves)
        found = moving.slots(session, lesson_id=lesson_id, limit=10)
        people = len(life.places_of(session, lesson_id))
    return render_template(
        "teaching/timetable/lesson.html",
        lesson=view,
        at=at,
        is_past=at is not None and at <= clock.now(),
        here=here,
        repair=repair,
        hard=words.rules(hard),
        soft=words.rules(soft),
        insisted=insisted if soft and not hard else None,
        free=None if soft or hard else insisted,
        found=found,
        people=people,
        packed=_packed,
        told=words,
        local=clock.local,
    )


@blueprint.post("/timetable/lessons/<int:lesson_id>/move")
@staff_only(Permission.KEEP_TIMETABLE)
def move(member: StaffMember, lesson_id: int) -> ResponseReturnValue:
    """Move it, with what gives way; tell exactly those concerned."""
    moves = _unpacked(request.form.get("moves", ""))
    if lesson_id not in {each.lesson_id for each in moves}:
        raise asked.FormWrong()
    with unit_of_work() as session:
        moving.move(
            session,
            moves,
            by=member.id,
            reason=request.form.get("reason", ""),
            overrides=request.form.get("overrides") == "yes",
            campus_id=asked.campus_of(member),
        )
    return redirect(url_for("teaching_pages.timetable.week.changes"), 303)


@blueprint.get("/timetable/changes")
@staff_only(Permission.KEEP_TIMETABLE)
def changes(member: StaffMember) -> ResponseReturnValue:
    """What was changed, by whom, and how those told have answered."""
    with reading() as session:
        found = showing.changes(
            session, campus_id=asked.campus_of(member), after=asked.number("after") or 0
        )
    return render_template(
        "teaching/timetable/changes.html",
        found=found[: showing.PAGE],
        has_more=len(found) > showing.PAGE,
    )


def _packed(moves: list[Move]) -> str:
    return json.dumps([each.model_dump(mode="json") for each in moves])


def _unpacked(text: str) -> list[Move]:
    """What the form proposes; the service judges it anew. Raises FormWrong."""
    try:
        found = [Move.model_validate(each) for each in json.loads(text)][: MOST_MOVES + 1]
    except (ValueError, TypeError, ValidationError) as error:
        raise asked.FormWrong() from error
    naive = any(
        at.tzinfo is None
        for each in found
        for at in (each.was.starts_at, each.becomes.starts_at, each.becomes.ends_at)
    )
    if not found or naive or len(found) > MOST_MOVES:
        raise asked.FormWrong()
    if any(e.becomes.minutes != e.was.minutes or e.becomes.minutes <= 0 for e in found):
        raise asked.FormWrong()
    return found
