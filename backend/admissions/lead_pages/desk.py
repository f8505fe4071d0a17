"""客户线索 at a screen: the list, one lead with its timeline, and what staff do with them."""

import secrets
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.admissions import following, lead_desk, lead_list, rules, service, words
from backend.admissions.assigning import keeping, labels, waiting
from backend.admissions.intake import merging, referring
from backend.admissions.schemas import (
    BY_PHONE,
    WALKED_IN,
    LeadsAsked,
    LostReason,
    NewLead,
    Stage,
    Told,
    Touch,
)
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("leads", __name__)
PATH = "/leads"
FIELDS = ("q", "stage", "advisor", "source", "tag", "due")


class LeadWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(
    LeadWrong, "表单没有填对", "请返回上一页，核对称呼、11位手机号、内容和时间后再提交。"
)
errors.apologise(
    lead_desk.KnownAlready, "这个家庭已有同事在跟进", "请联系校区主管转给您，或请同事补记这次联系。"
)
errors.apologise(
    lead_desk.TakenEnough, "今天领取的客户够多了", "请先联系手头的客户，明天再来公海领取。"
)
errors.apologise(
    service.OpenAlready, "这位客户已有在跟进的记录", "请返回列表，找到正在跟进的那一条继续记录。"
)
errors.apologise(
    merging.CannotMerge, "这两条不能合并", "两条都有微信，或其中一条已经合并过。请返回刷新后再看。"
)
errors.apologise(
    merging.CannotUndo, "合并不能撤销了", "可能已经撤销过，或客户又有了新的记录。请返回刷新后再看。"
)
errors.apologise(
    labels.TagWrong, "标签没有加上", "标签最多12个字、每位客户最多10个，请换个短一点的词。"
)
errors.apologise(lead_desk.NoAdvisor, "不能转给这位同事", "请返回上一页，选一位在岗的顾问或主管。")


