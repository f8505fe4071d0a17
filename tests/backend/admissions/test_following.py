"""Follow-ups: told once, by whom the lead belongs to, and what becomes of the lead (A15, A16)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import following, lead_list, rules, service
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LostReason, Stage, Told
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.models import AuditEntry
from backend.security.schemas import Role, StaffMember

TOLD = Told(note="说周六来", stage=Stage.CONTACTED, customer="王妈妈")


def _advisor(session: Session, name: str) -> StaffMember:
    account = security.hire(session, name=name, role=Role.ADVISOR, openid=f"o_{name}")
    return staff.staff_members(session, {account.id})[account.id]


@pytest.mark.parametrize(
    ("now", "told", "after"),
    [
        (Stage.NEW, None, Stage.NEW),
        (Stage.NEW, Stage.CONTACTED, Stage.CONTACTED),
        (Stage.TRIAL, Stage.CONTACTED, Stage.TRIAL),
        (Stage.CONTACTED, Stage.TRIAL, Stage.TRIAL),
        (Stage.ORDERED, Stage.TRIAL, Stage.ORDERED),
        (Stage.ORDERED, Stage.LOST, Stage.LOST),
        (Stage.CONTACTED, Stage.WON, Stage.CONTACTED),
        (Stage.WON, Stage.CONTACTED, Stage.WON),
    ],
)
def test_a_lead_goes_forward_and_only_a_loss_leads_out(
    now: Stage, told: Stage | None, after: Stage
) -> None:
    assert rules.stage_after(now, told) is after


def test_the_same_message_twice_at_once_is_one_follow_up(database: str) -> None:
    with unit_of_work() as session:
        advisor = _advisor(session, "周婷")
        lead_id = service.open_lead(session, openid="o_one", interest="英语").id

    def tell(_: int) -> Stage:
        with unit_of_work() as session:
            return following.log(
                session, lead_id=lead_id, member=advisor, told=TOLD, source_key="message:1"
            ).stage

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(tell, range(4))) == {Stage.CONTACTED}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(FollowUp)) == 1
        audited = select(func.count()).where(AuditEntry.action == "lead.followed")
        assert session.scalar(audited) == 1
        lead = session.get_one(Lead, lead_id)
        assert (lead.customer, lead.claimed_at is not None) == ("王妈妈", True)


def test_a_colleagues_or_a_closed_lead_is_left_alone(session: Session) -> None:
    own, other = _advisor(session, "周婷"), _advisor(session, "钱进")
    lead = service.open_lead(session, openid="o_one", interest="英语")
    with pytest.raises(NotAllowed):
        following.log(session, lead_id=lead.id, member=other, told=TOLD, source_key="m:1")
    lost = Told(note="太贵", stage=Stage.LOST, lost_reason=LostReason.PRICE)
    view = following.log(session, lead_id=lead.id, member=own, told=lost, source_key="m:2")
    assert (view.stage, view.lost_reason, view.next_follow_up_at) == (
        Stage.LOST,
        LostReason.PRICE,
        None,
    )
    with pytest.raises(NotFound):
        following.log(session, lead_id=lead.id, member=own, told=TOLD, source_key="m:3")


def test_what_is_due_is_ones_own_and_the_longest_overdue_first(session: Session) -> None:
    own = _advisor(session, "周婷")
    first = service.open_lead(session, openid="o_one", interest="英语")
    second = service.open_lead(session, openid="o_two", interest="数学")
    early = clock.now() - timedelta(hours=1)
    session.get_one(Lead, second.id).next_follow_up_at = early
    session.flush()
    until = clock.now() + timedelta(days=1)
    found = lead_list.due(session, account_id=own.id, until=until)
    assert [each.id for each in found] == [second.id, first.id]
    assert lead_list.due(session, account_id=own.id + 1, until=until) == []
