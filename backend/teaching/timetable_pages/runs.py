"""Timetables being made: asked for, watched, stopped, compared, adopted."""

import secrets
from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.teaching.drafts import adopting, running, scope, showing, words
from backend.teaching.drafts.schemas import NotOver, RunStatus, WorldChanged
from backend.teaching.schemas import Clash
from backend.teaching.timetable_pages import asked
from backend.web import errors

blueprint = Blueprint("runs", __name__)
SECONDS = (30, 60, 120, 240)
TEND = "backend.teaching.jobs.tend_drafts"
STATES = {
    RunStatus.WAITING: "排队中",
    RunStatus.RUNNING: "正在排",
    RunStatus.DONE: "排好了，等采用",
    RunStatus.CANCELLED: "已停止",
    RunStatus.FAILED: "没有排成",
    RunStatus.ADOPTED: "已采用",
}
errors.apologise(NotOver, "草案还没排好", "请等它排好，或重新排一份，再来采用。")


@blueprint.get("/timetable/drafts")
@staff_only(Permission.KEEP_TIMETABLE)
def listed(member: StaffMember) -> ResponseReturnValue:
    """The latest drafts, and the form of a new one."""
    own, today = asked.campus_of(member), clock.today()
    with reading() as session:
        return render_template(
            "teaching/timetable/drafts.html",
            found=showing.runs(session, campus_id=own),
            classes=scope.open_classes(session, campus_id=own),
            states=STATES,
            seconds=SECONDS,
            key=secrets.token_hex(12),
            first_on=today + timedelta(days=1),
            last_on=today + timedelta(weeks=16),
        )


@blueprint.post("/timetable/drafts")
@staff_only(Permission.KEEP_TIMETABLE)
def ask(member: StaffMember) -> ResponseReturnValue:
    """Want one: of a class, or of all open classes for a term."""
    own = asked.campus_of(member)
    first_on, last_on = asked.day("first_on"), asked.day("last_on")
    seconds, chosen = request.form.get("seconds", ""), request.form.get("class", "")
    if seconds not in map(str, SECONDS) or not 0 <= (last_on - first_on).days <= 370:
        raise asked.FormWrong()
    with unit_of_work() as session:
        classes = scope.open_classes(session, campus_id=own)
        ids = [id_ for id_, _ in classes if chosen in ("", str(id_))]
        if not ids:
            raise asked.FormWrong()
        name = dict(classes)[ids[0]] if chosen else f"{len(ids)}个班"
        run_id = running.ask(
            session,
            by=member.id,
            title=f"{name} {first_on:%m.%d}–{last_on:%m.%d}",
            class_group_ids=ids,
            first_on=first_on,
            last_on=last_on,
            seconds=int(seconds),
            source_key=f"{member.id}:{request.form.get('key', '')[:40]}",
            campus_id=own,
        )
    queue.defer(TEND)
    return redirect(url_for("teaching_pages.timetable.runs.one", run_id=run_id), 303)


@blueprint.get("/timetable/drafts/<int:run_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def one(member: StaffMember, run_id: int) -> ResponseReturnValue:
    """How far it is; when it is done, beside the current timetable."""
    return _one(member, run_id)


@blueprint.post("/timetable/drafts/<int:run_id>/stop")
@staff_only(Permission.KEEP_TIMETABLE)
def stop(member: StaffMember, run_id: int) -> ResponseReturnValue:
    """Make it no further."""
    with unit_of_work() as session:
        running.cancel(session, run_id, campus_id=asked.campus_of(member))
    return redirect(url_for("teaching_pages.timetable.runs.one", run_id=run_id), 303)


@blueprint.post("/timetable/drafts/<int:run_id>/adopt")
@staff_only(Permission.KEEP_TIMETABLE)
def adopt(member: StaffMember, run_id: int) -> ResponseReturnValue:
    """Put it in force: all of it, or nothing and why."""
    try:
        with unit_of_work() as session:
            adopting.adopt(session, run_id, by=member.id, campus_id=asked.campus_of(member))
    except (WorldChanged, Clash) as refused:
        facts = refused.facts
        why = words.rules(facts.get("rules", ())) or facts.get("class_name") or ""
        return make_response(_one(member, run_id, refused=why or "有课刚刚变动"), 409)
    return redirect(url_for("teaching_pages.timetable.runs.one", run_id=run_id), 303)


def _one(member: StaffMember, run_id: int, *, refused: str = "") -> ResponseReturnValue:
    page = min(asked.number("page") or 0, 1000)
    with reading() as session:
        run = showing.run(session, run_id, campus_id=asked.campus_of(member))
        is_open = run.status in running.OPEN
        if "HX-Request" in request.headers and not is_open:
            return Response(headers={"HX-Refresh": "true"})
        rows, has_more = ([], False) if is_open else showing.compared(session, run_id, page=page)
        is_again = "HX-Request" in request.headers
        return render_template(
            f"teaching/timetable/{'progress' if is_again else 'draft'}.html",
            run=run,
            is_open=is_open,
            rows=rows,
            has_more=has_more,
            page=page,
            gaps=[] if is_open else showing.gaps(session, run_id),
            states=STATES,
            refused=refused,
        )