@blueprint.get(PATH)
@staff_only(Permission.SEE_LEADS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The list, narrowed and searched as one types; a page at a time."""
    stage, advisor = request.args.get("stage", ""), request.args.get("advisor", "")
    asked = LeadsAsked(
        words=request.args.get("q", "").strip()[:40],
        stage=Stage(stage) if stage in list(Stage) else None,
        advisor_id=int(advisor) if advisor.isdecimal() and len(advisor) < 10 else None,
        source=request.args.get("source", "")[:40],
        tag=request.args.get("tag", "")[:12],
        is_due=bool(request.args.get("due")),
    )
    before = request.args.get("before", 0, type=int)
    with reading() as session:
        found = lead_list.page(session, me, asked, before=before)
        advisors = staff.staff_with_roles(session, rules.ADVISING)
        names = staff.staff_members(session, {each.advisor_id for each in found if each.advisor_id})
        sources = lead_list.sources(session)
        tags = labels.of(session, {each.id for each in found})
        used, measures = labels.used(session), keeping.measures(session)
    query = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    shown = found[: lead_list.PAGE]
    more = urlencode({**query, "before": shown[-1].id}) if len(found) > lead_list.PAGE else ""
    return render_template(
        "admissions/lead_rows.html" if "HX-Request" in request.headers else "admissions/leads.html",
        asked=asked,
        found=shown,
        more=more,
        advisors=advisors,
        names=names,
        sources=sources,
        tags=tags,
        used=used,
        waits={each.id: waiting.wait_of(each, measures) for each in shown},
        words=words,
        now=clock.now(),
        imports=may(me.role, Permission.IMPORT_LEADS),
        hands=may(me.role, Permission.ASSIGN_LEADS),
    )


@blueprint.get(f"{PATH}/new")
@staff_only(Permission.LOG_FOLLOW_UP)
def ask_new(_me: StaffMember) -> ResponseReturnValue:
    """The form for somebody who called or walked in."""
    with reading() as session:
        campuses = logistics.campuses(session)
    return render_template(
        "admissions/lead_new.html", campuses=campuses, key=secrets.token_hex(16), words=words
    )


@blueprint.post(PATH)
@staff_only(Permission.LOG_FOLLOW_UP)
def add(me: StaffMember) -> ResponseReturnValue:
    """Write a lead down; the same family's open lead is noted on instead."""
    customer, phone = _text("customer", 40), _text("phone", 20)
    source, interest = request.form.get("source", ""), _text("interest", 500)
    campus_id = request.form.get("campus", 0, type=int) or None
    if (
        not customer
        or not interest
        or not rules.is_phone(phone)
        or source not in (BY_PHONE, WALKED_IN)
    ):
        raise LeadWrong()
    with unit_of_work() as session:
        if campus_id not in {None, *(each.id for each in logistics.campuses(session))}:
            raise LeadWrong()
        new = NewLead(
            customer=customer,
            child_name=_text("child", 40) or None,
            phone=phone,
            interest=interest,
            source=source,
            campus_id=campus_id,
            source_key=_key(),
        )
        lead = lead_desk.write_down(session, new=new, by=me)
    return redirect(f"{PATH}/{lead.id}", 303)


@blueprint.get(f"{PATH}/<int:lead_id>")
@staff_only(Permission.SEE_LEADS)
def one(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """A lead, what happened with it, and what one may do."""
    with reading() as session:
        lead, phone = lead_list.one(session, me, lead_id)
        happened = lead_list.timeline(session, lead_id)
        advisors = staff.staff_with_roles(session, rules.ADVISING)
        names = staff.staff_members(session, {lead.advisor_id} if lead.advisor_id else set())
        follows = lead_list.reaches(session, me, lead_id, Permission.LOG_FOLLOW_UP)
        twins = merging.twins_of(session, lead_id) if follows else []
        merges = merging.merges_of(session, lead_id) if follows else []
        referrer = referring.referrer(session, lead.source)
        tags, used = labels.of(session, {lead_id})[lead_id], labels.used(session)
        wait = waiting.wait_of(lead, keeping.measures(session))
    is_open = lead.stage not in (Stage.WON, Stage.LOST)
    return render_template(
        "admissions/lead.html",
        lead=lead,
        phone=phone,
        happened=happened,
        advisors=advisors,
        advisor=names.get(lead.advisor_id or 0),
        follows=follows and is_open,
        reopens=follows and lead.stage is Stage.LOST and lead.merged_into_id is None,
        labels_it=follows,
        tags=tags,
        used=used,
        wait=wait,
        twins=twins,
        merges=merges,
        referrer=referrer,
        takes=is_open and lead.advisor_id is None and may(me.role, Permission.CLAIM_LEAD),
        hands=is_open and may(me.role, Permission.ASSIGN_LEADS),
        key=secrets.token_hex(16),
        words=words,
    )


@blueprint.post(f"{PATH}/<int:lead_id>/follow-ups")
@staff_only(Permission.LOG_FOLLOW_UP)
def follow(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Note what happened, with stage, reason for a loss and next time."""
    note, stage = _text("note", 500), request.form.get("stage", "")
    kind, reason = request.form.get("kind", ""), request.form.get("reason", "")
    if not note or stage not in list(Stage) or kind not in list(Touch):
        raise LeadWrong()
    told = Told(
        note=note,
        kind=Touch(kind),
        stage=Stage(stage),
        lost_reason=LostReason(reason) if reason in list(LostReason) else None,
        next_at=_moment(request.form.get("next", "")),
    )
    with unit_of_work() as session:
        lead_list.one(session, me, lead_id)
        following.log(session, lead_id=lead_id, member=me, told=told, source_key=_key())
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/<int:lead_id>/take")
@staff_only(Permission.CLAIM_LEAD)
def take(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Take a lead out of the public pool."""
    with unit_of_work() as session:
        lead_list.one(session, me, lead_id)
        lead_desk.take(session, lead_id=lead_id, by=me)
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/<int:lead_id>/back")
@staff_only(Permission.LOG_FOLLOW_UP)
def back(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Put a lead into the public pool."""
    with unit_of_work() as session:
        lead_list.one(session, me, lead_id)
        lead_desk.put_back(session, lead_id=lead_id, by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:lead_id>/reopen")
@staff_only(Permission.LOG_FOLLOW_UP)
def reopen(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """A lost lead goes on."""
    with unit_of_work() as session:
        lead_list.one(session, me, lead_id)
        lead_desk.reopen(session, lead_id=lead_id, by=me)
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/<int:lead_id>/tags")
@staff_only(Permission.LOG_FOLLOW_UP)
def label(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Put a tag on or take it off."""
    name = _text("tag", 40)
    with unit_of_work() as session:
        _must_follow(session, me, lead_id)
        if request.form.get("off"):
            labels.take_off(session, lead_id=lead_id, name=name)
        else:
            labels.put(session, lead_id=lead_id, name=name, account_id=me.id)
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/<int:lead_id>/merge")
@staff_only(Permission.LOG_FOLLOW_UP)
def merge(me: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Another lead of the same phone goes into this one; one has to reach both."""
    gone_id = request.form.get("gone", 0, type=int)
    with unit_of_work() as session:
        for each in (lead_id, gone_id):
            _must_follow(session, me, each)
        if gone_id not in merging.twins_of(session, lead_id):
            raise merging.CannotMerge()
        merging.merge(session, kept_id=lead_id, gone_id=gone_id, account_id=me.id)
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/<int:lead_id>/merges/<int:merge_id>/undo")
@staff_only(Permission.LOG_FOLLOW_UP)
def undo_merge(me: StaffMember, lead_id: int, merge_id: int) -> ResponseReturnValue:
    """What went into this lead comes out again."""
    with unit_of_work() as session:
        _must_follow(session, me, lead_id)
        if merge_id not in {each.id for each in merging.merges_of(session, lead_id)}:
            raise merging.CannotUndo()
        merging.undo(session, merge_id=merge_id, account_id=me.id)
    return redirect(f"{PATH}/{lead_id}", 303)


@blueprint.post(f"{PATH}/hand-by-rules")
@staff_only(Permission.ASSIGN_LEADS)
def hand_by_rules(me: StaffMember) -> ResponseReturnValue:
    """Those that are ticked go to whom the rules choose."""
    with unit_of_work() as session:
        lead_desk.hand_by_rules(session, lead_ids=_ticked(), by=me)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/hand-over")
@staff_only(Permission.ASSIGN_LEADS)
def hand_over(me: StaffMember) -> ResponseReturnValue:
    """Hand those that are ticked to a colleague."""
    to_id = request.form.get("to", 0, type=int)
    with unit_of_work() as session:
        lead_desk.hand_over(session, lead_ids=_ticked(), to_id=to_id, by=me)
    return redirect(PATH, 303)


def _must_follow(session: Session, me: StaffMember, lead_id: int) -> None:
    """Raises NotFound for what one may not follow up."""
    if not lead_list.reaches(session, me, lead_id, Permission.LOG_FOLLOW_UP):
        raise NotFound()


def _ticked() -> list[int]:
    ids = [int(each) for each in request.form.getlist("id") if each.isdecimal() and len(each) < 10]
    return ids[: rules.HANDED_AT_ONCE]


def _text(name: str, most: int) -> str:
    return request.form.get(name, "").strip()[:most]


def _key() -> str:
    """The key of the form that was shown; raises LeadWrong for one that we have not made."""
    key = request.form.get("key", "")
    if len(key) != 32 or set(key) - set("0123456789abcdef"):
        raise LeadWrong()
    return f"form:{key}"


def _moment(typed: str) -> datetime | None:
    """A field of day and time, local; raises LeadWrong for what is none or past."""
    if not typed:
        return None
    try:
        at = datetime.fromisoformat(typed).replace(tzinfo=clock.SHANGHAI).astimezone(clock.UTC)
    except ValueError as error:
        raise LeadWrong() from error
    if at <= clock.now():
        raise LeadWrong()
    return at
