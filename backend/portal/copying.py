"""A family's copy of what we know of it: one gathering, as JSON for machines and PDF for people
(PIPL §45). Of several guardians each gets the children's data and their own, and of the other one
the name only. What was said in the chat lies with the bot above, which hands it in."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.admissions import family as leads
from backend.finance import family
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.money import yuan
from backend.kit.pdf import pdf_of
from backend.outbox import queries as outbox
from backend.portal.student import StudentFile, file_for_family
from backend.security import queries as security
from backend.security.schemas import Speaker
from backend.students import details
from backend.students import queries as students
from backend.students.file import consents, exports
from backend.students.file.words import GuardianPart
from backend.students.schemas import ReviewStatus
from backend.teaching.life import queries as life

FORMAT = "student-file/3"
MOST = 200
CHANGES = {
    ReviewStatus.WAITING: "待审核",
    ReviewStatus.APPLIED: "已生效",
    ReviewStatus.REFUSED: "已退回",
    ReviewStatus.UNDONE: "已撤销",
}


class Said(BaseModel):
    """What somebody wrote to us."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: str
    text: str


def copy_for(session: Session, speaker: Speaker, *, said: Sequence[Said] = ()) -> dict[str, Any]:
    """Everything about one person and their own children, in plain values. What is not theirs is
    not in it."""
    openid = speaker.openid
    ids = []
    if speaker.guardian_id is not None:
        ids = [child.id for child in students.children_of(session, speaker.guardian_id)]
    elif speaker.student_id is not None:
        ids = [speaker.student_id]
    found = [file_for_family(session, student_id, speaker) for student_id in ids]
    me = [g for f in found for g in f.details.guardians if g.id == speaker.guardian_id][:1]
    return {
        "format": FORMAT,
        "made_at": clock.local(clock.now()).isoformat(timespec="seconds"),
        "wechat": openid,
        "guardian": [_guardian(each, is_own=True) for each in me],
        "children": [
            _child(each, own_id=speaker.guardian_id)
            | {"leaves": _leaves(session, each.details.id, openid)}
            for each in found
        ],
        "messages": [{"at": _at(each.at), "kind": each.kind, "text": each.text} for each in said],
        "changes": [
            {
                "at": _at(each.created_at),
                "what": details.FIELDS[each.field].title,
                "before": each.before,
                "after": each.after,
                "reason": each.reason,
                "status": CHANGES[each.status],
            }
            for each in details.changed_by(session, speaker, limit=MOST)
        ],
        "tickets": [
            {
                "number": each.number,
                "opened_at": _at(each.opened_at),
                "status": each.status.value,
                "text": each.text,
            }
            for each in students.tickets_of_people(session, [openid], limit=MOST)
        ],
        "asked_us": [
            {"at": _at(each.at), "kind": each.kind, "text": each.text}
            for each in leads.asked(session, openid)
        ],
        "refunds": [
            {"asked_at": _at(at), "order": number, "amount": yuan(fen), "reason": reason}
            for at, number, fen, reason in family.refunds_of(session, openid)
        ],
        "notices": [
            {"at": _at(at), "title": title, "channel": channel}
            for at, title, channel in outbox.told(session, [openid], limit=MOST)
        ],
        "consents": [
            {
                "purpose": each.wording.title,
                "version": each.version,
                "given_at": _at(each.given_at),
                "way": consents.WAYS.get(each.way or "", each.way),
            }
            for each in consents.standings(session, speaker)
            if each.version
        ],
    }


def make(export_id: int, *, said_by: Callable[[Session, str], Sequence[Said]]) -> None:
    """Make one copy if that is still due; no row is locked while the PDF is drawn. `said_by` finds
    what a WeChat wrote."""
    with unit_of_work() as session:
        openid = exports.lease(session, export_id)
    if openid is None:
        return
    with reading() as session:
        of = security.speaker(session, openid)
        copy = copy_for(session, of, said=said_by(session, openid))
    made = as_json(copy), as_pdf(copy)
    with unit_of_work() as session:
        exports.ready(session, export_id, of=of, as_json=made[0], as_pdf=made[1])


