"""Budgets beside what was booked, and what an hour and a thing cost."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.books import budgets, costs
from backend.finance.books.pages.chosen import chosen
from backend.finance.books.pages.keeping import amount_of
from backend.finance.books.words import CostKind, VoucherWrong
from backend.finance.chart import NAMES, OF_PROFIT
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.logistics import queries as logistics
from backend.security import permissions
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, Role, StaffMember

blueprint = Blueprint("planning", __name__)


@blueprint.get("/books/budget")
@staff_only(Permission.SEE_BOOKS)
def budget(member: StaffMember) -> ResponseReturnValue:
    """A month's budget and what became of it."""
    choice = chosen(member)
    with reading() as session:
        found = budgets.comparison(session, month=choice.month, campus_id=choice.campus_id)
    return render_template(
        "finance/books/budget.html",
        chosen=choice,
        found=found,
        accounts={each: NAMES[each] for each in sorted(OF_PROFIT)},
        may_keep=permissions.may(member.role, Permission.KEEP_BOOKS),
    )


@blueprint.post("/books/budget")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def plan(member: StaffMember) -> ResponseReturnValue:
    """Set one budget. Raises VoucherWrong."""
    choice = chosen(member)
    with unit_of_work() as session:
        budgets.plan(
            session,
            month=choice.month,
            account=request.form.get("account", ""),
            campus_id=choice.campus_id,
            amount_fen=amount_of(request.form.get("amount", "")),
            by=member,
        )
    return redirect(f"/books/budget?{choice.query}", 303)


@blueprint.get("/books/costs")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def listed(member: StaffMember) -> ResponseReturnValue:
    """What an hour of a teacher or a room costs, and the fixed assets."""
    choice = chosen(member)
    with reading() as session:
        rates, assets = costs.rates(session), costs.assets(session)
        teachers = staff.staff_with_role(session, Role.TEACHER)
        rooms = logistics.venues(session)
        asked = {each.subject_id for each in rates if each.kind == CostKind.TEACHER}
        people = staff.staff_members(session, {id_ for id_ in asked if id_ is not None})
    return render_template(
        "finance/books/costs.html",
        chosen=choice,
        rates=rates,
        assets=assets,
        teachers=teachers,
        rooms=rooms,
        teacher_names={id_: each.name for id_, each in people.items()},
        room_names={each.id: each.name for each in rooms},
        worn_by={each: NAMES[each] for each in costs.WORN_BY},
        today=clock.today(),
    )


@blueprint.post("/books/costs/rates")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def set_rate(member: StaffMember) -> ResponseReturnValue:
    """An hour costs something else from a day on. Raises VoucherWrong."""
    kind, _, subject = request.form.get("whose", "").partition(":")
    if kind not in list(CostKind) or not (subject == "" or subject.isdecimal()):
        raise VoucherWrong(why="lines")
    with unit_of_work() as session:
        costs.set_rate(
            session,
            kind=CostKind(kind),
            subject_id=int(subject) if subject else None,
            effective_from=_day("effective_from"),
            fen_per_hour=amount_of(request.form.get("amount", "")),
            by=member,
        )
    return redirect("/books/costs", 303)


@blueprint.post("/books/costs/assets")
@staff_only(Permission.SEE_BOOKS, Permission.KEEP_BOOKS)
def keep_asset(member: StaffMember) -> ResponseReturnValue:
    """Another thing that wears off. Raises VoucherWrong."""
    choice = chosen(member)
    with unit_of_work() as session:
        costs.keep_asset(
            session,
            name=request.form.get("name", "").strip(),
            campus_id=choice.campus_id,
            account=request.form.get("account", ""),
            cost_fen=amount_of(request.form.get("cost", "")),
            salvage_fen=amount_of(request.form.get("salvage", "")),
            months=request.form.get("months", 0, type=int),
            in_use_from=_day("in_use_from"),
            by=member,
        )
    return redirect("/books/costs", 303)


def _day(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError as error:
        raise VoucherWrong(why="date") from error
