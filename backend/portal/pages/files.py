"""学员档案 for staff: masked, unmasked for a reason, filled in, tagged; and erasures to decide. The
list that leads here is that of the customers."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.portal import customers, erasing, student, words
from backend.security import permissions
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import tags
from backend.students.file import details, erasures, looks
from backend.students.file.identity import Field
from backend.students.file.words import (
    FIELDS,
    REASONS,
    ConsentMissing,
    DetailWrong,
    NotNow,
    Reason,
    ReasonMissing,
)
from backend.students.schemas import Person
from backend.web import errors

blueprint = Blueprint("files", __name__)
PATH = "/students"

errors.apologise(
    ReasonMissing,
    "请说明查看的理由",
    "查看未成年人的敏感信息需要选择理由，并用至少四个字写明用途。请返回上一页补充后再查看。",
)
errors.apologise(
    DetailWrong,
    "有一项没有填对",
    "请核对身份证号（含最后一位校验码）、邮箱和字数，返回上一页修改后再提交。",
)
errors.apologise(
    ConsentMissing,
    "还没有得到监护人的同意",
    "保存健康情况需要监护人单独同意。请让监护人在公众号「我的」里点开同意管理，同意后再填写。",
)
errors.apologise(
    NotNow, "这份申请已经处理过", "或者拒绝时没有写明原因。请刷新页面看看最新状态再处理。"
)

errors.apologise(
    erasing.StillOpen,
    "这个家庭还有没办完的事",
    "可能又报了课、有待付款的订单或未答复的投诉。请先办完，或拒绝并写明原因，再请家长重新申请。",
)


@blueprint.get(f"{PATH}/<int:student_id>")
@staff_only(Permission.SEE_STUDENT)
def file(me: StaffMember, student_id: int) -> ResponseReturnValue:
    """One file, masked but for what the reader has just unmasked."""
    with reading() as session:
        found = student.file_for_staff(session, student_id, me)
        shown = looks.shown_to(session, student_id=student_id, member=me)
        tagged = None
        if found.details.erased_at is None and permissions.may(me.role, Permission.FIND_STUDENTS):
            tagged = customers.line(session, me, student_id)
        settable = []
        if tagged is not None and permissions.may(me.role, Permission.TAG_STUDENTS):
            settable = tags.settable(session, me, Person.STUDENT)
    return render_template(
        "portal/student.html",
        file=found,
        tagged=tagged,
        settable=settable,
        segments=words.SEGMENTS,
        shown=shown,
        seconds=int(looks.SHOWN_FOR.total_seconds()),
        fields={field: FIELDS[field] for field in looks.fields_for(me.role)},
        reasons=REASONS,
        may_change=permissions.may(me.role, Permission.CHANGE_STUDENT),
    )


@blueprint.post(f"{PATH}/<int:student_id>/looks")
@staff_only(Permission.SEE_STUDENT)
def look(me: StaffMember, student_id: int) -> ResponseReturnValue:
    """Unmask for a few minutes: who, what and why is written down in the same unit."""
    fields = [Field(name) for name in request.form.getlist("field") if name in list(Field)]
    reason = request.form.get("reason", "")
    if reason not in list(Reason):
        raise ReasonMissing()
    with unit_of_work() as session:
        student.must_reach(session, me, student_id)
        details.details(session, student_id)
        looks.look(
            session,
            student_id=student_id,
            member=me,
            fields=fields,
            reason=Reason(reason),
            note=request.form.get("note", ""),
        )
    return redirect(f"{PATH}/{student_id}", 303)


@blueprint.post(f"{PATH}/<int:student_id>")
@staff_only(Permission.SEE_STUDENT, Permission.CHANGE_STUDENT)
def change(me: StaffMember, student_id: int) -> ResponseReturnValue:
    """Fill fields in. What is left empty stays as it is, because nobody sees what stands there."""
    given = {name: request.form.get(name, "").strip() for name in details.EDITABLE}
    filled = {name: text for name, text in given.items() if text}
    with unit_of_work() as session:
        student.must_reach(session, me, student_id)
        details.change(session, student_id, by=f"account:{me.id}", fields=filled)
    return redirect(f"{PATH}/{student_id}", 303)


@blueprint.get("/console/erasures")
@staff_only(Permission.DECIDE_ERASURE)
def wishes(_me: StaffMember) -> ResponseReturnValue:
    """Families who want to be forgotten, those to decide first."""
    with reading() as session:
        found = erasures.listed(session)
    return render_template("portal/erasures.html", found=found, steps=len(erasures.STEPS))


@blueprint.post("/console/erasures/<int:erasure_id>")
@staff_only(Permission.DECIDE_ERASURE)
def decide(me: StaffMember, erasure_id: int) -> ResponseReturnValue:
    """Approve, or refuse with a reason that the family reads."""
    with unit_of_work() as session:
        erasing.decide(
            session,
            erasure_id,
            member=me,
            approve=request.form.get("decision") == "approve",
            note=request.form.get("note", ""),
        )
    return redirect("/console/erasures", 303)
