"""Statements, and the entries behind every figure."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.books import comparing, ledgers, statements, workbook
from backend.finance.books.layouts import ASSETS, FLOW_NAMES
from backend.finance.books.ledgers import Wanted
from backend.finance.books.pages.chosen import chosen
from backend.finance.chart import NAMES
from backend.finance.posting import RULES, Event
from backend.finance.schemas import LedgerAccount
from backend.kit import money
from backend.kit.db import reading
from backend.kit.errors import NotFound
from backend.kit.workbook import TYPE
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember

blueprint = Blueprint("reading", __name__)


def account_name(account: str) -> str:
    """`5001` → `5001 主营业务收入`; the beginning of several codes stays as it is."""
    known = account in list(LedgerAccount)
    return f"{account} {NAMES[LedgerAccount(account)]}" if known else f"{account}开头的科目"


def event_name(event: str) -> str:
    """What the posting rules call an event."""
    return RULES[Event(event)].name


@blueprint.get("/books/statements")
@staff_only(Permission.SEE_BOOKS)
def shown(member: StaffMember) -> ResponseReturnValue:
    """The three statements of a month, in the statutory layout."""
    choice = chosen(member)
    with reading() as session:
        found = statements.statements(session, month=choice.month, campus_id=choice.campus_id)
    return render_template(
        "finance/books/statements.html",
        chosen=choice,
        found=found,
        assets=len(ASSETS),
        decimal_yuan=money.decimal_yuan,
    )


@blueprint.get("/books/statements/compared")
@staff_only(Permission.SEE_BOOKS)
def compared(member: StaffMember) -> ResponseReturnValue:
    """The same beside the month before and last year's, or each campus beside all together."""
    choice = chosen(member)
    by_campus = request.args.get("by") == "campus" and not choice.is_bound
    with reading() as session:
        if by_campus:
            found = comparing.by_campus(session, month=choice.month, names=choice.campuses)
        else:
            found = comparing.over_time(session, month=choice.month, campus_id=choice.campus_id)
    return render_template(
        "finance/books/compared.html",
        chosen=choice,
        found=found,
        by_campus=by_campus,
        decimal_yuan=money.decimal_yuan,
    )


@blueprint.get("/books/statements.xlsx")
@staff_only(Permission.SEE_BOOKS)
def exported(member: StaffMember) -> Response:
    """The same as a workbook, laid out like the forms."""
    choice = chosen(member)
    with reading() as session:
        found = statements.statements(session, month=choice.month, campus_id=choice.campus_id)
    place = choice.place if choice.campus_id else ""
    name = f"statements-{choice.month:%Y-%m}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(workbook.written(found, institution=place), mimetype=TYPE, headers=headers)


@blueprint.get("/books/entries")
@staff_only(Permission.SEE_BOOKS)
def rows(member: StaffMember) -> ResponseReturnValue:
    """The lines behind a figure, with their totals; a page at a time."""
    choice = chosen(member)
    after = max(0, request.args.get("after", 0, type=int))
    wanted = Wanted(
        month=None if request.args.get("trend") else choice.month,
        account=request.args.get("account", "")[:8],
        campus_id=choice.campus_id,
        event=request.args.get("event", ""),
        flow=request.args.get("flow", "")[:2],
        course_id=request.args.get("course", type=int),
        class_group_id=request.args.get("class", type=int),
        teacher_id=request.args.get("teacher", type=int),
    )
    with reading() as session:
        found = ledgers.lines(session, wanted, after=after)
    others = {key: value for key, value in request.args.items() if key != "after"}
    return render_template(
        "finance/books/entries.html",
        chosen=choice,
        found=found,
        wanted=wanted,
        after=after,
        page=ledgers.PAGE,
        others=others,
        accounts=NAMES,
        flows=FLOW_NAMES,
        account_name=account_name,
        event_name=event_name,
        decimal_yuan=money.decimal_yuan,
    )


@blueprint.get("/books/entries/<int:entry_id>")
@staff_only(Permission.SEE_BOOKS)
def entry(member: StaffMember, entry_id: int) -> ResponseReturnValue:
    """One entry with all its lines. Raises NotFound, also for another campus's."""
    choice = chosen(member)
    with reading() as session:
        found = ledgers.entry_lines(session, entry_id)
    if not found or (choice.is_bound and {each.campus_id for each in found} != {choice.campus_id}):
        raise NotFound()
    return render_template(
        "finance/books/entry.html",
        chosen=choice,
        found=found,
        account_name=account_name,
        event_name=event_name,
        decimal_yuan=money.decimal_yuan,
    )
