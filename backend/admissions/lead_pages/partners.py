"""合作平台 at a screen: who may send leads, and the secret that is shown once."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.admissions.intake import partners
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.logistics import queries as logistics
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("lead_partners", __name__)
PATH = "/leads/partners"

errors.apologise(
    partners.PartnerWrong,
    "合作平台没有保存",
    "请返回上一页，填好名称，简称用2到20个小写字母或数字，并且不能和别的平台相同。",
)


@blueprint.get(PATH)
@staff_only(Permission.IMPORT_LEADS)
def listed(_me: StaffMember) -> ResponseReturnValue:
    """All partners, without their secrets."""
    return _page()


@blueprint.post(PATH)
@staff_only(Permission.IMPORT_LEADS)
def add(me: StaffMember) -> ResponseReturnValue:
    """A new partner; its secret is on this answer and nowhere else."""
    with unit_of_work() as session:
        campus_id = request.form.get("campus", 0, type=int) or None
        if campus_id not in {None, *(each.id for each in logistics.campuses(session))}:
            raise partners.PartnerWrong()
        partner, secret = partners.add(
            session,
            name=request.form.get("name", "").strip()[:40],
            short=request.form.get("short", "").strip()[:20],
            campus_id=campus_id,
            by=me,
        )
    return _page(partner=partner, secret=secret)


@blueprint.post(f"{PATH}/<int:partner_id>/renew")
@staff_only(Permission.IMPORT_LEADS)
def renew(me: StaffMember, partner_id: int) -> ResponseReturnValue:
    """Another secret, on this answer and nowhere else."""
    with unit_of_work() as session:
        partner, secret = partners.renew(session, partner_id=partner_id, by=me)
    return _page(partner=partner, secret=secret)


@blueprint.post(f"{PATH}/<int:partner_id>/switch")
@staff_only(Permission.IMPORT_LEADS)
def switch(me: StaffMember, partner_id: int) -> ResponseReturnValue:
    """Let a partner in, or no more."""
    with unit_of_work() as session:
        is_active = bool(request.form.get("on"))
        partners.switch(session, partner_id=partner_id, is_active=is_active, by=me)
    return redirect(PATH, 303)


def _page(*, partner: partners.PartnerView | None = None, secret: str = "") -> str:
    with reading() as session:
        found = partners.partners(session)
        campuses = {each.id: each.name for each in logistics.campuses(session)}
    return render_template(
        "admissions/lead_partners.html",
        found=found,
        campuses=campuses,
        partner=partner,
        secret=secret,
        address=f"{settings().public_url}/partners/leads",
    )
