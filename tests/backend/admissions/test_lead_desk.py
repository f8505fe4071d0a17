"""Leads in the hands of staff: who called, the public pool, handing over (A8, A15, A17)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import lead_desk, lead_list, service
from backend.admissions.assigning import keeping
from backend.admissions.assigning.measures import Measures
from backend.admissions.intake import merging
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LeadsAsked, LostReason, NewLead, Stage
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotAllowed
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

PHONE = "13912340001"


def _hired(session: Session, name: str, role: Role = Role.ADVISOR) -> StaffMember:
    account = security.hire(session, name=name, role=role, openid=f"o_{name}")
    return staff.staff_members(session, {account.id})[account.id]


def _called(key: str, *, child: str | None = None, phone: str = PHONE) -> NewLead:
    return NewLead(
        customer="王妈妈",
        child_name=child,
        phone=phone,
        interest="周末英语",
        source="phone",
        campus_id=None,
        source_key=key,
    )


def test_one_lead_per_phone_and_child_and_per_form(session: Session) -> None:
    own, other = _hired(session, "周婷"), _hired(session, "钱进")
    first = lead_desk.write_down(session, new=_called("form:1"), by=own)
    assert (first.advisor_id, first.openid, first.stage) == (own.id, None, Stage.CONTACTED)
    for key in ("form:1", "form:2"):
        assert lead_desk.write_down(session, new=_called(key), by=own).id == first.id
    assert session.scalar(select(func.count()).select_from(FollowUp)) == 2
    with pytest.raises(lead_desk.KnownAlready):
        lead_desk.write_down(session, new=_called("form:3"), by=other)
    session.get_one(Lead, first.id).child_name = "王小明"
    session.flush()
    brother = lead_desk.write_down(session, new=_called("form:4", child="王小华"), by=own)
    assert brother.id != first.id


def test_who_called_before_is_joined_when_they_write(session: Session) -> None:
    own, _other = _hired(session, "周婷"), _hired(session, "钱进")
    called = lead_desk.write_down(session, new=_called("form:1", child="王小明"), by=own)
    wrote = service.open_lead(session, openid="o_mother", interest="英语")
    for _ in range(2):
        merging.join_by_phone(session, lead_id=wrote.id, phone=PHONE)
    lead, gone = session.get_one(Lead, wrote.id), session.get_one(Lead, called.id)
    assert (lead.advisor_id, lead.customer, lead.child_name) == (own.id, "王妈妈", "王小明")
    assert (gone.stage, gone.lost_reason) == (Stage.LOST, LostReason.DOUBLE)
    told = [each.text for each in lead_list.timeline(session, lead.id)]
    assert told.count("周末英语") == 1
    assert sum("并入" in each for each in told) == 1


def test_out_of_the_pool_goes_to_one_of_many_at_once(database: str) -> None:
    with unit_of_work() as session:
        lead_id = service.open_lead(session, openid="o_one", interest="英语").id  # No advisor yet.
        hired = [_hired(session, f"顾问{number}") for number in range(4)]

    def take(member: StaffMember) -> bool:
        try:
            with unit_of_work() as session:
                lead_desk.take(session, lead_id=lead_id, by=member)
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, hired)) == [False, False, False, True]
    with reading() as session:
        taken = select(func.count()).where(FollowUp.note == lead_desk.TAKEN)
        assert session.scalar(taken) == 1


def test_the_pool_has_a_measure_and_only_ones_own_goes_back(session: Session) -> None:
    first = service.open_lead(session, openid="o_one", interest="英语")
    second = service.open_lead(session, openid="o_two", interest="数学")
    own, other = _hired(session, "周婷"), _hired(session, "钱进")
    keeping.set_measures(session, Measures(taken_a_day=1), by=own)
    for _ in range(2):  # One's own again is no second one.
        lead_desk.take(session, lead_id=first.id, by=own)
    with pytest.raises(lead_desk.TakenEnough):
        lead_desk.take(session, lead_id=second.id, by=own)
    with pytest.raises(NotAllowed):
        lead_desk.put_back(session, lead_id=first.id, by=other)
    lead_desk.put_back(session, lead_id=first.id, by=own)
    assert lead_desk.take(session, lead_id=first.id, by=other).advisor_id == other.id


def test_a_manager_hands_many_over_and_the_list_is_narrowed(session: Session) -> None:
    own = _hired(session, "周婷")
    ids = [service.open_lead(session, openid=f"o_{n}", interest=f"英语{n}").id for n in range(3)]
    other, head = _hired(session, "钱进"), _hired(session, "校长", Role.PRINCIPAL)
    teacher = _hired(session, "李老师", Role.TEACHER)
    with pytest.raises(lead_desk.NoAdvisor):
        lead_desk.hand_over(session, lead_ids=ids, to_id=teacher.id, by=head)
    assert lead_desk.hand_over(session, lead_ids=ids, to_id=other.id, by=own) == 0
    assert lead_desk.hand_over(session, lead_ids=ids[:2], to_id=other.id, by=head) == 2
    assert lead_desk.hand_over(session, lead_ids=ids[:2], to_id=other.id, by=head) == 0

    def numbers(member: StaffMember, **asked: object) -> list[int]:
        found = lead_list.page(session, member, LeadsAsked.model_validate(asked))
        return [each.id for each in found]

    assert numbers(own) == [ids[2]]
    assert numbers(head) == ids[::-1]
    assert numbers(head, advisor_id=other.id) == [ids[1], ids[0]]
    assert numbers(head, words="英语1") == [ids[1]]
    assert numbers(head, words=str(ids[0])) == [ids[0]]
    assert numbers(head, words="100%") == []
    assert numbers(head, stage=Stage.LOST) == numbers(head, source="phone") == []
    assert numbers(head, is_due=True) == []
