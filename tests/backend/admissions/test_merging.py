"""One lead per person and child: joined by what is known, undone when it was wrong (A8, A13)."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import lead_desk, lead_list, queries, service
from backend.admissions.assigning import labels
from backend.admissions.intake import merging
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LeadView, LostReason, NewLead, Stage
from backend.gateways import visitors
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students.schemas import PhoneProven

PHONE = "13912340001"


def hired(session: Session, name: str) -> StaffMember:
    account = security.hire(session, name=name, role=Role.ADVISOR, openid=f"o_{name}")
    return staff.staff_members(session, {account.id})[account.id]


def called(session: Session, by: StaffMember, key: str, *, child: str | None = None) -> LeadView:
    new = NewLead(
        customer="王妈妈",
        child_name=child,
        phone=PHONE,
        interest=f"周末英语{key}",
        source="phone",
        campus_id=None,
        source_key=f"form:{key}",
    )
    return lead_desk.write_down(session, new=new, by=by)


def test_history_goes_along_and_comes_out_again(session: Session) -> None:
    own, other = hired(session, "周婷"), hired(session, "钱进")
    gone = called(session, own, "1", child="王小明")
    labels.put(session, lead_id=gone.id, name="高意向", account_id=own.id)
    kept = service.open_lead(session, openid="o_mother", interest="英语")
    row = merging.merge(session, kept_id=kept.id, gone_id=gone.id, account_id=other.id)
    lead, double = session.get_one(Lead, kept.id), session.get_one(Lead, gone.id)
    assert (lead.customer, lead.child_name, lead.phone) == ("王妈妈", "王小明", PHONE)
    assert (lead.source, lead.last_source, lead.advisor_id) == ("phone", "wechat", own.id)
    assert (double.stage, double.lost_reason) == (Stage.LOST, LostReason.DOUBLE)
    assert double.merged_into_id == lead.id
    told = [each.text for each in lead_list.timeline(session, lead.id)]
    assert told.count("周末英语1") == 1
    assert labels.of(session, {lead.id})[lead.id] == ["高意向"]
    assert PHONE not in str(row.moved)
    with pytest.raises(merging.CannotMerge):
        merging.merge(session, kept_id=kept.id, gone_id=gone.id)
    merging.undo(session, merge_id=row.id, account_id=other.id)
    assert (lead.customer, lead.phone, lead.source) == (None, None, "wechat")
    assert double.closed_at is None
    assert double.phone == PHONE
    assert "周末英语1" in [each.text for each in lead_list.timeline(session, double.id)]
    assert labels.of(session, {double.id})[double.id] == ["高意向"]
    with pytest.raises(merging.CannotUndo):
        merging.undo(session, merge_id=row.id, account_id=other.id)


def test_a_brother_and_another_wechat_stay_apart(session: Session) -> None:
    own = hired(session, "周婷")
    brother = called(session, own, "1", child="王小华")
    lead = service.open_lead(session, openid="o_mother", interest="英语")
    session.get_one(Lead, lead.id).child_name = "王小明"
    father = service.open_lead(session, openid="o_father", interest="数学")
    for each in (father, lead):
        merging.join_by_phone(session, lead_id=each.id, phone=PHONE, is_proven=True)
    assert session.get_one(Lead, father.id).closed_at is None
    assert merging.twins_of(session, lead.id) == [father.id]
    assert session.get_one(Lead, brother.id).merged_into_id == father.id
    with pytest.raises(merging.CannotMerge):
        merging.merge(session, kept_id=lead.id, gone_id=father.id)


def test_a_proven_phone_brings_the_visitor_along_and_a_typed_one_does_not(
    session: Session,
) -> None:
    hired(session, "周婷")
    visitor = f"{visitors.PREFIX}{'a' * 22}"
    before = service.open_lead(session, openid=visitor, interest="编程")
    merging.join_by_phone(session, lead_id=before.id, phone=PHONE)
    lead = service.open_lead(session, openid="o_mother", interest="英语")
    merging.join_by_phone(session, lead_id=lead.id, phone=PHONE)
    assert session.get_one(Lead, before.id).closed_at is None
    for _ in range(2):
        merging.proven(session, PhoneProven(openid="o_mother", phone=PHONE))
    assert session.get_one(Lead, before.id).merged_into_id == lead.id
    assert queries.open_lead_of(session, "o_mother") is not None
    merged = select(func.count()).where(FollowUp.note.startswith("原客户"))
    assert session.scalar(merged) == 1
