"""客户线索 at a screen: written down, followed up, handed over; not another's (A15, X3)."""

import re

import pytest
from sqlalchemy import event

from backend.admissions import service
from backend.admissions.assigning import keeping
from backend.admissions.models import FollowUp, Lead
from backend.kit.db import engine, reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role
from tests.backend.security.conftest import Phone, Site, site, wechat

__all__ = ["site", "wechat"]


def entered(site: Site, openid: str) -> Phone:
    """Somebody whom WeChat has signed in."""
    phone = site.phone(openid)
    assert phone.open("/oauth/start?next=/leads")[0] == 200
    return phone


def shown(phone: Phone, path: str) -> str:
    status, _, page = phone.open(path)
    assert status == 200, page
    return page


def sent(who: Phone, path: str, page: str, **fields: str) -> tuple[int, str]:
    """A form as the page has it, with its token and key."""
    for name in ("csrf_token", "key"):
        found = re.search(rf'name="{name}" value="([^"]+)"', page)
        fields |= {name: found.group(1)} if found else {}
    answer = who.browser.post(path, data=fields)
    return answer.status_code, answer.headers.get("Location", "")


@pytest.fixture
def advisor(site: Site) -> Phone:
    with unit_of_work() as session:
        security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_advisor")
        security.hire(session, name="钱进", role=Role.ADVISOR, openid="o_other")
        security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
    return entered(site, "o_advisor")


def test_a_call_is_written_down_followed_up_and_handed_over(site: Site, advisor: Phone) -> None:
    form = shown(advisor, "/leads/new")
    fields = {"source": "phone", "customer": "王妈妈", "phone": "13912340001", "interest": "英语"}
    wrong = {**fields, "phone": "123"}
    assert sent(advisor, "/leads", form, **wrong)[0] == 422
    answers = [sent(advisor, "/leads", form, **fields) for _ in range(2)]
    assert answers == [(303, "/leads/1")] * 2
    page = shown(advisor, "/leads/1")
    assert "客户1（王妈妈）" in page
    assert "尾号0001" in page
    assert "13912340001" not in page
    past = {"note": "打过", "kind": "call", "stage": "contacted", "next": "2020-01-01T10:00"}
    assert sent(advisor, "/leads/1/follow-ups", page, **past)[0] == 422
    lost = {"note": "嫌贵<b>", "kind": "call", "stage": "lost", "reason": "price"}
    for _ in range(2):
        assert sent(advisor, "/leads/1/follow-ups", page, **lost)[0] == 303
    after = shown(advisor, "/leads/1")
    assert "已流失（价格）" in after
    assert after.count("嫌贵&lt;b&gt;") == 1
    assert "客户1" not in shown(advisor, "/leads")
    assert "客户1" in shown(advisor, "/leads?stage=lost")
    with reading() as session:
        assert session.query(FollowUp).count() == 2


def test_anothers_lead_is_not_found_and_the_pool_is_for_all(site: Site, advisor: Phone) -> None:
    with unit_of_work() as session:
        service.open_lead(session, openid="o_mother", interest="数学")  # To 周婷.
    other, head = entered(site, "o_other"), entered(site, "o_head")
    assert "数学" in shown(advisor, "/leads")
    assert "数学" not in shown(other, "/leads")
    assert other.open("/leads/1")[0] == 404
    page = shown(advisor, "/leads/1")
    assert sent(advisor, "/leads/1/back", page) == (303, "/leads")
    page = shown(other, "/leads/1")
    assert sent(other, "/leads/1/take", page) == (303, "/leads/1")
    assert advisor.open("/leads/1")[0] == 404
    page = shown(head, "/leads")
    assert sent(head, "/leads/hand-over", page, id="1", to="1")[0] == 303
    assert other.open("/leads/1")[0] == 404
    with reading() as session:
        assert session.get_one(Lead, 1).advisor_id == 1


