"""线索规则 at a screen: who gets a lead, what each advisor can and when, the measures (A16, A17).

Whoever assigns leads everywhere keeps everything; a campus manager the rules and advisors of their
campus.
"""

from datetime import datetime, time, timedelta

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from backend.admissions import lead_list, words
from backend.admissions.assigning import keeping, offers
from backend.admissions.assigning.choosing import LANGUAGES
from backend.admissions.assigning.keeping import DeskView, RuleDraft
from backend.admissions.assigning.measures import Measures
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Role, Scope, StaffMember
from backend.students.tickets import staffing
from backend.web import errors

blueprint = Blueprint("lead_rules", __name__)
PATH = "/leads/rules"
LONGEST_LEAVE = timedelta(days=60)


class NotOurs(DomainError):
    """A rule or an advisor of another campus, or what holds everywhere."""


errors.apologise(
    NotOurs,
    "这项由校长设置",
    "您可以设置本校区的规则和顾问。其他的请联系校长，或返回线索规则查看。",
)
errors.apologise(keeping.RuleWrong, "规则没有填对", "请返回上一页，核对名称、时间和数字后再保存。")


@blueprint.get(PATH)
@staff_only(Permission.ASSIGN_LEADS)
def shown(me: StaffMember) -> ResponseReturnValue:
    """All of it on one page; what one may not keep is shown without a form."""
    with reading() as session:
        rules = keeping.rules(session)
        advisors = staff.staff_with_role(session, Role.ADVISOR)
        ids = {each.id for each in advisors}
        return render_template(
            "admissions/lead_rules.html",
            rules=rules,
            measures=keeping.measures(session),
            names=words.MEASURES,
            advisors=advisors,
            desks=keeping.desks(session, ids),
            away=staffing.absences(session, ids),
            campuses={each.id: each.name for each in logistics.campuses(session)},
            sources=lead_list.sources(session),
            languages=LANGUAGES,
            words=words,
            may_keep=lambda campus_id: _may_keep(me, campus_id),
            keeps_all=_may_keep(me, None),
            own_campus=me.campus_id,
        )


@blueprint.post(PATH)
@staff_only(Permission.ASSIGN_LEADS)
def write(me: StaffMember) -> ResponseReturnValue:
    """A new rule, or an old one as it is now."""
    rule_id = request.form.get("id", 0, type=int) or None
    draft = RuleDraft(
        name=_text("name", 40),
        campus_id=request.form.get("campus", 0, type=int) or None,
        subject=_text("subject", 20),
        language=_text("language", 10),
        source=_text("source", 40),
        from_time=_time("from"),
        to_time=_time("to"),
        needs=_text("needs", 20),
        turn=_text("turn", 8),
        claim_minutes=_number("claim"),
        is_active=bool(request.form.get("active")),
    )
    with unit_of_work() as session:
        before = next((each for each in keeping.rules(session) if each.id == rule_id), None)
        _must_keep(me, draft.campus_id)
        if before is not None:
            _must_keep(me, before.campus_id)
        if draft.campus_id not in {None, *(each.id for each in logistics.campuses(session))}:
            raise keeping.RuleWrong()
        keeping.write(session, draft, rule_id=rule_id, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:rule_id>/up")
@staff_only(Permission.ASSIGN_LEADS)
def move_up(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """One place up: the order is everybody's, so only who keeps everything changes it."""
    _must_keep(me, None)
    with unit_of_work() as session:
        keeping.move_up(session, rule_id=rule_id, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/measures")
@staff_only(Permission.ASSIGN_LEADS)
def set_measures(me: StaffMember) -> ResponseReturnValue:
    """How long, how often, how many."""
    _must_keep(me, None)
    try:
        new = Measures.model_validate({name: request.form.get(name) for name in words.MEASURES})
    except ValidationError as error:
        raise keeping.RuleWrong() from error
    with unit_of_work() as session:
        keeping.set_measures(session, new, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/advisors/<int:account_id>")
@staff_only(Permission.ASSIGN_LEADS)
def set_desk(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """What an advisor can, and when."""
    desk = DeskView(
        account_id=account_id,
        skills=_words("skills"),
        languages=request.form.getlist("languages")[:5],
        most_open=_number("most"),
        from_time=_time("from"),
        to_time=_time("to"),
    )
    with unit_of_work() as session:
        _must_keep_advisor(me, staff.staff_member(session, account_id))
        keeping.set_desk(session, desk, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/advisors/<int:account_id>/away")
@staff_only(Permission.ASSIGN_LEADS)
def set_away(me: StaffMember, account_id: int) -> ResponseReturnValue:
    """Away until a moment, or back where none is named."""
    typed = request.form.get("until", "")
    with unit_of_work() as session:
        _must_keep_advisor(me, staff.staff_member(session, account_id))
        if not typed:
            staffing.come_back(session, account_id=account_id)
        else:
            staffing.be_away(session, account_id=account_id, until=_until(typed))
            offers.pass_unclaimed(session, account_id=account_id)
    return redirect(PATH, 303)


def _may_keep(me: StaffMember, campus_id: int | None) -> bool:
    scope = scope_of(me.role, Permission.ASSIGN_LEADS)
    return scope is Scope.ALL or (
        scope is Scope.CAMPUS and campus_id is not None and campus_id == me.campus_id
    )


def _must_keep(me: StaffMember, campus_id: int | None) -> None:
    if not _may_keep(me, campus_id):
        raise NotOurs()


def _must_keep_advisor(me: StaffMember, advisor: StaffMember | None) -> None:
    _must_keep(me, advisor.campus_id if advisor else None)


def _text(name: str, most: int) -> str:
    return request.form.get(name, "").strip()[:most]


def _words(name: str) -> list[str]:
    typed = _text(name, 200).replace("，", "、").replace(",", "、").replace(" ", "、")
    return list(dict.fromkeys(each[:20] for each in typed.split("、") if each))[:20]


def _number(name: str) -> int | None:
    """A number or nothing; raises RuleWrong for anything else."""
    typed = _text(name, 6)
    if typed and not (typed.isascii() and typed.isdecimal()):
        raise keeping.RuleWrong()
    return int(typed) if typed else None


def _time(name: str) -> time | None:
    try:
        return time.fromisoformat(_text(name, 5)) if _text(name, 5) else None
    except ValueError as error:
        raise keeping.RuleWrong() from error


def _until(typed: str) -> datetime:
    try:
        at = datetime.fromisoformat(typed).replace(tzinfo=clock.SHANGHAI).astimezone(clock.UTC)
    except ValueError as error:
        raise keeping.RuleWrong() from error
    if not clock.now() < at <= clock.now() + LONGEST_LEAVE:
        raise keeping.RuleWrong()
    return at
