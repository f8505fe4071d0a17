"""Leads: one a person, one advisor, claimed once (A13–A17)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions import queries, service
from backend.admissions.assigning import offers
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import Stage
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.schemas import Role


def _advisor(session: Session, name: str) -> int:
    return security.hire(session, name=name, role=Role.ADVISOR, openid=f"o_{name}").id


def _count(session: Session, of: type) -> int:
    return session.scalar(select(func.count()).select_from(of)) or 0


def test_asking_again_is_noted_on_the_same_lead(session: Session) -> None:
    _advisor(session, "周婷")
    first = service.open_lead(session, openid="o_one", interest="英语多少钱")
    again = service.open_lead(session, openid="o_one", interest="周末有班吗")
    assert first.id == again.id
    assert session.scalars(select(FollowUp.note)).all() == ["周末有班吗"]
    assert _count(session, OutboxMessage) == 1


def test_without_advisors_the_lead_is_kept(session: Session) -> None:
    lead = service.open_lead(session, openid="o_one", interest="英语")
    assert lead.advisor_id is None
    assert queries.advisors_of(session, lead.id) == set()


def test_a_closed_lead_makes_room_for_a_new_one(session: Session) -> None:
    _advisor(session, "周婷")
    first = service.open_lead(session, openid="o_one", interest="英语")
    service.move(session, lead_id=first.id, stage=Stage.WON)
    assert queries.open_lead_of(session, "o_one") is None
    assert service.open_lead(session, openid="o_one", interest="数学").id != first.id


def test_only_the_assigned_advisor_claims_and_once(session: Session) -> None:
    own, other = _advisor(session, "周婷"), _advisor(session, "钱进")
    lead = service.open_lead(session, openid="o_one", interest="英语")
    assert lead.advisor_id == own
    with pytest.raises(offers.ClaimedByOther) as refused:
        offers.claim(session, lead_id=lead.id, account_id=other)
    assert refused.value.facts == {"name": "周婷"}
    first = offers.claim(session, lead_id=lead.id, account_id=own)
    again = offers.claim(session, lead_id=lead.id, account_id=own)
    assert first.claimed_at == again.claimed_at
    assert _count(session, FollowUp) == 1
    service.move(session, lead_id=lead.id, stage=Stage.LOST)
    with pytest.raises(NotFound):
        offers.claim(session, lead_id=lead.id, account_id=own)


def test_two_first_messages_at_once_open_one_lead(database: str) -> None:
    with unit_of_work() as session:
        _advisor(session, "周婷")

    def ask(words: str) -> int:
        with unit_of_work() as session:
            return service.open_lead(session, openid="o_one", interest=words).id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(ask, ["英语", "数学", "美术", "编程"]))
    with reading() as session:
        assert len(ids) == _count(session, Lead) == 1
        assert _count(session, OutboxMessage) == 1
