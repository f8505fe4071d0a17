"""知识库 at a screen: the entries, and what people have answered that might become one."""

import secrets
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.admissions.knowledge import entries, proposals
from backend.admissions.knowledge.schemas import ChangedMeanwhile, DecidedAlready, Draft
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import roles_with
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("knowledge", __name__)
PATH = "/knowledge"
PHRASINGS = 10


class EntryWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(EntryWrong, "表单没有填对", "请返回上一页，把问题、答复、负责人和日期填好再提交。")
errors.apologise(
    ChangedMeanwhile, "这条知识刚被同事改过", "请返回知识库重新打开，看过同事的改动再保存。"
)
errors.apologise(DecidedAlready, "这条建议同事已经处理了", "请返回建议列表，看看其他的。")


@blueprint.get(PATH)
@staff_only(Permission.TEACH_BOT)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """Entries in use, those to be looked at again on top, and how many proposals wait."""
    words, is_due = request.args.get("q", "").strip()[:40], bool(request.args.get("due"))
    with reading() as session:
        found = entries.listed(session, words=words, only_due=is_due)
        names = staff.staff_members(session, {each.owner_id for each in found})
        campuses = {each.id: each.name for each in logistics.campuses(session)}
        waiting = proposals.count(session)
    return render_template(
        "admissions/knowledge_rows.html"
        if "HX-Request" in request.headers
        else "admissions/knowledge.html",
        found=found,
        names=names,
        campuses=campuses,
        waiting=waiting,
        words=words,
        is_due=is_due,
        today=clock.today(),
    )


@blueprint.get(f"{PATH}/new")
@staff_only(Permission.TEACH_BOT)
def ask_new(me: StaffMember) -> ResponseReturnValue:
    """The form for a new entry."""
    with reading() as session:
        return _form(session, me, action=PATH)


@blueprint.post(PATH)
@staff_only(Permission.TEACH_BOT)
def add(me: StaffMember) -> ResponseReturnValue:
    """Write an entry; the same form twice is one."""
    with unit_of_work() as session:
        entries.write(session, draft=_draft(session), by_id=me.id, source_key=_key())
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/<int:entry_id>")
@staff_only(Permission.TEACH_BOT)
def one(me: StaffMember, entry_id: int) -> ResponseReturnValue:
    """One entry, to be changed, confirmed or retired."""
    with reading() as session:
        entry = entries.one(session, entry_id)
        return _form(session, me, action=f"{PATH}/{entry_id}", entry=entry)


@blueprint.post(f"{PATH}/<int:entry_id>")
@staff_only(Permission.TEACH_BOT)
def save(me: StaffMember, entry_id: int) -> ResponseReturnValue:
    """Save what was changed."""
    revision = request.form.get("revision", -1, type=int)
    with unit_of_work() as session:
        entries.change(
            session, entry_id=entry_id, draft=_draft(session), revision=revision, by_id=me.id
        )
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:entry_id>/confirm")
@staff_only(Permission.TEACH_BOT)
def confirm(me: StaffMember, entry_id: int) -> ResponseReturnValue:
    """It is still true."""
    with unit_of_work() as session:
        entries.confirm(session, entry_id=entry_id, by_id=me.id)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:entry_id>/retire")
@staff_only(Permission.TEACH_BOT)
def retire(me: StaffMember, entry_id: int) -> ResponseReturnValue:
    """The bot says it no more."""
    with unit_of_work() as session:
        entries.retire(session, entry_id=entry_id, by_id=me.id)
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/proposals")
@staff_only(Permission.TEACH_BOT)
def proposed(me: StaffMember) -> ResponseReturnValue:
    """What people have answered, each to be kept, reworded or refused."""
    with reading() as session:
        found = proposals.waiting(session)
        names = staff.staff_members(session, {each.answered_by_id for each in found})
        return render_template(
            "admissions/knowledge_proposals.html",
            found=found,
            names=names,
            **_choices(session, me),
        )


@blueprint.post(f"{PATH}/proposals/<int:proposal_id>/accept")
@staff_only(Permission.TEACH_BOT)
def accept(me: StaffMember, proposal_id: int) -> ResponseReturnValue:
    """Keep it, in the words of the form."""
    with unit_of_work() as session:
        proposals.accept(session, proposal_id=proposal_id, draft=_draft(session), by_id=me.id)
    return redirect(f"{PATH}/proposals", 303)


@blueprint.post(f"{PATH}/proposals/<int:proposal_id>/refuse")
@staff_only(Permission.TEACH_BOT)
def refuse(me: StaffMember, proposal_id: int) -> ResponseReturnValue:
    """Nothing to keep."""
    with unit_of_work() as session:
        proposals.refuse(session, proposal_id=proposal_id, by_id=me.id)
    return redirect(f"{PATH}/proposals", 303)


def _form(
    session: Session, me: StaffMember, *, action: str, entry: object = None
) -> ResponseReturnValue:
    return render_template(
        "admissions/knowledge_entry.html",
        action=action,
        entry=entry,
        key=secrets.token_hex(16),
        **_choices(session, me),
    )


def _choices(session: Session, me: StaffMember) -> dict[str, object]:
    return {
        "me": me,
        "campuses": logistics.campuses(session),
        "owners": staff.staff_with_roles(session, roles_with(Permission.TEACH_BOT)),
        "today": clock.today(),
        "review_on": clock.today() + entries.REVIEWED_FOR,
    }


def _draft(session: Session) -> Draft:
    """What the form holds; raises EntryWrong."""
    question = request.form.get("question", "").strip()
    answer = request.form.get("answer", "").strip()
    lines = request.form.get("phrasings", "").splitlines()
    phrasings = tuple(dict.fromkeys(each.strip()[:80] for each in lines if each.strip()))
    campus_id = request.form.get("campus", 0, type=int) or None
    owner_id = request.form.get("owner", 0, type=int)
    from_on = _day("valid_from") or clock.today()
    until, review_on = _day("valid_until"), _day("review_on")
    owners = {each.id for each in staff.staff_with_roles(session, roles_with(Permission.TEACH_BOT))}
    known = {None, *(each.id for each in logistics.campuses(session))}
    if (
        not 2 <= len(question) <= 80
        or not 2 <= len(answer) <= 500
        or len(phrasings) > PHRASINGS
        or campus_id not in known
        or owner_id not in owners
        or review_on is None
        or not review_on <= clock.today() + timedelta(days=366)
        or (until is not None and until <= from_on)
    ):
        raise EntryWrong()
    return Draft(
        question=question,
        phrasings=phrasings,
        answer=answer,
        campus_id=campus_id,
        owner_id=owner_id,
        valid_from=from_on,
        valid_until=until,
        review_on=review_on,
    )


def _day(name: str) -> date | None:
    typed = request.form.get(name, "")
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise EntryWrong() from error


def _key() -> str:
    key = request.form.get("key", "")
    if len(key) != 32 or set(key) - set("0123456789abcdef"):
        raise EntryWrong()
    return f"form:{key}"
