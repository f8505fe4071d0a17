"""Students from Excel: a template, an upload, a preview with every mistake, and the result."""

from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.portal import words
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import intake, tags
from backend.students.intake import HeadingsWrong, NothingToDo, Plan, Status
from backend.students.schemas import Person
from backend.students.words import FIELDS, TEMPLATE
from backend.web import errors

blueprint = Blueprint("intakes", __name__)
PATH = "/console/customers/intakes"
SHOWN = 200


class FileMissing(DomainError):
    """No file came with the form."""


errors.apologise(FileMissing, "还没有选择文件", "请返回上一页，选好 Excel 文件再上传。")


@blueprint.get(PATH)
@staff_only(Permission.IMPORT_STUDENTS)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """The form and what was imported last."""
    return _page()


@blueprint.get(f"{PATH}/template")
@staff_only(Permission.IMPORT_STUDENTS)
def template(me: StaffMember) -> ResponseReturnValue:
    """An empty workbook with an example."""
    with reading() as session:
        known = [each.name for each in tags.settable(session, me, Person.STUDENT)]
    lines = [FIELDS, TEMPLATE]
    above = f"带*的列必填；可用标签：{'、'.join(known) or '暂无'}；请删除示例行后再上传"
    return download(workbook.written(lines, title="学员", above=above, widths=[14] * 6), "导入模板")


@blueprint.post(PATH)
@staff_only(Permission.IMPORT_STUDENTS)
def upload(me: StaffMember) -> ResponseReturnValue:
    """Read and check a workbook; nothing but the draft is written."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise FileMissing()
    content = file.stream.read(workbook.MOST_BYTES + 1)
    try:
        with unit_of_work() as session:
            draft = intake.begin(session, title=file.filename, content=content, by=me)
    except workbook.WorkbookRefused as refused:
        return _page(alert=words.FLAWS[refused.facts["why"]])
    except HeadingsWrong as wrong:
        missing = "、".join(wrong.facts["missing"])
        return _page(alert=f"第一行缺少这些列名：{missing}。请下载模板对照后再上传。")
    except NothingToDo:
        return _page(alert="列名下面没有数据，请填好学员后再上传。")
    return redirect(f"{PATH}/{draft}", 303)


@blueprint.get(f"{PATH}/<int:intake_id>")
@staff_only(Permission.IMPORT_STUDENTS)
def one(_me: StaffMember, intake_id: int) -> ResponseReturnValue:
    """The preview, the progress, or how it ended."""
    with reading() as session:
        found = intake.intake(session, intake_id)
        is_draft = found.status is Status.DRAFT
        bad = intake.rows_of(session, intake_id, only=Plan.BAD, limit=SHOWN)
        rows = intake.rows_of(session, intake_id, limit=SHOWN) if is_draft else []
    is_fragment = "HX-Request" in request.headers
    return render_template(
        "portal/intake_now.html" if is_fragment else "portal/intake.html",
        intake=found,
        bad=bad,
        rows=rows,
        problems=words.PROBLEMS,
        plans=words.PLANS,
        shown=SHOWN,
    )


@blueprint.post(f"{PATH}/<int:intake_id>/confirm")
@staff_only(Permission.IMPORT_STUDENTS)
def confirm(me: StaffMember, intake_id: int) -> ResponseReturnValue:
    """Carry the draft out."""
    updates_known = request.form.get("known") == "update"
    with unit_of_work() as session:
        intake.confirm(session, intake_id, updates_known=updates_known, by=me)
    return redirect(f"{PATH}/{intake_id}", 303)


@blueprint.get(f"{PATH}/<int:intake_id>/result")
@staff_only(Permission.IMPORT_STUDENTS)
def result(me: StaffMember, intake_id: int) -> ResponseReturnValue:
    """The rows with what became of each."""
    with reading() as session:
        found = intake.intake(session, intake_id)
        rows = intake.rows_of(session, intake_id)
    lines: list[list[object]] = [["行号", *FIELDS, "结果", "问题"]]
    for row in rows:
        said = row.content
        wrong = "；".join(f"{f.value}{words.PROBLEMS[p]}" for f, p in row.problems.items())
        cells = (said.student, said.grade, said.birth_on, said.guardian, said.phone)
        outcome = words.OUTCOMES[row.outcome] if row.outcome else words.PLANS[row.plan]
        lines.append([row.number, *cells, "、".join(said.tags), outcome, wrong])
    content = workbook.written(lines, title="导入结果", above=words.stamp(me.name))
    return download(content, f"导入结果{found.id}")


def download(content: bytes, name: str) -> Response:
    """A workbook as a file that the browser saves."""
    answer = make_response(content)
    answer.content_type = workbook.TYPE
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(*, alert: str = "") -> str:
    with reading() as session:
        found = intake.intakes(session)
        people = staff.staff_members(session, {each.begun_by for each in found})
    return render_template(
        "portal/intakes.html", intakes=found, people=people, alert=alert, statuses=words.STATUSES
    )
