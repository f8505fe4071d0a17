"""The filtered list as a workbook: masked unless somebody who may says why (S3, PIPL §51)."""

from collections.abc import Iterator

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.portal import customers, words
from backend.portal.customers import Asked, Line
from backend.portal.pages.customers import FIELDS, PATH, asked_for
from backend.portal.pages.intakes import download
from backend.security import permissions
from backend.security import service as security
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students.schemas import Person
from backend.web import errors

blueprint = Blueprint("exports", __name__)
MOST = 20_000
BATCH = 500
SHORTEST_REASON = 5


class ReasonMissing(DomainError):
    """Whole phone numbers leave the house for a reason that is written down."""


errors.apologise(
    ReasonMissing, "请写明导出原因", "导出完整手机号需要至少5个字的原因，请返回上一页填写后再导出。"
)


@blueprint.post(f"{PATH}/export")
@staff_only(Permission.EXPORT_STUDENTS)
def export(me: StaffMember) -> ResponseReturnValue:
    """Everybody that the filter finds and the reader may take out. Who took what is written down
    before it goes; what was searched for is not, it may be a phone number."""
    asked = asked_for()
    in_full, reason = request.form.get("in_full") == "yes", request.form.get("reason", "").strip()
    if in_full:
        permissions.must(me.role, Permission.EXPORT_UNMASKED)
        if len(reason) < SHORTEST_REASON:
            raise ReasonMissing()
    with reading() as session:
        lines = list(_lines(session, me, asked, in_full=in_full))
    filters = sorted(name for name in FIELDS if request.args.get(name))
    with unit_of_work() as session:
        security.audit(
            session,
            actor=f"account:{me.id}",
            action="students.exported",
            subject=f"list:{asked.person}",
            count=len(lines) - 1,
            in_full=in_full,
            reason=reason[:80] if in_full else "",
            filters=filters,
        )
    content = workbook.written(lines, title="名单", above=words.stamp(me.name))
    return download(content, f"{words.PERSONS[asked.person]}名单")


def _lines(
    session: Session, me: StaffMember, asked: Asked, *, in_full: bool
) -> Iterator[list[object]]:
    is_student = asked.person is Person.STUDENT
    yield words.STUDENT_HEADINGS if is_student else words.GUARDIAN_HEADINGS
    after = taken = 0
    while taken < MOST:
        found = customers.page(
            session,
            me,
            asked,
            after=after,
            limit=BATCH,
            in_full=in_full,
            permission=Permission.EXPORT_STUDENTS,
        )
        for each in found[:BATCH]:
            yield _student(each) if is_student else _guardian(each)
        if len(found) <= BATCH:
            return
        after, taken = found[BATCH - 1].listed.id, taken + BATCH


def _student(line: Line) -> list[object]:
    one = line.listed
    return [
        one.id,
        one.name,
        one.grade,
        "、".join(each.name for each in one.relatives),
        "、".join(each.phone for each in one.relatives),
        "、".join(line.seats),
        line.left,
        "、".join(words.SEGMENTS[each] for each in line.segments),
        "、".join(each.name for each in one.tags),
    ]


def _guardian(line: Line) -> list[object]:
    one = line.listed
    children = "、".join(each.name for each in one.relatives)
    return [one.id, one.name, one.phone, children, "、".join(each.name for each in one.tags)]
