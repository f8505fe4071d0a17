"""The roll as a page: large buttons for the lesson's own teacher, refused to everybody else."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from backend.finance.models import HourEntry
from backend.finance.schemas import HourKind
from backend.kit import clock, events
from backend.kit.db import STATEMENTS, reading, unit_of_work
from backend.security import service as security
from backend.teaching.models import Attendance, AttendanceChange
from tests.backend.security.conftest import Site, site, wechat
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

__all__ = ["site", "wechat"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def school(site: Site, monkeypatch: pytest.MonkeyPatch) -> School:
    """Its first lesson began an hour ago."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    classrooms.listen()
    with unit_of_work() as session, clock.frozen(NOW):
        school = classrooms.open_school(session)
        begins = classrooms.begin_of(session, school.lessons[0])
    monkeypatch.setattr(clock, "now", lambda: begins + timedelta(hours=1))
    return school


def marks(path: str, page: str, school: School, **other: str) -> dict[str, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token, path
    first, second = school.children
    return {
        "csrf_token": token.group(1),
        f"mark-{first}": "late",
        f"late-{first}": "12",
        f"mark-{second}": "present",
        **other,
    }


def link(openid: str, school: School) -> str:
    return security.personal_link(openid, f"/lessons/{school.lessons[0]}/roll-call")


def test_a_roll_is_called_and_corrected_in_one_page(site: Site, school: School) -> None:
    phone = site.phone("o_wang")
    before = STATEMENTS._value.get()
    status, path, page = phone.open(link("o_wang", school))
    assert STATEMENTS._value.get() - before < 30
    assert status == 200
    assert "学员0" in page
    assert "原因" not in page
    for _tap in range(2):
        done = phone.browser.post(path, data=marks(path, page, school))
        assert "点名已保存" in done.text
    changed = marks(path, page, school, **{f"mark-{school.children[1]}": "absent"})
    assert "请写一下原因" in phone.browser.post(path, data=changed).text
    done = phone.browser.post(path, data={**changed, "reason": "看错了人"})
    assert "点名已保存" in done.text
    with reading() as session:
        rows = session.execute(
            select(Attendance.status, Attendance.late_minutes)
            .where(Attendance.lesson_id == school.lessons[0])
            .order_by(Attendance.id)
        ).all()
        consumed = select(func.count(HourEntry.id)).where(HourEntry.kind == HourKind.CONSUME)
        assert session.scalar(consumed) == 2
        assert session.scalar(select(AttendanceChange.reason)) == "看错了人"
    assert rows == [("late", 12), ("absent", None)]


@pytest.mark.parametrize("who", ["o_liu", "o_parent_0"])
def test_nobody_else_sees_or_calls_it(site: Site, school: School, who: str) -> None:
    phone = site.phone(who)
    status, path, page = phone.open(link(who, school))
    assert status == 403
    assert "学员0" not in page
    assert phone.browser.post(urlsplit(path).path, data={}).status_code in (400, 403)


def test_a_family_turns_the_leaves_of_its_own_week(site: Site, school: School) -> None:
    phone = site.phone("o_parent_0")
    on = clock.local(datetime(2026, 12, 5, tzinfo=clock.UTC)).date()
    url = security.personal_link("o_parent_0", f"/lessons/week?from={on}")
    status, _, page = phone.open(url)
    assert status == 200
    assert page.count("英语三级") == 1
    for odd in ("x", "9999-99-99", "9999-12-31", ""):
        assert phone.browser.get(f"/lessons/week?from={odd}").status_code == 200
