"""提醒规则: who is reminded of what, seen before it is switched on (S5); and 消息送达: who did not
get a message, by notice (S6)."""

from datetime import date, time, timedelta

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.logistics import queries as logistics
from backend.outbox import queries as outbox
from backend.outbox import service as post_office
from backend.outbox.schemas import Channel
from backend.portal import reminder_words as words
from backend.portal.addressed import readable_by
from backend.reminders import queries, service
from backend.reminders.schemas import Kind, RuleDraft, RuleView
from backend.security.gate import staff_only
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.web import errors

blueprint = Blueprint("reminders", __name__)
PATH = "/console/reminders"
PAGE = 50


class RuleUnread(DomainError):
    """The form came back with something that cannot be a rule."""


errors.apologise(RuleUnread, "规则没有填对", "请返回上一页，核对数字、时间和日期后再保存。")
errors.apologise(service.RuleUnfit, "规则没有填对", "请返回上一页，换一个数字或发送对象再保存。")
errors.apologise(
    service.RuleMoved, "规则刚被别人改过", "请返回提醒规则重新打开这一条，看过新内容再改。"
)
errors.apologise(
    service.PreviewFirst,
    "请先看预览",
    "规则改过或预览已超过一小时，请重新打开预览，看过名单和内容后再启用。",
)


