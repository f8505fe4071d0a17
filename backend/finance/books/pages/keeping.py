"""Vouchers and months: asked by one, decided by another."""

import re
from datetime import date

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.books import budgets, periods, reads, vouchers
from backend.finance.books.layouts import FLOW_NAMES
from backend.finance.books.pages.chosen import chosen, month_from
from backend.finance.books.pages.reading import account_name
from backend.finance.books.words import (
    BY_FORM,
    NotClosable,
    NotReopenable,
    OwnVoucher,
    VoucherDecided,
    VoucherKind,
    VoucherLine,
    VoucherStatus,
    VoucherWrong,
)
from backend.finance.chart import NAMES
from backend.finance.schemas import PeriodClosed
from backend.kit import clock, files, money
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import permissions
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import attachments
from backend.web import errors

blueprint = Blueprint("keeping", __name__)
LINES = 6
_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2})?")

errors.apologise(
    OwnVoucher,
    "需要另一位同事审批",
    "自己提交的凭证不能自己审批或付款。请让另一位有权限的同事点开这一页。",
)
errors.apologise(VoucherDecided, "这张凭证已经处理过", "状态刚有变化，请返回凭证列表查看最新进度。")
errors.apologise(
    VoucherWrong,
    "凭证没有填对",
    "请返回核对：填摘要，各校区借贷相等，现金和银行选流量项目，合同负债不能手工记。",
)
errors.apologise(PeriodClosed, "这个月已经结账", "请把日期改到没有结账的月份，或先申请反结账。")
errors.apologise(NotClosable, "现在还不能结账", "请返回结账页，按检查清单逐项处理后再试。")
errors.apologise(
    NotReopenable,
    "现在还不能反结账",
    "只能从最近一个已结账的月份开始，由一人填写原因申请、另一人同意。",
)


@blueprint.get("/books/vouchers")
@staff_only(Permission.SEE_BOOKS)
def listed(member: StaffMember) -> ResponseReturnValue:
    """Vouchers, those that wait first, and the form of a new one."""
    choice = chosen(member)
    after = max(0, request.args.get("after", 0, type=int))
    with reading() as session:
        found = reads.vouchers(session, campus_id=choice.campus_id, after=after)
        names = staff.staff_members(session, {each.made_by for each in found})
    return render_template(
        "finance/books/vouchers.html",
        chosen=choice,
        found=found[: reads.PAGE],
        has_more=len(found) > reads.PAGE,
        after=after + reads.PAGE,
        names=names,
        accounts=NAMES,
        flows=FLOW_NAMES,
        lines=range(LINES),
        today=clock.today(),
        may_keep=permissions.may(member.role, Permission.KEEP_BOOKS),
    )


@blueprint.post("/books/vouchers")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def ask(member: StaffMember) -> ResponseReturnValue:
    """A voucher by hand, opening balances, a purchase or wages paid. Raises VoucherWrong,
    PeriodClosed."""
    form = request.form
    kind = next((each for each in BY_FORM if each == form.get("kind")), VoucherKind.MANUAL)
    with unit_of_work() as session:
        voucher = vouchers.ask(
            session,
            kind=kind,
            by=member,
            booked_on=_day(form.get("booked_on", "")),
            summary=form.get("summary", ""),
            lines=[line for number in range(LINES) for line in _line(number)],
            source_key=f"form:{member.id}:{form.get('once', '')[:40]}",
        )
        voucher_id = voucher.id
    return redirect(f"/books/vouchers/{voucher_id}", 303)


@blueprint.get("/books/vouchers/<int:voucher_id>")
@staff_only(Permission.SEE_BOOKS)
def one(member: StaffMember, voucher_id: int) -> ResponseReturnValue:
    """One voucher: what it books, who made it, and what one may do."""
    choice = chosen(member)
    with reading() as session:
        voucher = reads.voucher(session, voucher_id)
        if choice.is_bound and voucher.campus_id != choice.campus_id:
            raise NotFound()
        ids = {voucher.made_by, voucher.decided_by, voucher.paid_by} - {None}
        names = staff.staff_members(session, {id_ for id_ in ids if id_ is not None})
        waits = voucher.status == VoucherStatus.ASKED
        beyond = budgets.would_exceed(session, voucher) if waits else []
        may_decide = vouchers.reaches(voucher, member) and voucher.made_by != member.id
    return render_template(
        "finance/books/voucher.html",
        chosen=choice,
        voucher=voucher,
        names=names,
        may_decide=may_decide,
        beyond=beyond,
        is_mine=voucher.made_by == member.id,
        may_keep=permissions.may(member.role, Permission.KEEP_BOOKS),
        may_pay=permissions.may(member.role, Permission.PAY_OUT) and voucher.made_by != member.id,
        account_name=account_name,
        flows=FLOW_NAMES,
        decimal_yuan=money.decimal_yuan,
    )


