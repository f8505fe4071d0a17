"""渠道对账 at a screen: the days, one day with its differences and lines, and settling them."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.bills import queries, rules, service
from backend.finance.bills.channels import CHANNELS
from backend.finance.bills.words import Difference, DifferenceSettled, ReasonMissing
from backend.finance.books import giving_back
from backend.finance.chart import NAMES
from backend.finance.schemas import LedgerAccount
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import permissions
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("bills", __name__)
PATH = "/bills"
WORDS = {
    Difference.MISSING_HERE: "平台有，我们没有",
    Difference.MISSING_THERE: "我们有，平台没有",
    Difference.AMOUNT: "金额不一致",
    Difference.STATUS: "状态不一致",
    Difference.FEE: "手续费与费率不符",
    Difference.MOVED: "资金账单与交易账单合计不符",
}
errors.apologise(DifferenceSettled, "这条差异已经处理过", "请返回对账页查看处理结果。")
errors.apologise(
    ReasonMissing,
    "还不能处理这条差异",
    "请写明原因；状态或手续费的差异不需要记账，请选「说明原因」。",
)


@blueprint.get(PATH)
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The days of the last month, and everything that is open."""
    with reading() as session:
        found = queries.bills(session)
        waiting = queries.differences(session)
        owed = giving_back.owed(session)
    return render_template(
        "finance/bills.html",
        found=found,
        waiting=waiting,
        owed=owed,
        channels=CHANNELS,
        words=WORDS,
        me=me,
    )


@blueprint.get(f"{PATH}/<int:bill_id>")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def one(me: StaffMember, bill_id: int) -> ResponseReturnValue:
    """One day: what does not agree, and its lines. Raises NotFound."""
    with reading() as session:
        bill, differences, lines = queries.bill(session, bill_id)
        names = staff.staff_members(session, {e.settled_by for e in differences if e.settled_by})
        campuses = logistics.campuses(session)
    return render_template(
        "finance/bill.html",
        bill=bill,
        differences=differences,
        lines=lines,
        names=names,
        campuses=campuses,
        channels=CHANNELS,
        words=WORDS,
        effect=rules.effect_on_bank,
        accounts={
            code: name for code, name in NAMES.items() if code != LedgerAccount.CONTRACT_LIABILITY
        },
        likely=LedgerAccount.OTHER_PAYABLE,
        may_keep=permissions.may(me.role, Permission.KEEP_BOOKS),
    )


@blueprint.post(f"{PATH}/owed/<kind>/<int:owed_id>")
@staff_only(Permission.KEEP_BOOKS)
def give_back(me: StaffMember, kind: str, owed_id: int) -> ResponseReturnValue:
    """Money that was paid twice, or interest, has been sent: a voucher for somebody else's eyes.
    Raises NotFound."""
    with unit_of_work() as session:
        which = next((each for each in giving_back.OwedKind if each == kind), None)
        if which is None:
            raise NotFound()
        voucher_id = giving_back.ask(session, kind=which, owed_id=owed_id, by=me)
    return redirect(f"/books/vouchers/{voucher_id}", 303)


@blueprint.post(f"{PATH}/<int:bill_id>/again")
@staff_only(Permission.KEEP_BOOKS)
def again(me: StaffMember, bill_id: int) -> ResponseReturnValue:
    """Fetch and compare it once more, within a few minutes."""
    with unit_of_work() as session:
        service.ask_again(session, bill_id=bill_id, by=me)
    return redirect(f"{PATH}/{bill_id}?again=1", 303)


@blueprint.post(f"{PATH}/<int:bill_id>/differences/<int:difference_id>/<verb>")
@staff_only(Permission.KEEP_BOOKS)
def settle(me: StaffMember, bill_id: int, difference_id: int, verb: str) -> ResponseReturnValue:
    """A reason, or a voucher for somebody else's eyes. Raises NotFound, DifferenceSettled,
    ReasonMissing."""
    reason = request.form.get("reason", "")
    with unit_of_work() as session:
        if verb == "explain":
            service.explain(session, difference_id=difference_id, by=me, reason=reason)
        elif verb == "book":
            service.book(
                session,
                difference_id=difference_id,
                by=me,
                reason=reason,
                account=request.form.get("account", ""),
                campus_id=request.form.get("campus", type=int),
            )
        else:
            raise NotFound()
    return redirect(f"{PATH}/{bill_id}", 303)
