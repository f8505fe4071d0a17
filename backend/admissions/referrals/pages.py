"""推荐奖励 at a screen: who has sent whom, and what became of it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.admissions import lead_list
from backend.admissions.referrals import service
from backend.admissions.referrals.words import STATUSES
from backend.finance.prices.words import benefit
from backend.kit.db import reading
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students

blueprint = Blueprint("referrals", __name__)


@blueprint.get("/referrals")
@staff_only(Permission.SEE_LEADS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The referrals of the leads that one may see, with how many there are of each kind."""
    with reading() as session:
        found = service.listed(session, me)
        used = service.used(session, found)
        titles = lead_list.titles(session, me, [each.lead_id for each in found])
        names = students.guardian_names(session, {each.guardian_id for each in found})
        promised = service.rule(session)
    counts = {words: sum(each.status is key for each in found) for key, words in STATUSES.items()}
    return render_template(
        "admissions/referrals.html",
        found=found,
        used=used,
        titles=titles,
        names=names,
        counts=counts,
        statuses=STATUSES,
        promised=benefit(promised) if promised else "",
    )
