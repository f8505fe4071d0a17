"""The browser's door of the admissions room: the page behind an advisor's one-tap claim.

The platform says who opens it, so that a link that is passed on claims nothing for anybody.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.admissions import queries
from backend.admissions.assigning import offers
from backend.admissions.contracts import pages as contract_pages
from backend.admissions.eligibility import pages as entry_pages
from backend.admissions.figures import pages as figure_pages
from backend.admissions.knowledge import pages as knowledge
from backend.admissions.lead_pages import desk, enquiry, keeping, partners, referral, sheets
from backend.admissions.referrals import pages as referrals
from backend.admissions.waitlist import pages as waitlists
from backend.kit.db import reading, unit_of_work
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("admissions_pages", __name__, template_folder="templates")
blueprint.register_blueprint(knowledge.blueprint)
blueprint.register_blueprint(waitlists.blueprint)
blueprint.register_blueprint(figure_pages.blueprint)
blueprint.register_blueprint(desk.blueprint)
for each in (keeping, sheets, partners, enquiry, referral):
    blueprint.register_blueprint(each.blueprint)
blueprint.register_blueprint(referrals.blueprint)
blueprint.register_blueprint(contract_pages.blueprint)
blueprint.register_blueprint(entry_pages.blueprint)

errors.apologise(
    offers.ClaimedByOther,
    "这条咨询由同事跟进",
    "认领链接只对收到它的顾问本人有效。回到公众号发送「我的客户」，可以查看您手头的咨询；"
    "需要接手请联系校区主管。",
)


@blueprint.get("/leads/<int:lead_id>/claim")
@staff_only(Permission.CLAIM_LEAD)
def claim_page(member: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Shows what is asked and claims by a POST as soon as it is open in a browser: robots that
    only fetch links (previews, virus scanners) claim nothing."""
    with reading() as session:
        lead = queries.lead(session, lead_id)
    if lead is not None and lead.advisor_id != member.id:
        raise offers.ClaimedByOther()
    return render_template("admissions/claim.html", lead=lead, claimed=False)


@blueprint.post("/leads/<int:lead_id>/claim")
@staff_only(Permission.CLAIM_LEAD)
def claim(member: StaffMember, lead_id: int) -> ResponseReturnValue:
    """Claims the lead for the advisor it was given to, and nobody else."""
    with unit_of_work() as session:
        lead = offers.claim(session, lead_id=lead_id, account_id=member.id)
    return render_template("admissions/claim.html", lead=lead, claimed=True)
