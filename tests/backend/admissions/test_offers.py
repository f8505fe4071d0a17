"""A lead in front of an advisor, and the clock: once, however often and whoever comes (A14–A17)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backend.admissions import following, jobs, lead_desk, queries, service
from backend.admissions.assigning import giving, keeping, ladder, offers
from backend.admissions.assigning.keeping import DeskView, RuleDraft
from backend.admissions.assigning.measures import Act, Measures
from backend.admissions.lead_models import Offer
from backend.admissions.models import FollowUp, Lead
from backend.admissions.schemas import LostReason, Stage, Told
from backend.kit import clock
from backend.kit.db import engine, reading, unit_of_work
from backend.kit.errors import DomainError
from backend.outbox.models import OutboxMessage
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from backend.students.tickets import staffing

MORNING = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)  # A Wednesday in office hours.


def hired(session: Session, name: str, role: Role = Role.ADVISOR) -> StaffMember:
    account = security.hire(session, name=name, role=role, openid=f"o_{name}")
    return staff.staff_members(session, {account.id})[account.id]


def looked(session: Session, lead_id: int, after: timedelta) -> list[Act]:
    with clock.frozen(MORNING + after):
        return ladder.look(session, lead_id=lead_id)


def test_left_lying_a_card_goes_round_and_then_into_the_pool(session: Session) -> None:
    with clock.frozen(MORNING):
        own, other = hired(session, "周婷"), hired(session, "钱进")
        head = hired(session, "校长", Role.PRINCIPAL)
        lead = service.open_lead(session, openid="o_one", interest="英语")
    row = session.get_one(Lead, lead.id)
    assert looked(session, lead.id, timedelta(minutes=9)) == []
    assert looked(session, lead.id, timedelta(minutes=10)) == [Act.OFFER_ON]
    assert looked(session, lead.id, timedelta(minutes=10)) == []
    assert row.advisor_id == other.id != own.id
    assert looked(session, lead.id, timedelta(minutes=20)) == [Act.OFFER_ON]
    assert row.advisor_id is None
    assert row.look_at is None
    told = session.scalars(select(OutboxMessage.template).order_by(OutboxMessage.id)).all()
    assert told == ["new_lead", "lead_passed_on", "new_lead", "lead_passed_on", "lead_unclaimed"]
    assert lead_desk.take(session, lead_id=lead.id, by=head).advisor_id == head.id


def test_days_later_it_is_everybodys_and_a_word_keeps_it(session: Session) -> None:
    with clock.frozen(MORNING):
        own = hired(session, "周婷")
        kept = service.open_lead(session, openid="o_one", interest="英语")
        left = service.open_lead(session, openid="o_two", interest="数学")
        for lead in (kept, left):
            offers.claim(session, lead_id=lead.id, account_id=own.id)
            session.get_one(Lead, lead.id).next_follow_up_at = None
    with clock.frozen(MORNING + timedelta(days=5)):
        told = Told(note="再想想", stage=Stage.CONTACTED, next_at=clock.now() + timedelta(days=30))
        following.log(session, lead_id=kept.id, member=own, told=told, source_key="m:1")
    assert Act.POOL in looked(session, left.id, timedelta(days=10))
    assert looked(session, left.id, timedelta(days=10)) == []
    assert looked(session, kept.id, timedelta(days=10)) == []
    assert session.get_one(Lead, left.id).advisor_id is None
    assert session.get_one(Lead, kept.id).advisor_id == own.id


def test_who_comes_when_nobody_is_there_is_given_when_somebody_is(session: Session) -> None:
    with clock.frozen(MORNING):
        lead = service.open_lead(session, openid="o_one", interest="英语")
        own = hired(session, "周婷")
        staffing.be_away(session, account_id=own.id, until=clock.now() + timedelta(hours=1))
    assert looked(session, lead.id, timedelta(minutes=1)) == []
    row = session.get_one(Lead, lead.id)
    assert row.look_at == (MORNING + timedelta(minutes=6)).astimezone(clock.UTC)
    assert looked(session, lead.id, timedelta(hours=1)) == [Act.ASSIGN, Act.SLOW]
    assert row.advisor_id == own.id


def test_of_who_is_away_the_managers_hear(session: Session) -> None:
    with clock.frozen(MORNING):
        own = hired(session, "周婷")
        hired(session, "校长", Role.PRINCIPAL)
        lead = service.open_lead(session, openid="o_one", interest="英语")
        told = Told(note="再联系", stage=Stage.CONTACTED, next_at=MORNING + timedelta(hours=1))
        following.log(session, lead_id=lead.id, member=own, told=told, source_key="m:1")
        until = clock.now() + timedelta(days=2)
        staffing.be_away(session, account_id=own.id, until=until)
    assert looked(session, lead.id, timedelta(hours=2)) == [Act.NUDGE]
    assert looked(session, lead.id, timedelta(hours=2)) == []
    told_of = session.scalars(select(OutboxMessage.template).order_by(OutboxMessage.id)).all()
    assert told_of == ["new_lead", "lead_neglected"]


def test_a_rule_chooses_by_skill_and_sets_its_own_time(session: Session) -> None:
    with clock.frozen(MORNING):
        _first, able = hired(session, "周婷"), hired(session, "钱进")
        draft = RuleDraft(name="英语", subject="英语", needs="少儿英语", claim_minutes=3)
        keeping.write(session, draft, rule_id=None, by=able)
        desk = DeskView(account_id=able.id, skills=["少儿英语"], most_open=1)
        keeping.set_desk(session, desk, by=able)
        lead = service.open_lead(session, openid="o_one", interest="英语多少钱")
        full = service.open_lead(session, openid="o_two", interest="英语多少钱")
    row = session.get_one(Lead, lead.id)
    assert (row.advisor_id, row.claim_due_at) == (
        able.id,
        (MORNING + timedelta(minutes=3)).astimezone(clock.UTC),
    )
    assert full.advisor_id != able.id


def test_a_claim_and_the_clock_at_once_leave_one_owner(database: str) -> None:
    with clock.frozen(MORNING), unit_of_work() as session:
        own, other = hired(session, "周婷"), hired(session, "钱进")
        lead_id = service.open_lead(session, openid="o_one", interest="英语").id

    def claim(account_id: int) -> bool:
        try:
            with unit_of_work() as session:
                offers.claim(session, lead_id=lead_id, account_id=account_id)
        except DomainError:
            return False
        return True

    with clock.frozen(MORNING + timedelta(minutes=10)), ThreadPoolExecutor(5) as pool:
        clocks = [pool.submit(jobs.tend_leads) for _ in range(3)]
        claims = [pool.submit(claim, each.id) for each in (own, other)]
        assert all(each.result() is None for each in clocks)
        won = [each.result() for each in claims]
    with reading() as session:
        lead = session.get_one(Lead, lead_id)
        assert lead.advisor_id in (own.id, other.id)
        assert sum(won) == (lead.claimed_at is not None)
        waiting = session.scalars(select(Offer).where(Offer.ended_at.is_(None))).all()
        assert len(waiting) == (lead.claimed_at is None)
        late = select(func.count()).where(Offer.outcome == "late")
        assert session.scalar(late) == (lead.advisor_id == other.id)


def test_a_look_that_dies_has_done_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.frozen(MORNING), unit_of_work() as session:
        hired(session, "周婷")
        hired(session, "钱进")
        service.open_lead(session, openid="o_one", interest="英语")
    real = giving.give

    def dies(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the lights go out")

    with clock.frozen(MORNING + timedelta(minutes=11)):
        monkeypatch.setattr(giving, "give", dies)
        with pytest.raises(RuntimeError):
            jobs.tend_leads()
        with reading() as session:
            assert session.scalars(select(Offer.outcome)).all() == [None]
        monkeypatch.setattr(giving, "give", real)
        for _ in range(2):
            jobs.tend_leads()
    with reading() as session:
        outcomes = session.scalars(select(Offer.outcome).order_by(Offer.id)).all()
        assert outcomes == ["late", None]


def test_a_lost_lead_comes_back_as_itself(session: Session) -> None:
    own, other = hired(session, "周婷"), hired(session, "钱进")
    lead = service.open_lead(session, openid="o_one", interest="英语")
    told = Told(note="太贵", stage=Stage.LOST, lost_reason=LostReason.PRICE)
    following.log(session, lead_id=lead.id, member=own, told=told, source_key="m:1")
    assert queries.open_lead_of(session, "o_one") is None
    with pytest.raises(DomainError):
        lead_desk.reopen(session, lead_id=lead.id, by=other)
    again = service.open_lead(session, openid="o_one", interest="数学多少钱")
    assert (again.id, again.stage, again.advisor_id) == (lead.id, Stage.NEW, own.id)
    assert (again.lost_reason, again.interest, again.claimed_at) == (None, "数学多少钱", None)
    following.log(session, lead_id=lead.id, member=own, told=told, source_key="m:2")
    for _ in range(2):
        assert lead_desk.reopen(session, lead_id=lead.id, by=own).claimed_at is not None
    told_of = select(FollowUp.note).where(FollowUp.note.startswith("重新打开"))
    assert len(session.scalars(told_of).all()) == 2


def test_giving_costs_the_same_with_many_leads(session: Session) -> None:
    own = hired(session, "周婷")
    hired(session, "钱进")
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for number in range(40):
        asked.clear()
        service.open_lead(session, openid=f"o_{number}", interest="英语")
        counts.append(len(asked))
    assert counts[0] == counts[-1] < 30
    keeping.set_measures(session, Measures(held_at_once=1), by=own)
    assert len(ladder.due(session)) == 40
