"""Leads from Excel at a screen: a template, an upload, a preview with every mistake, the result."""

from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.admissions import words
from backend.admissions.intake import workbooks
from backend.admissions.intake.workbooks import Field, Plan, Status
from backend.kit import workbook
from backend.kit.db import reading, unit_of_work
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember

blueprint = Blueprint("lead_sheets", __name__)
PATH = "/leads/sheets"
SHOWN = 200
EXAMPLE = ("王妈妈", "13900000000", "王小明", "三年级，周末英语", "")


@blueprint.get(PATH)
@staff_only(Permission.IMPORT_LEADS)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """The form and what was imported last."""
    return _page()


@blueprint.get(f"{PATH}/template")
@staff_only(Permission.IMPORT_LEADS)
def template(_me: StaffMember) -> ResponseReturnValue:
    """An empty workbook with an example."""
    lines = [[f"{each.value}*" if each in workbooks.REQUIRED else each.value for each in Field]]
    above = "带*的列必填；请删除示例行后再上传"
    content = workbook.written(
        [*lines, list(EXAMPLE)], title="客户", above=above, widths=[16] * len(Field)
    )
    return _download(content, "客户导入模板")


@blueprint.post(PATH)
@staff_only(Permission.IMPORT_LEADS)
def upload(me: StaffMember) -> ResponseReturnValue:
    """Read and check a workbook; nothing but the draft is written."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(alert="还没有选择文件，请选好 Excel 文件再上传。")
    content = file.stream.read(workbook.MOST_BYTES + 1)
    try:
        with unit_of_work() as session:
            draft = workbooks.begin(session, title=file.filename, content=content, by=me)
    except workbook.WorkbookRefused as refused:
        return _page(alert=words.FLAWS[refused.facts["why"]])
    except workbooks.HeadingsWrong as wrong:
        missing = "、".join(wrong.facts["missing"])
        return _page(alert=f"第一行缺少这些列名：{missing}。请下载模板对照后再上传。")
    except workbooks.NothingToDo:
        return _page(alert="列名下面没有数据，请填好客户后再上传。")
    return redirect(f"{PATH}/{draft}", 303)


@blueprint.get(f"{PATH}/<int:sheet_id>")
@staff_only(Permission.IMPORT_LEADS)
def one(_me: StaffMember, sheet_id: int) -> ResponseReturnValue:
    """The preview, the progress, or how it ended."""
    with reading() as session:
        found = workbooks.sheet(session, sheet_id)
        bad = workbooks.rows_of(session, sheet_id, only=Plan.BAD, limit=SHOWN)
        rows = workbooks.rows_of(session, sheet_id, limit=SHOWN)
        campuses = {each.id: each.name for each in logistics.campuses(session)}
    return render_template(
        "admissions/lead_sheet.html",
        sheet=found,
        bad=bad,
        rows=rows,
        campuses=campuses,
        words=words,
        shown=SHOWN,
        is_draft=found.status is Status.DRAFT,
    )


@blueprint.post(f"{PATH}/<int:sheet_id>/confirm")
@staff_only(Permission.IMPORT_LEADS)
def confirm(me: StaffMember, sheet_id: int) -> ResponseReturnValue:
    """Carry the draft out: into the pool, or to advisors by the rules."""
    with unit_of_work() as session:
        to_pool = request.form.get("to") != "rules"
        workbooks.confirm(session, sheet_id, to_pool=to_pool, by=me)
    return redirect(f"{PATH}/{sheet_id}", 303)


def _download(content: bytes, name: str) -> Response:
    answer = make_response(content)
    answer.content_type = workbook.TYPE
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return answer


def _page(*, alert: str = "") -> str:
    with reading() as session:
        found = workbooks.sheets(session)
        people = staff.staff_members(session, {each.begun_by for each in found})
    return render_template(
        "admissions/lead_sheets.html", sheets=found, people=people, alert=alert, words=words
    )
