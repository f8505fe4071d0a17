"""收银台 at a screen: taking money for an order, the drawer, cheques, the bank's statement."""

import re

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance import queries
from backend.finance.schemas import PaymentMethod
from backend.finance.till import bank, desk, reads, rules, shifts
from backend.finance.till.words import (
    METHODS,
    VERDICTS,
    ChequeDone,
    CountWrong,
    LineDone,
    NoShift,
    OwnShift,
    ShiftDone,
    StatementUnread,
    TakenWrong,
    Tender,
    Verdict,
)
from backend.kit import clock, money, workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("till", __name__)
PATH = "/till"
_AMOUNT = re.compile(r"\d{1,8}(\.\d{1,2})?")

errors.apologise(NoShift, "还没有开班", "收现金和支票前，请先在收银台填备用金并开班。")
errors.apologise(ShiftDone, "这个班次已经点过钞", "请等另一位同事审核交班，审核后再开新的班次。")
errors.apologise(
    OwnShift, "需要另一位同事审核", "点钞的人不能审核自己的班次，请让另一位同事点开这一页。"
)
errors.apologise(
    CountWrong, "点钞没有填对", "请返回核对张数；账实不符时要写明原因，处理方式要和差额一致。"
)
errors.apologise(
    TakenWrong, "收款没有填对", "现金不能多收，实收不能少于应收；支票请填号码，转账请填付款人。"
)
errors.apologise(ChequeDone, "这张支票已经处理过", "请返回支票列表查看最新情况。")
errors.apologise(LineDone, "这笔流水已经处理过", "一笔流水只能对一次，请返回列表查看最新情况。")
errors.apologise(
    StatementUnread, "这份流水读不了", "要有交易日期和收入金额两列，请从网银导出Excel或CSV再试。"
)


@blueprint.get(PATH)
@staff_only(Permission.TAKE_MONEY)
def shown(me: StaffMember) -> ResponseReturnValue:
    """One's drawer, and the orders that wait for money."""
    said = request.args.get("q", "").strip()[:24]
    with reading() as session:
        mine = shifts.running_view(session, me)
        found = reads.waiting(session, me, said=said)
        campuses = logistics.campuses(session)
    if me.campus_id is not None:
        campuses = [each for each in campuses if each.id == me.campus_id]
    return render_template(
        "finance/till/shown.html", mine=mine, found=found, said=said, campuses=campuses,
        faces=rules.FACES, yuan=money.yuan, now=clock.now(),
    )  # fmt: skip


@blueprint.post(f"{PATH}/shift/<verb>")
@staff_only(Permission.TAKE_MONEY)
def turn(me: StaffMember, verb: str) -> ResponseReturnValue:
    """Open one's shift, or count the drawer."""
    form = request.form
    with unit_of_work() as session:
        if verb == "open":
            campus_id = form.get("campus_id", 0, type=int)
            shifts.begin(
                session,
                by=me,
                campus_id=campus_id,
                float_fen=_fen("float", CountWrong(why="float")),
            )
        elif verb == "count":
            shifts.count(
                session,
                by=me,
                counted={str(face): _pieces(f"face{face}") for face in rules.FACES},
                cheques_fen=_fen("cheques", CountWrong(why="cheques")),
                explanation=form.get("explanation", ""),
            )
        else:
            raise NotFound()
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/orders/<number>")
@staff_only(Permission.TAKE_MONEY)
def order(me: StaffMember, number: str) -> ResponseReturnValue:
    """One order: what is due, what is in, and the forms to take the rest."""
    with unit_of_work() as session:  # Its lock tells what is due now, not a moment ago.
        row = desk.locked_for(session, number, me)
        found = queries.order_for(session, number=row.number, openid=row.payer_openid)
        paid = reads.payments_of(session, found.id)
        claims = reads.claims_of(session, found.id)
        payer = reads.payer_name(session, found.payer_openid)
        mine = shifts.running_view(session, me)
    return render_template(
        "finance/till/order.html", order=found, paid=paid, claims=claims, payer=payer, mine=mine,
        methods=METHODS, yuan=money.yuan, decimal_yuan=money.decimal_yuan, local=clock.local,
        change=request.args.get("change", 0, type=int),
    )  # fmt: skip


@blueprint.post(f"{PATH}/orders/<number>/<verb>")
@staff_only(Permission.TAKE_MONEY)
def take(me: StaffMember, number: str, verb: str) -> ResponseReturnValue:
    """Take cash or a cheque, or note that a transfer is said to be on its way."""
    form = request.form
    form_key = f"form:{me.id}:{form.get('once', '')[:40]}"
    change_fen = 0
    with unit_of_work() as session:
        if verb == "claim":
            desk.locked_for(session, number, me)
            bank.claim(
                session, number=number, payer=form.get("payer", ""),
                reference=form.get("reference", ""), by=f"account:{me.id}", source_key=form_key,
            )  # fmt: skip
        elif verb in (PaymentMethod.CASH, PaymentMethod.CHEQUE):
            tendered = form.get("tendered", "").strip()
            tender = Tender(
                number=number,
                method=PaymentMethod(verb),
                amount_fen=_fen("amount", TakenWrong(why="amount")),
                tendered_fen=_fen("tendered", TakenWrong(why="tendered")) if tendered else None,
                reference=form.get("reference", "").strip(),
                payer=form.get("payer", "").strip(),
            )
            change_fen = desk.take(session, tender, by=me, form_key=form_key).change_fen
        else:
            raise NotFound()
    return redirect(f"{PATH}/orders/{number}?change={change_fen}", 303)


