"""Staff accounts, for the security officer and the principal. It stands in this room because it
shows campuses, which the security room below does not know."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.logistics import queries as logistics
from backend.logistics.schemas import CampusView
from backend.portal import leaving
from backend.security import accounts, people, sessions, words
from backend.security.gate import staff_only
from backend.security.schemas import Permission, Role, StaffMember
from backend.web import errors

blueprint = Blueprint("people", __name__)
PATH = "/console/people"


class FormWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(FormWrong, "表单没有填对", "请返回上一页，核对姓名、手机号、岗位和校区后再提交。")
errors.apologise(
    accounts.OneselfSpared,
    "不能更改自己的岗位或停用自己",
    "这样是为了避免误操作后谁都进不来。请让另一位校长或信息安全老师来办。",
)


@blueprint.get(PATH)
@staff_only(Permission.SEE_PEOPLE)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """The list, searched as one types; a page at a time."""
    search, after = request.args.get("q", "").strip()[:40], request.args.get("after", 0, type=int)
    with reading() as session:
        found = people.people(session, search=search, after=after)
        campuses = {each.id: each.name for each in logistics.campuses(session)}
    fragment = "HX-Request" in request.headers
    return render_template(
        "portal/people_rows.html" if fragment else "portal/people.html",
        found=found[: people.PAGE],
        has_more=len(found) > people.PAGE,
        search=search,
        campuses=campuses,
        roles=words.ROLES,
    )


@blueprint.get(f"{PATH}/new")
@staff_only(Permission.CHANGE_PEOPLE)
def ask_new(_me: StaffMember) -> ResponseReturnValue:
    """The form of a new colleague."""
    with reading() as session:
        campuses = logistics.campuses(session)
    return render_template("portal/person_new.html", campuses=campuses, roles=words.ROLES)


@blueprint.post(PATH)
@staff_only(Permission.CHANGE_PEOPLE)
def add(me: StaffMember) -> ResponseReturnValue:
    """Open an account and send its invitation; a phone that has one keeps it."""
    name, phone = request.form.get("name", "").strip(), request.form.get("phone", "").strip()
    if not 1 <= len(name) <= 40 or not (phone.isdecimal() and len(phone) == 11):
        raise FormWrong()
    with unit_of_work() as session:
        role, campus_id = _place(logistics.campuses(session))
        account_id = accounts.open_once(
            session, name=name, role=role, phone=phone, campus_id=campus_id
        )
        accounts.invite(session, account_id, by=_actor(me))
    return redirect(f"{PATH}/{account_id}", 303)


@blueprint.get(f"{PATH}/<int:account_id>")
@staff_only(Permission.SEE_PEOPLE)
def person(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """One account and where it is signed in."""
    with reading() as session:
        found = people.person(session, account_id)
        live = sessions.live_of(session, account_id)
        campuses = logistics.campuses(session)
        work = leaving.open_work(session, account_id) if found.is_active else None
    return render_template(
        "portal/person.html",
        person=found,
        work=work,
        live=live,
        campuses=campuses,
        roles=words.ROLES,
        is_me=me.id == account_id,
    )


@blueprint.post(f"{PATH}/<int:account_id>/place")
@staff_only(Permission.CHANGE_PEOPLE)
def move(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """Another role or campus."""

    def act(session: Session) -> None:
        role, campus_id = _place(logistics.campuses(session))
        accounts.change(session, account_id, role=role, campus_id=campus_id, by=me.id)

    return _done(account_id, act)


@blueprint.post(f"{PATH}/<int:account_id>/invitation")
@staff_only(Permission.CHANGE_PEOPLE)
def invite(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """Send a link that sets a (new) password."""
    return _done(account_id, lambda unit: accounts.invite(unit, account_id, by=_actor(me)))


@blueprint.post(f"{PATH}/<int:account_id>/second-factor")
@staff_only(Permission.CHANGE_PEOPLE)
def reset_app(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """Somebody has lost their phone."""
    return _done(
        account_id, lambda unit: accounts.reset_second_factor(unit, account_id, by=_actor(me))
    )


@blueprint.post(f"{PATH}/<int:account_id>/leave")
@staff_only(Permission.CHANGE_PEOPLE)
def deactivate(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """Somebody leaves: off everywhere at once, and their open work goes to somebody else."""
    successor_id = request.form.get("successor", type=int)
    return _done(
        account_id,
        lambda unit: accounts.deactivate(
            unit, account_id, by=_actor(me), successor_id=successor_id
        ),
    )


@blueprint.post(f"{PATH}/<int:account_id>/sessions/<int:session_id>")
@staff_only(Permission.CHANGE_PEOPLE)
def end_session(me: StaffMember, account_id: int, session_id: int) -> ResponseReturnValue:
    """Sign a browser of somebody out."""
    return _done(
        account_id, lambda unit: sessions.end(unit, session_id, of=account_id, by=_actor(me))
    )


def _done(account_id: int, act: Callable[[Session], object]) -> ResponseReturnValue:
    """Do something with an account in one unit, then show it."""
    with unit_of_work() as session:
        act(session)
    return redirect(f"{PATH}/{account_id}", 303)


def _actor(me: StaffMember) -> str:
    return f"account:{me.id}"


def _place(campuses: list[CampusView]) -> tuple[Role, int | None]:
    """The role and the campus of a form. Raises FormWrong."""
    role, campus = request.form.get("role", ""), request.form.get("campus", "")
    if role not in list(Role) or campus not in ("", *(str(each.id) for each in campuses)):
        raise FormWrong()
    return Role(role), int(campus) if campus else None
