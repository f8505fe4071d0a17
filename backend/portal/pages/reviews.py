"""Reviews: what people want changed, before and after; and freezing by staff (S4, C4)."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import details, freezing
from backend.web import errors

blueprint = Blueprint("reviews", __name__)

PATH = "/console/reviews"
MOST = 50
_LONGEST = 100


class ReasonMissing(DomainError):
    """Freezing takes a whole phone number and a reason."""


errors.apologise(
    ReasonMissing, "还差一点", "请填写完整的11位手机号和冻结原因，返回上一页再试一次。"
)


@blueprint.get(PATH)
@staff_only(Permission.REVIEW_DETAILS)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """What waits, the oldest first."""
    with reading() as session:
        found = details.waiting(session, limit=MOST + 1)
    return render_template(
        "portal/reviews.html", found=found[:MOST], fields=details.FIELDS, has_more=len(found) > MOST
    )


@blueprint.post(f"{PATH}/<int:review_id>")
@staff_only(Permission.REVIEW_DETAILS)
def decide(me: StaffMember, review_id: int) -> ResponseReturnValue:
    """Agree or give back; what a colleague has decided meanwhile stays as it is."""
    agrees = request.form.get("agrees") == "yes"
    note = request.form.get("note", "").strip()[:_LONGEST]
    try:
        with unit_of_work() as session:
            details.decide(session, review_id, by=me, agrees=agrees, note=note)
        flash("已办好，对方会在微信里收到结果。" if agrees else "已退回，对方会收到说明。")
    except NotFound:
        flash("这一项同事已经处理过了。")
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/freeze")
@staff_only(Permission.REVIEW_DETAILS)
def freeze(me: StaffMember) -> ResponseReturnValue:
    """Somebody calls: their WeChat was stolen."""
    phone = request.form.get("phone", "").strip()
    reason = request.form.get("reason", "").strip()[:_LONGEST]
    if not (phone.isdecimal() and len(phone) == 11) or not reason:
        raise ReasonMissing()
    try:
        with unit_of_work() as session:
            count = freezing.freeze_by_staff(session, phone=phone, reason=reason, by=me)
        flash(f"已冻结{count}个微信。解除要对方核对手机号，再在这里同意。")
    except NotFound:
        flash("这个手机号名下没有绑定的微信，请核对号码。")
    return redirect(PATH, 303)
