"""Pages around a sign-up: what courses ask for, and one's own contract (A10, A11, X3)."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from backend.admissions import sign_up
from backend.admissions.contracts.models import Contract
from backend.admissions.models import CourseEntry, Lead, Placement
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role
from tests.backend.admissions.test_lead_pages import entered, sent, shown
from tests.backend.admissions.test_sign_up import open_school, wish
from tests.backend.security.conftest import Site, site, wechat
from tests.backend.teaching.classrooms import NOW, School

__all__ = ["site", "wechat"]


@pytest.fixture
def school(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with clock.frozen(NOW):
        with unit_of_work() as session:
            school = open_school(session)
            security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
            sign_up.sign_up(session, wish(school))
        yield school


def test_a_contract_opens_for_its_own_family_as_a_pdf(site: Site, school: School) -> None:
    with reading() as session:
        number, digest = session.execute(select(Contract.number, Contract.digest)).one()
    assert "＿＿" in shown(site.phone("o_anybody"), "/contract")
    own = entered(site, "o_head")
    page = own.browser.get(f"/contracts/{number}")
    assert page.content_type == "application/pdf"
    assert page.get_data().startswith(b"%PDF")
    assert len(digest) == 64
    for openid in ("o_new_2", "o_wang"):
        other = site.phone(openid)
        assert other.open(f"/oauth/start?next=/contracts/{number}")[0] == 404


def test_what_a_course_asks_for_is_kept_at_a_screen(site: Site, school: School) -> None:
    head = entered(site, "o_head")
    page = shown(head, "/entry")
    path = f"/entry/{school.course_id}"
    wrong = ({"age_from": "9", "age_to": "6"}, {"age_from": "x"}, {"before": str(school.course_id)})
    for fields in wrong:
        assert sent(head, path, page, **fields)[0] == 422
    for _ in range(2):
        assert sent(head, path, page, age_from="6", age_to="", placement="1")[0] == 303
    with reading() as session:
        lead_id = session.scalars(select(Lead.id)).first()
        entry = session.scalars(select(CourseEntry)).one()
        assert (entry.age_from, entry.age_to, entry.needs_placement) == (6, None, True)
    result = {
        "lead": str(lead_id),
        "child": "李小1",
        "course": str(school.course_id),
        "passed": "1",
    }
    for _ in range(2):
        assert sent(head, "/entry/placements", page, **result)[0] == 303
    with reading() as session:
        assert [each.is_passed for each in session.scalars(select(Placement))] == [True]
    assert re.search(r"李小1.*?通过", shown(head, "/entry"), re.DOTALL)
    nobody = {**result, "lead": "999999"}
    assert sent(head, "/entry/placements", shown(head, "/entry"), **nobody)[0] == 404