def test_managers_keep_the_rules_and_advisors_do_not(site: Site, advisor: Phone) -> None:
    assert advisor.open("/leads/rules")[0] == 403
    head = entered(site, "o_head")
    page = shown(head, "/leads/rules")
    assert "还没有规则" in page
    rule = {"name": "英语", "subject": "英语", "needs": "少儿英语", "turn": "load", "active": "1"}
    assert sent(head, "/leads/rules", page, **rule)[0] == 303
    assert sent(head, "/leads/rules", page, **rule | {"name": "夜里", "from": "20:00"})[0] == 303
    assert sent(head, "/leads/rules", page, **rule | {"claim": "9999"})[0] == 422
    assert sent(head, "/leads/rules/2/up", page)[0] == 303
    desk = {"skills": "少儿英语，数学", "most": "3", "from": "09:00", "to": "18:00"}
    assert sent(head, "/leads/rules/advisors/2", page, **desk)[0] == 303
    assert sent(head, "/leads/rules/advisors/3", page, **desk)[0] == 404  # No advisor.
    assert sent(head, "/leads/rules/advisors/1/away", page, until="2020-01-01T10:00")[0] == 422
    page = shown(head, "/leads/rules")
    assert page.index("1. 夜里") < page.index("2. 英语")
    assert "少儿英语、数学" in page
    measures = dict(
        re.findall(r'name="([a-z_]+)" inputmode="numeric" required value="(\d+)"', page)
    )
    assert sent(head, "/leads/rules/measures", page, **measures | {"pool_days": "0"})[0] == 422
    assert sent(head, "/leads/rules/measures", page, **measures | {"pool_days": "3"})[0] == 303
    with reading() as session:
        assert keeping.measures(session).pool_days == 3


def test_tags_wait_and_a_second_life(site: Site, advisor: Phone) -> None:
    with unit_of_work() as session:
        service.open_lead(session, openid="o_mother", interest="数学")  # To 周婷.
        service.open_lead(session, openid="o_father", interest="英语")  # To 钱进.
    page = shown(advisor, "/leads/1")
    assert "客户已等0分钟" in page
    for _ in range(2):
        assert sent(advisor, "/leads/1/tags", page, tag="高意向")[0] == 303
    assert sent(advisor, "/leads/1/tags", page, tag="<script>")[0] == 422
    assert sent(advisor, "/leads/2/tags", page, tag="高意向")[0] == 404
    assert "数学" in shown(advisor, "/leads?tag=高意向")
    assert "数学" not in shown(advisor, "/leads?tag=别的")
    lost = {"note": "嫌贵", "kind": "call", "stage": "lost", "reason": "price"}
    assert sent(advisor, "/leads/1/follow-ups", page, **lost)[0] == 303
    page = shown(advisor, "/leads/1")
    assert "首次应答用了0分钟" in page
    for _ in range(2):
        assert sent(advisor, "/leads/1/reopen", page)[0] == 303
    assert sent(advisor, "/leads/2/reopen", page)[0] == 404
    assert sent(advisor, "/leads/1/tags", page, tag="高意向", off="1")[0] == 303
    page = shown(advisor, "/leads/1")
    assert "新线索" in page
    assert "高意向" not in page
    head = entered(site, "o_head")
    page = shown(head, "/leads")
    assert sent(head, "/leads/hand-by-rules", page, id="1")[0] == 303
    assert advisor.open("/leads/1")[0] == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_of_many_asks_as_much_as_one_of_few(site: Site, advisor: Phone) -> None:
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts, pages = [], []
    for most in (3, 80):
        with unit_of_work() as session:
            for number in range(most):
                service.open_lead(session, openid=f"o_{most}_{number}", interest=f"英语{number}")
        shown(advisor, "/leads")
        asked.clear()
        pages.append(shown(advisor, "/leads"))
        counts.append(len(asked))
    assert counts[0] == counts[1] < 18
    more = re.search(r'href="(/leads\?before=[0-9]+)"', pages[1])
    assert more is not None
    first = set(re.findall(r"客户[0-9]+", pages[1]))
    assert not first & set(re.findall(r"客户[0-9]+", shown(advisor, more.group(1))))
