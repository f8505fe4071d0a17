"""The knowledge: written, accepted, looked at again, said no longer than it holds (C2)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.admissions.knowledge import entries, jobs, proposals
from backend.admissions.knowledge.models import Proposal
from backend.admissions.knowledge.schemas import ChangedMeanwhile, DecidedAlready, Draft
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.logistics import service as logistics
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.schemas import Role
from backend.students.schemas import QuestionAnswered
from tests.backend.admissions.test_lead_pages import entered, sent, shown
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
TODAY = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.frozen(clock.at_local(TODAY, 9)):
        yield


def _academic(session: Session) -> int:
    return security.hire(session, name="李静", role=Role.ACADEMIC, openid="o_li").id


def _draft(owner_id: int, **other: object) -> Draft:
    values: dict[str, object] = {
        "question": "教室里有监控吗",
        "phrasings": ("能看监控录像吗",),
        "answer": "每间教室都有监控。",
        "campus_id": None,
        "owner_id": owner_id,
        "valid_from": TODAY,
        "valid_until": None,
        "review_on": TODAY + timedelta(days=30),
        **other,
    }
    return Draft.model_validate(values)


def _said(
    session: Session, text: str = "教室有没有监控", campus_id: int | None = None
) -> list[str]:
    found = entries.answers(session, text, campus_id=campus_id)
    return [entry.answer for entry, _ in found]


def test_an_entry_holds_where_and_as_long_as_it_says(session: Session) -> None:
    by = _academic(session)
    east, west = (
        logistics.open_campus(session, name=name, address="天河路").id for name in ("东", "西")
    )
    draft = _draft(by, campus_id=east, valid_from=TODAY + timedelta(days=1))
    made = entries.write(session, draft=draft, by_id=by, source_key="form:1")
    assert entries.write(session, draft=draft, by_id=by, source_key="form:1") == made
    assert _said(session) == []
    until = _draft(by, campus_id=east, valid_until=TODAY + timedelta(days=2))
    entries.change(session, entry_id=made.id, draft=until, revision=0, by_id=by)
    with pytest.raises(ChangedMeanwhile):
        entries.change(session, entry_id=made.id, draft=draft, revision=0, by_id=by)
    assert _said(session) == _said(session, campus_id=east) == ["每间教室都有监控。"]
    assert _said(session, campus_id=west) == []
    with clock.frozen(clock.at_local(TODAY + timedelta(days=2), 9)):
        assert _said(session) == []
    entries.retire(session, entry_id=made.id, by_id=by)
    entries.retire(session, entry_id=made.id, by_id=by)
    assert _said(session) == []
    assert entries.listed(session) == []


def test_what_a_person_has_answered_is_proposed_once_and_decided_once(session: Session) -> None:
    by = _academic(session)

    def answer(question: str, text: str = "可以充电，在地下一层。", key: str = "ticket:1") -> int:
        event = QuestionAnswered(question=question, answer=text, account_id=by, source_key=key)
        proposals.answered(session, event)
        return proposals.count(session)

    assert answer("转人工") == answer("找老师") == answer("在吗") == 0
    assert answer("楼下能给电动车充电吗", "您好，我是李静，马上为您处理，请稍等。") == 0
    assert answer("楼下能给电动车充电吗，我的电话13812345678") == 1
    assert answer("楼下能给电动车充电吗", "又说了一遍，可以的。") == 1
    (found,) = proposals.waiting(session)
    assert "13812345678" not in found.question
    draft = _draft(by, question="能给电动车充电吗", phrasings=(), answer=found.answer)
    entry_id = proposals.accept(session, proposal_id=found.id, draft=draft, by_id=by)
    assert _said(session, "楼下能给电动车充电吗") == ["可以充电，在地下一层。"]
    with pytest.raises(DecidedAlready):
        proposals.refuse(session, proposal_id=found.id, by_id=by)
    assert answer("能给电动车充电吗", key="ticket:2") == 0
    assert answer("有没有储物柜可以用", "有，找前台拿钥匙。", key="ticket:3") == 1
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert proposals.forget_old(session) == 1
    kept = session.scalars(select(Proposal)).all()
    assert [row.entry_id for row in kept] == [entry_id]


def test_a_review_that_is_due_is_told_once_and_confirmed(database: str) -> None:
    with unit_of_work() as session:
        by = _academic(session)
        draft = _draft(by, review_on=TODAY)
        made = entries.write(session, draft=draft, by_id=by, source_key="form:1")
        later = _draft(by, question="有外教吗", phrasings=())
        entries.write(session, draft=later, by_id=by, source_key="form:2")
    jobs.remind_of_reviews()
    jobs.remind_of_reviews()
    told = select(func.count(OutboxMessage.id)).where(
        OutboxMessage.dedupe_key.startswith("knowledge-review:")
    )
    with unit_of_work() as session:
        assert session.scalar(told) == 1
        assert [each.id for each in entries.listed(session, only_due=True)] == [made.id]
        entries.confirm(session, entry_id=made.id, by_id=by)
        entries.confirm(session, entry_id=made.id, by_id=by)
        assert entries.listed(session, only_due=True) == []
    with clock.frozen(clock.now() + entries.REVIEWED_FOR):
        jobs.remind_of_reviews()
        with reading() as session:
            assert session.scalar(told) == 3  # This one again, and the other one.


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_keep_it_at_a_screen(site: Site) -> None:
    with unit_of_work() as session:
        by = _academic(session)
        security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_zhou")
        event = QuestionAnswered(
            question="楼下能给电动车充电吗<b>", answer="可以充电。", account_id=by, source_key="t"
        )
        proposals.answered(session, event)
    advisor, academic = entered(site, "o_zhou"), site.phone("o_li")
    assert academic.open("/oauth/start?next=/knowledge")[0] == 200
    assert advisor.open("/knowledge")[0] == 403
    assert "待收录（1）" in shown(academic, "/knowledge")
    page = shown(academic, "/knowledge/proposals")
    assert "充电吗&lt;b&gt;" in page
    fields = {
        "question": "能给电动车充电吗",
        "answer": "可以充电。",
        "owner": str(by),
        "review_on": "2026-12-01",
        "phrasings": "哪里充电\n\n哪里充电",
    }
    accept = "/knowledge/proposals/1/accept"
    assert sent(academic, accept, page, **{**fields, "owner": "999"})[0] == 422
    assert sent(academic, accept, page, **fields) == (303, "/knowledge/proposals")
    assert sent(academic, accept, page, **fields)[0] == 422
    assert "该复核了" in shown(academic, "/knowledge?due=1")
    page = shown(academic, "/knowledge/1")
    assert "复核过了" in page
    changed = {**fields, "answer": "不可以充电。", "revision": "0"}
    assert sent(academic, "/knowledge/1", page, **changed)[0] == 303
    assert sent(academic, "/knowledge/1", page, **changed)[0] == 422
    assert sent(academic, "/knowledge/1/retire", page)[0] == 303
    assert "能给电动车充电吗" not in shown(academic, "/knowledge")
    form = shown(academic, "/knowledge/new")
    assert [sent(academic, "/knowledge", form, **fields)[0] for _ in range(2)] == [303, 303]
    assert shown(academic, "/knowledge").count("能给电动车充电吗") == 1