@blueprint.get("/books/vouchers/<int:voucher_id>/photo")
@staff_only(Permission.SEE_BOOKS)
def photo(member: StaffMember, voucher_id: int) -> ResponseReturnValue:
    """The receipt of an expense. Somebody sent it, so nothing in it may run. Raises NotFound."""
    choice = chosen(member)
    with reading() as session:
        voucher = reads.voucher(session, voucher_id)
        if choice.is_bound and voucher.campus_id != choice.campus_id:
            raise NotFound()
        name, content_type = attachments.kept(session, voucher.attachment_id or 0)
    answer = make_response(files.read(name))
    answer.content_type = content_type
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Content-Disposition"] = (
        "inline" if content_type.startswith("image/") else "attachment"
    )
    return answer


@blueprint.post("/books/vouchers/<int:voucher_id>/<verb>")
@staff_only(Permission.SEE_BOOKS, Permission.APPROVE_VOUCHER)
def decide(member: StaffMember, voucher_id: int, verb: str) -> ResponseReturnValue:
    """A yes, a no with its reason, «taken back», «transferred», or «it was wrong»."""
    note = request.form.get("note", "").strip()
    if verb == "refuse" and not note:
        return redirect(f"/books/vouchers/{voucher_id}?missing=note", 303)
    with unit_of_work() as session:
        if verb == "approve":
            vouchers.approve(session, voucher_id=voucher_id, by=member)
        elif verb == "refuse":
            vouchers.refuse(session, voucher_id=voucher_id, by=member, note=note)
        elif verb == "withdraw":
            vouchers.withdraw(session, voucher_id=voucher_id, by=member)
        elif verb == "pay":
            vouchers.pay(session, voucher_id=voucher_id, by=member)
        elif verb == "reverse":
            voucher_id = vouchers.ask_reversal(session, voucher_id=voucher_id, by=member).id
        else:
            raise NotFound()
    return redirect(f"/books/vouchers/{voucher_id}", 303)


@blueprint.get("/books/periods")
@staff_only(Permission.SEE_BOOKS)
def months(member: StaffMember) -> ResponseReturnValue:
    """The months, and the checklist of the first one that is open."""
    with reading() as session:
        found = periods.months(session)
        first = min((each.month for each, _ in found if each.closed_at is None), default=None)
        checklist = periods.checklist(session, first) if first is not None else []
        ids = {id_ for each, _ in found for id_ in (each.closed_by, each.reopen_asked_by) if id_}
        names = staff.staff_members(session, ids)
    closed = [each.month for each, _ in found if each.closed_at is not None]
    return render_template(
        "finance/books/periods.html",
        found=found,
        first=first,
        last_closed=max(closed, default=None),
        checklist=checklist,
        names=names,
        me=member,
        may_keep=permissions.may(member.role, Permission.KEEP_BOOKS),
        may_approve=permissions.may(member.role, Permission.APPROVE_VOUCHER),
    )


@blueprint.post("/books/periods/<month>/<verb>")
@staff_only(Permission.SEE_BOOKS, Permission.APPROVE_VOUCHER)
def turn(member: StaffMember, month: str, verb: str) -> ResponseReturnValue:
    """Close a month, ask to open one again, or agree to it."""
    day = month_from(month)
    with unit_of_work() as session:
        if verb == "close":
            periods.close(session, month=day, by=member)
        elif verb == "ask":
            reason = request.form.get("reason", "")
            periods.ask_reopen(session, month=day, by=member, reason=reason)
        elif verb == "reopen":
            periods.reopen(session, month=day, by=member)
        else:
            raise NotFound()
    return redirect("/books/periods", 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise VoucherWrong(why="date") from error


def _line(number: int) -> list[VoucherLine]:
    """The line of one row of the form; none where it is empty. Raises VoucherWrong."""
    form = request.form
    debit, credit = (amount_of(form.get(f"{side}{number}", "")) for side in ("debit", "credit"))
    if not debit and not credit:
        return []
    if debit and credit:
        raise VoucherWrong(why="lines")
    return [
        VoucherLine(
            account=form.get(f"account{number}", ""),
            amount_fen=debit - credit,
            campus_id=form.get(f"campus{number}", type=int),
            flow=form.get(f"flow{number}") or None,
        )
    ]


def amount_of(text: str) -> int:
    """Yuan as typed → fen; nothing typed is nothing. Raises VoucherWrong."""
    text = text.strip().replace(",", "")
    if not text:
        return 0
    if not _AMOUNT.fullmatch(text):
        raise VoucherWrong(why="amount")
    return money.fen(text)