@blueprint.get(f"{PATH}/shifts")
@staff_only(Permission.CONFIRM_SHIFT)
def shift_list(me: StaffMember) -> ResponseReturnValue:
    """Shifts that wait for somebody else's eyes, and those closed."""
    with reading() as session:
        found = shifts.shifts(session, me)
        ids = {each.cashier_id for each in found} | {each.confirmed_by for each in found} - {None}
        names = staff.staff_members(session, {id_ for id_ in ids if id_ is not None})
        places = {each.id: each.name for each in logistics.campuses(session)}
    return render_template(
        "finance/till/shifts.html", found=found, names=names, places=places, me=me,
        verdicts=VERDICTS, fits=rules.fits, Verdict=Verdict, yuan=money.yuan, local=clock.local,
    )  # fmt: skip


@blueprint.post(f"{PATH}/shifts/<int:shift_id>/<verb>")
@staff_only(Permission.CONFIRM_SHIFT)
def settle(me: StaffMember, shift_id: int, verb: str) -> ResponseReturnValue:
    """Close a counted shift, or have it counted again."""
    with unit_of_work() as session:
        if verb == "close":
            if request.form.get("verdict") not in list(Verdict):
                raise CountWrong(why="verdict")
            shifts.confirm(
                session, shift_id=shift_id, by=me, verdict=Verdict(request.form["verdict"]),
                banked_fen=_fen("banked", CountWrong(why="banked")),
            )  # fmt: skip
        elif verb == "again":
            shifts.send_back(session, shift_id=shift_id, by=me)
        else:
            raise NotFound()
    return redirect(f"{PATH}/shifts", 303)


@blueprint.get(f"{PATH}/bank")
@staff_only(Permission.MATCH_BANK)
def statement(me: StaffMember) -> ResponseReturnValue:
    """Lines of the bank's to match, and cheques under way."""
    with reading() as session:
        lines, decided = reads.bank_lines(session), reads.decided_lines(session)
        proposed = {each.proposed_id for each in lines if each.proposed_id is not None}
        numbers = reads.order_numbers(session, proposed)
        cheques = reads.cheques(session)
    return render_template(
        "finance/till/bank.html", lines=lines, decided=decided, numbers=numbers, cheques=cheques,
        yuan=money.yuan, fresh=request.args.get("fresh", type=int),
    )  # fmt: skip


@blueprint.post(f"{PATH}/bank")
@staff_only(Permission.MATCH_BANK)
def bring_in(me: StaffMember) -> ResponseReturnValue:
    """A statement, as the bank's site exports it."""
    given = request.files.get("file")
    content = given.read() if given else b""
    try:
        headings, rows = workbook.under_headings(workbook.rows(content))
        lines = rules.statement_of(headings, [row for _, row in rows])
    except workbook.WorkbookRefused as refused:
        raise StatementUnread(why=str(refused.facts.get("why", ""))) from refused
    with unit_of_work() as session:
        fresh = bank.bring_in(session, lines, by=me)
    return redirect(f"{PATH}/bank?fresh={fresh}", 303)


@blueprint.post(f"{PATH}/bank/<int:line_id>/<verb>")
@staff_only(Permission.MATCH_BANK)
def decide(me: StaffMember, line_id: int, verb: str) -> ResponseReturnValue:
    """A line is money for an order, or no tuition at all."""
    with unit_of_work() as session:
        if verb == "match":
            number = request.form.get("number", "").strip()
            bank.match(session, line_id=line_id, number=number, by=me)
        elif verb == "aside":
            bank.set_aside(session, line_id=line_id, by=me, note=request.form.get("note", ""))
        else:
            raise NotFound()
    return redirect(f"{PATH}/bank", 303)


@blueprint.post(f"{PATH}/cheques/<int:taking_id>/<verb>")
@staff_only(Permission.MATCH_BANK)
def settle_cheque(me: StaffMember, taking_id: int, verb: str) -> ResponseReturnValue:
    """A cheque has cleared, or has come back."""
    with unit_of_work() as session:
        if verb == "clear":
            desk.clear(session, taking_id=taking_id, by=me)
        elif verb == "bounce":
            note = request.form.get("note", "").strip() or "银行退票"
            desk.bounce(session, taking_id=taking_id, by=me, note=note)
        else:
            raise NotFound()
    return redirect(f"{PATH}/bank", 303)


def _fen(name: str, otherwise: Exception) -> int:
    """An amount of a form in fen; an empty one is nothing."""
    given = request.form.get(name, "").strip() or "0"
    if not _AMOUNT.fullmatch(given):
        raise otherwise
    return money.fen(given)


def _pieces(name: str) -> int:
    given = request.form.get(name, "").strip() or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 5:
        raise CountWrong(why="count")
    return int(given)