@blueprint.get(PATH)
@staff_only(Permission.KEEP_REMINDERS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """All rules that this reader keeps."""
    with reading() as session:
        found = queries.all_rules(session, campus_id=_campus_of(me))
        campuses = _campus_names(session)
    return render_template(
        "portal/reminders.html",
        found=found,
        kinds={kind.key: kind for kind in queries.kinds()},
        campuses=campuses,
        words=words,
    )


@blueprint.get(f"{PATH}/new/<kind_key>")
@staff_only(Permission.KEEP_REMINDERS)
def ask_new(me: StaffMember, kind_key: str) -> ResponseReturnValue:
    """The form of a new rule of a kind."""
    return _form(me, _kind(kind_key), None)


@blueprint.post(f"{PATH}/new/<kind_key>")
@staff_only(Permission.KEEP_REMINDERS)
def add(me: StaffMember, kind_key: str) -> ResponseReturnValue:
    """A new rule; its preview is next."""
    with unit_of_work() as session:
        rule = service.write(session, _draft(me, _kind(kind_key)), by=f"account:{me.id}")
    return redirect(f"{PATH}/{rule.id}/preview", 303)


@blueprint.get(f"{PATH}/<int:rule_id>")
@staff_only(Permission.KEEP_REMINDERS)
def ask_change(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """The form of a rule."""
    with reading() as session:
        rule = _mine(session, me, rule_id)
    return _form(me, _kind(rule.kind), rule)


@blueprint.post(f"{PATH}/<int:rule_id>")
@staff_only(Permission.KEEP_REMINDERS)
def change(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """Another wording of a rule, which is off until its preview was seen."""
    with unit_of_work() as session:
        rule = _mine(session, me, rule_id)
        service.write(
            session,
            _draft(me, _kind(rule.kind)),
            by=f"account:{me.id}",
            rule_id=rule_id,
            version=request.form.get("version", 0, type=int),
        )
    return redirect(f"{PATH}/{rule_id}/preview", 303)


@blueprint.get(f"{PATH}/<int:rule_id>/preview")
@staff_only(Permission.KEEP_REMINDERS)
def preview(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """Who would get what; from here a rule is switched on."""
    ahead = "7d" if request.args.get("ahead") == "7d" else "24h"
    with reading() as session:
        rule = _mine(session, me, rule_id)
        shown = service.preview(session, rule_id, ahead=service.PREVIEWS[ahead])
        campuses = _campus_names(session)
    return render_template(
        "portal/reminder_preview.html",
        rule=rule,
        kind=_kind(rule.kind),
        shown=shown,
        ahead=ahead,
        campuses=campuses,
        words=words,
        kind_name=outbox.kind_names().get(_kind(rule.kind).notice),
    )


@blueprint.post(f"{PATH}/<int:rule_id>/on")
@staff_only(Permission.KEEP_REMINDERS)
def switch_on(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """The preview was looked at."""
    with unit_of_work() as session:
        _mine(session, me, rule_id)
        service.switch_on(
            session, rule_id, token=request.form.get("token", ""), by=f"account:{me.id}"
        )
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:rule_id>/off")
@staff_only(Permission.KEEP_REMINDERS)
def switch_off(me: StaffMember, rule_id: int) -> ResponseReturnValue:
    """No more of this."""
    with unit_of_work() as session:
        _mine(session, me, rule_id)
        service.switch_off(session, rule_id, by=f"account:{me.id}")
    return redirect(PATH, 303)


@blueprint.get("/console/deliveries")
@staff_only(Permission.SEE_STUCK_MESSAGES)
def deliveries(me: StaffMember) -> ResponseReturnValue:
    """「谁没收到」: notices that did not arrive, those on their way, or those that did."""
    state = request.args.get("state", "failed")
    if state not in words.STATES:
        raise NotFound()
    before = request.args.get("before", type=int)
    with reading() as session:
        found = outbox.deliveries(
            session, state=state, before=before, limit=PAGE + 1, among=readable_by(session, me)
        )
    return render_template(
        "portal/deliveries.html",
        found=found[:PAGE],
        has_more=len(found) > PAGE,
        state=state,
        states=words.STATES,
    )


@blueprint.post("/console/deliveries/<int:message_id>/told")
@staff_only(Permission.SEE_STUCK_MESSAGES)
def told(me: StaffMember, message_id: int) -> ResponseReturnValue:
    """Somebody has phoned."""
    with unit_of_work() as session:
        post_office.mark_told(session, message_id=message_id, among=readable_by(session, me))
    return redirect("/console/deliveries", 303)


def _campus_of(me: StaffMember) -> int | None:
    """The campus whose rules this reader keeps; None for all. Who keeps those of a campus and has
    none keeps none."""
    if scope_of(me.role, Permission.KEEP_REMINDERS) is Scope.ALL:
        return None
    return me.campus_id or 0


def _mine(session: Session, me: StaffMember, rule_id: int) -> RuleView:
    """A rule that this reader keeps. Raises NotFound for those of others too."""
    rule, campus_id = queries.rule(session, rule_id), _campus_of(me)
    if campus_id is not None and rule.campus_id != campus_id:
        raise NotFound()
    return rule


def _kind(key: str) -> Kind:
    found = next((kind for kind in queries.kinds() if kind.key == key), None)
    if found is None:
        raise NotFound()
    return found


def _campus_names(session: Session) -> dict[int, str]:
    return {each.id: each.name for each in logistics.campuses(session)}


def _form(me: StaffMember, kind: Kind, rule: RuleView | None) -> ResponseReturnValue:
    with reading() as session:
        campuses = _campus_names(session)
    own = _campus_of(me)
    return render_template(
        "portal/reminder.html",
        kind=kind,
        rule=rule,
        campuses=campuses if own is None else {id_: n for id_, n in campuses.items() if id_ == own},
        takes_all=own is None,
        channels=outbox.channel_names(),
        today=clock.today(),
        words=words,
    )


def _draft(me: StaffMember, kind: Kind) -> RuleDraft:
    """The rule of a form. Raises RuleUnread, and NotAllowed for another campus than one's own."""
    form = request.form
    campus, own = form.get("campus", ""), _campus_of(me)
    if own is not None and campus != str(own):
        raise NotAllowed()
    with reading() as session:
        if campus and campus not in map(str, _campus_names(session)):
            raise RuleUnread()
    try:
        return RuleDraft.model_validate(
            {
                "kind": kind.key,
                "amount": form.get("amount", ""),
                "audience": form.get("audience", ""),
                "campus_id": campus or None,
                "send_at": time.fromisoformat(form.get("send_at") or f"{kind.usual_time:%H:%M}"),
                "quiet_hours": form.get("quiet_hours", "").replace(" ", ""),
                "daily_cap": form.get("daily_cap", ""),
                "channels": [each for each in Channel if each in form.getlist("channels")],
                "valid_from": form.get("valid_from", ""),
                "valid_to": _day_after(form.get("valid_to", "")),
            }
        )
    except (ValidationError, ValueError):
        raise RuleUnread() from None


def _day_after(shown: str) -> str | None:
    """The form's last day as the end of a half-open interval."""
    if not shown:
        return None
    return (date.fromisoformat(shown) + timedelta(days=1)).isoformat()
