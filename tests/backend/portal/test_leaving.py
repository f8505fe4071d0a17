"""Whoever leaves hands over what they have in hand (X2)."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from backend.admissions import queries as admissions
from backend.admissions import service as leads
from backend.app import create_app
from backend.kit import events
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.portal import leaving
from backend.security import accounts, service
from backend.security import queries as staff
from backend.security.schemas import AccountDeactivated, Role
from backend.students import queries as students
from backend.students import takeovers
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from tests.backend.portal.test_desk import at_desk


@pytest.fixture
def unit(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(AccountDeactivated, takeovers.pass_on)
    events.listen(AccountDeactivated, leads.pass_on)
    with unit_of_work() as session:
        yield session


def hire(unit: Session, name: str, role: Role = Role.ADVISOR) -> int:
    return service.hire(unit, name=name, role=role, phone="13900000001", openid=f"o_{name}").id


def busy(unit: Session) -> tuple[int, int, int]:
    """An advisor with a lead and a talk; the three ids."""
    leaver = hire(unit, "周婷")
    lead = leads.open_lead(unit, openid="o_customer", interest="英语")
    assert lead.advisor_id == leaver
    ticket = desk.open_ticket(
        unit,
        openid="o_customer",
        kind=TicketKind.REQUEST,
        text="转人工",
        source_key="m",
        owner_id=leaver,
    )
    talk = takeovers.begin(
        unit,
        openid="o_customer",
        customer="微信客户1",
        role=Role.ADVISOR,
        ticket_id=ticket.id,
        said="在吗",
        taken_by=leaver,
    )
    assert talk is not None
    return leaver, lead.id, talk.id


def test_open_work_goes_to_the_successor_or_by_the_rules_and_only_once(unit: Session) -> None:
    leaver, lead_id, talk_id = busy(unit)
    chosen, other = hire(unit, "新人"), hire(unit, "同事")
    work = leaving.open_work(unit, leaver)
    assert [len(each) for each in (work.leads, work.tickets, work.talks)] == [1, 1, 1]
    assert [each.id for each in work.successors] == [chosen, other]
    for _ in range(2):
        accounts.deactivate(unit, leaver, by="account:999", successor_id=chosen)
    assert [each.id for each in admissions.leads_of_advisor(unit, chosen)] == [lead_id]
    (talk,) = students.talks_of_owner(unit, chosen, limit=5)
    assert (talk.id, talk.tried) == (talk_id, [leaver])
    assert [each.id for each in students.open_tickets_of_owner(unit, chosen, limit=5)]
    accounts.deactivate(unit, chosen, by="account:999")
    assert [each.id for each in admissions.leads_of_advisor(unit, other)] == [lead_id]
    assert students.talks_of_owner(unit, other, limit=5)[0].id == talk_id
    accounts.deactivate(unit, other, by="account:999")  # Nobody is left: nothing is lost.
    lead = admissions.lead(unit, lead_id)
    assert lead is not None
    assert lead.advisor_id is None
    assert students.talks_of_owner(unit, other, limit=5) == []


def test_a_successor_is_somebody_else_who_is_here(unit: Session) -> None:
    leaver, _, _ = busy(unit)
    gone = hire(unit, "走了")
    accounts.deactivate(unit, gone, by="account:999")
    for nobody in (leaver, gone, 9999):
        with pytest.raises(NotFound):
            accounts.deactivate(unit, leaver, by="account:999", successor_id=nobody)
    assert staff.staff_member(unit, leaver) is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_shows_what_is_open_before_somebody_leaves(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(AccountDeactivated, leads.pass_on)
    with unit_of_work() as session:
        leaver, lead_id, _ = busy(session)
        chosen = hire(session, "接手")
    desk = at_desk(create_app(lambda: None), Role.SECURITY)
    page = desk.get(f"/console/people/{leaver}").text
    for words in (
        "手上还有客户 1 个",
        "手上还有工单 1 个",
        "手上还有对话 1 个",
        "接手（招生顾问）",
    ):
        assert words in page
    left = desk.post(f"/console/people/{leaver}/leave", successor=str(chosen))
    assert left.status_code == 303
    with reading() as session:
        assert [each.id for each in admissions.leads_of_advisor(session, chosen)] == [lead_id]
