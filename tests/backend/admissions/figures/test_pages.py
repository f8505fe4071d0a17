"""招生数据 at a screen: every number opens its rows, nobody sees another campus's (A18, A19)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from sqlalchemy import select

from backend import wiring
from backend.admissions.figures import costs, jobs, keeping, periods, telling
from backend.admissions.figures.models import ChannelCost
from backend.kit import charts, clock, events, workbook
from backend.kit.db import STATEMENTS, reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.models import Account
from backend.security.schemas import Role, StaffMember
from tests.backend.admissions.figures import histories
from tests.backend.admissions.figures.histories import NOW, World
from tests.backend.admissions.test_lead_pages import entered, sent, shown
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
NUMBER = re.compile(r'href="(/figures/rows\?[^"]+)">(?:<strong>)?(\d+)<')
DEEDS = [
    *((0, n, n, n % 5) for n in range(8)),
    (4, 0, 1, 2), (4, 3, 2, 1), (6, 1, 1, 1), (7, 2, 0, 1), (8, 0, 1, 0), (1, 4, 0, 0),
    (1, 5, 1, 0),
]  # fmt: skip


@pytest.fixture
def world(
    site: Site, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[World]:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    wiring.compose_figures()
    with clock.frozen(NOW):
        with unit_of_work() as session:
            world = histories.open_world(session)
            for deed in DEEDS:
                histories.do(world, deed)
            for name, role, campus in (
                ("校长", Role.PRINCIPAL, None),
                ("主管", Role.CAMPUS_MANAGER, world.campuses[1]),
                ("顾问", Role.ADVISOR, world.campuses[1]),
            ):
                security.hire(session, name=name, role=role, openid=f"o_{role}", campus_id=campus)
        yield world


def test_every_number_opens_as_many_rows_as_it_says(site: Site, world: World) -> None:
    for openid in ("o_principal", "o_campus_manager"):
        reader = entered(site, openid)
        page = shown(reader, "/figures?period=month")
        numbers = NUMBER.findall(page)
        assert len(numbers) > 30
        for url, number in numbers[:8:3] + numbers[8::13]:
            behind = shown(reader, unescape(url))
            assert f"共{number}个" in behind, url
            assert behind.count("<td>客户") + behind.count('<td><a href="/leads/') == int(number)


def test_a_manager_counts_the_own_campus_and_an_advisor_the_own_leads(
    site: Site, world: World
) -> None:
    def leads(member: StaffMember) -> int:
        with unit_of_work() as session:
            period = periods.named("month")
            return telling.look(session, member, period).sums.leads

    def member(role: Role, campus_id: int | None, id_: int = 999) -> StaffMember:
        return StaffMember(id=id_, name="", role=role, campus_id=campus_id)

    whole = leads(member(Role.PRINCIPAL, None))
    parts = [leads(member(Role.CAMPUS_MANAGER, each)) for each in world.campuses[1:]]
    assert whole == 8
    assert 0 < sum(parts) < whole  # One belongs to nobody's campus.
    assert leads(member(Role.CAMPUS_MANAGER, None)) == 0
    assert leads(member(Role.TEACHER, None)) == 0
    mine = [leads(member(Role.ADVISOR, None, each or 0)) for each in world.advisors[1:]]
    assert sum(mine) == 6
    manager = entered(site, "o_campus_manager")
    other = world.campuses[2]
    page = shown(manager, f"/figures?period=month&of_campus={other}")
    assert f">{parts[0]}</strong>线索" in page  # What the address asks for reaches no further.
    assert "到访" not in re.sub(r"<small.*?</small>", "", page)
    behind = shown(manager, f"/figures/rows?campus={other}&of_campus={other}")
    assert "没有这样的线索" in behind


def test_costs_are_kept_by_channel_and_month_and_read_by_the_day(site: Site, world: World) -> None:
    head, manager = entered(site, "o_principal"), entered(site, "o_campus_manager")
    page = shown(head, "/figures/costs?month=2026-11")
    fields = {"cost:phone": "3000", "month": "2026-11", "campus": "0"}
    assert sent(head, "/figures/costs", page, **{**fields, "cost:phone": "abc"})[0] == 422
    assert sent(head, "/figures/costs", page, **fields)[0] == 303
    assert 'value="3000.00"' in shown(head, "/figures/costs?month=2026-11")
    page = shown(manager, "/figures/costs?month=2026-11&campus=0")
    assert sent(manager, "/figures/costs", page, **{**fields, "cost:phone": "60"})[0] == 303
    assert sent(manager, "/figures/thresholds", page)[0] == 422
    with reading() as session:
        kept = {row.campus_id: row.amount_fen for row in session.scalars(select(ChannelCost))}
        assert kept == {0: 300_000, world.campuses[1]: 6_000}
        ten_days = periods.asked("", "2026-11-21", "2026-12-10")
        assert costs.spent(session, ten_days, campus_id=0) == {"phone": 102_000}
    thresholds = {
        **dict.fromkeys(("quick_share", "conversion", "came_share", "wait_minutes"), "90")
    }
    thresholds |= {"least_leads": "2", "reason_share": "40", "cost_of_one": "1"}
    page = shown(head, "/figures/costs?month=2026-11")
    assert sent(head, "/figures/thresholds", page, **thresholds)[0] == 303
    page = shown(head, "/figures?period=month")
    assert "8个线索付款" in page
    assert "花了3060元" in page
    assert entered(site, "o_advisor").open("/figures/costs")[0] == 403


def test_the_export_the_picture_and_the_week_say_the_same(site: Site, world: World) -> None:
    head = entered(site, "o_principal")
    answer = head.browser.get("/figures/export?period=month")
    assert answer.content_type == workbook.TYPE
    rows = list(workbook.rows(answer.get_data(), most=200))
    assert ["线索", "8", "100.0%"] in rows
    assert "定义" in [row[0] for row in rows if row]
    period = periods.named("month")
    principal = StaffMember(id=_id("校长"), name="", role=Role.PRINCIPAL, campus_id=None)
    link = telling.picture_link(principal, telling.CHANNELS, period)
    picture = site.phone("o_nobody").browser.get(link[link.index("/figures") :])
    assert picture.get_data().startswith(b"\x89PNG")
    assert site.phone("o_nobody").open("/figures/picture/x.y.z")[0] in (403, 404, 410)
    with clock.frozen(clock.at_local(date(2026, 11, 30), 9)):
        jobs.report_week()
        jobs.report_week()
    with reading() as session:
        told = session.scalars(
            select(OutboxMessage).where(OutboxMessage.dedupe_key.startswith("admissions-week"))
        ).all()
        assert len(told) == 2  # The principal and the campus manager.
        assert "11月23日至11月29日" in told[0].payload


def test_a_page_costs_as_many_queries_however_many_leads(site: Site, world: World) -> None:
    head = entered(site, "o_principal")

    def queries() -> float:
        before = STATEMENTS._value.get()
        shown(head, "/figures?period=month")
        return float(STATEMENTS._value.get() - before)

    shown(head, "/figures?period=month")
    few = queries()
    with unit_of_work() as session:
        world.session = session
        for number in range(30):
            histories.do(world, (0, number, number, number % 9))
        keeping.catch_up(session)
    assert queries() <= few
    assert few < 45


def test_a_chart_is_a_picture_with_chinese_letters() -> None:
    empty = charts.bars("题", "注", [])
    full = charts.bars(
        "上周各渠道转化", "注", [(f"渠道{n}" * 9, n, n // 2, f"{n}个") for n in range(14)]
    )
    assert empty.startswith(b"\x89PNG")
    assert len(full) > len(empty)


def _id(name: str) -> int:
    with reading() as session:
        return session.scalars(select(Account.id).where(Account.name == name)).one()