def as_json(copy: dict[str, Any]) -> bytes:
    """The copy for machines."""
    return json.dumps(copy, ensure_ascii=False, indent=1).encode()


def as_pdf(copy: dict[str, Any]) -> bytes:
    """The copy for people."""
    return pdf_of(_templates.get_template("copy.html").render(copy=copy))


_templates = Environment(
    loader=PackageLoader("backend.portal", "templates/portal"), autoescape=select_autoescape()
)


def _child(file: StudentFile, *, own_id: int | None) -> dict[str, Any]:
    sheet = file.details
    return {
        "name": sheet.name,
        "grade": sheet.grade,
        "birth_on": sheet.birth_on.isoformat() if sheet.birth_on else None,
        "school": sheet.school,
        "id_number": sheet.id_number,
        "address": sheet.address,
        "health_note": sheet.health_note,
        "email": sheet.email,
        "since": _at(sheet.created_at),
        "guardians": [_guardian(each, is_own=each.id == own_id) for each in sheet.guardians],
        "classes": [
            {
                "class": seat.class_name,
                "course": seat.course_name,
                "campus": seat.campus_name,
                "teacher": seat.teacher_name,
                "status": seat.status.value,
                "since": _at(seat.since_at),
            }
            for seat in file.seats
        ],
        "lessons": [
            *({"at": _at(each.starts_at), "class": each.class_name} for each in file.lessons),
            *({"at": _at(each.starts_at), "class": each.class_name} for each in file.held),
        ],
        "orders": [
            {
                "number": order.number,
                "status": order.status.value,
                "total": yuan(order.total_fen),
                "paid_at": _at(order.paid_at),
                "lines": [line.description for line in order.lines],
            }
            for order in file.orders or []
        ],
        "lesson_accounts": [
            {"course": course, "bought": one.bought, "given": one.given, "left": one.left}
            for course, one in file.balances
        ],
        "lesson_entries": [
            {"course": course, "kind": line.kind.value, "lessons": line.lessons, "at": _at(line.at)}
            for course, line in file.hours
        ],
        "homework": [
            {
                "due_at": _at(each.homework.due_at),
                "course": each.homework.course_name,
                "words": each.homework.words,
                "handed_at": _at(each.handed_in.handed_at),
                "handed_in": each.handed_in.words,
                "grade": each.handed_in.grade.value if each.handed_in.grade else None,
                "comment": each.handed_in.comment,
            }
            for each in file.homework
            if each.handed_in is not None
        ],
        "scores": [
            {
                "held_on": each.exam.held_on.isoformat(),
                "course": each.exam.course_name,
                "exam": each.exam.name,
                "mark": each.mark,
                "full_mark": each.exam.full_mark,
                "comment": each.comment,
            }
            for each in file.scores
        ],
        "looked_at_by": [
            {"at": _at(each.at), "who": f"{each.role} {each.who}", "fields": list(each.fields)}
            | {"reason": f"{each.reason}：{each.note}"}
            for each in file.looks
        ],
    }


def _leaves(session: Session, student_id: int, openid: str) -> list[dict[str, Any]]:
    """A child's leaves; the words of one that the other parent asked for are theirs."""
    return [
        {
            "asked_at": _at(leave.asked_at),
            "lesson": _at(lesson.starts_at),
            "class": lesson.class_name,
            "words": leave.words if leave.asked_by == f"wechat:{openid}" else "",
            "taken_back_at": _at(leave.revoked_at),
        }
        for lesson, leave in life.every_leave_of(session, student_id, limit=MOST)
    ]


def _guardian(part: GuardianPart, *, is_own: bool) -> dict[str, Any]:
    if not is_own:
        return {"name": part.name}
    return part.model_dump(exclude={"id"})


def _at(at: Any) -> str | None:
    return clock.local(at).isoformat(timespec="minutes") if at else None
