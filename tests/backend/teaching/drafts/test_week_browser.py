"""A lesson is dragged to another day in a real browser, and moved by keyboard alone."""

from datetime import datetime, timedelta

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from sqlalchemy import select

from backend.kit import clock
from backend.kit.db import reading
from backend.security import queries as staff
from backend.security.schemas import Role
from backend.teaching.models import ClassGroup, Lesson
from tests.backend.portal.test_every_page_browser import House, house
from tests.e2e.browsers import Browser, needs_chromium, opened

__all__ = ["house"]
pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


def lesson() -> tuple[int, datetime]:
    """A lesson of a Saturday class, in the first week that has one."""
    with reading() as session:
        query = select(Lesson).join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        query = query.where(ClassGroup.name == "英语三级周六班").order_by(Lesson.id)
        found = session.scalars(query.limit(1)).one()
        return found.id, clock.local(found.starts_at)


def settled(window: Browser) -> str:
    window.find("h1", "调课记录")
    return window.find("#content tbody").text


def test_a_lesson_is_dragged_and_another_time_typed(house: House) -> None:
    lesson_id, begins = lesson()
    monday = begins.date() - timedelta(days=begins.weekday())
    with reading() as session:
        teacher = next(
            each for each in staff.staff_with_role(session, Role.TEACHER) if each.name == "王敏"
        )
    with opened(1400, 1300) as window:
        house.let_in(window, "o_demo_academic")
        window.driver.get(f"{house.address}/timetable?from={monday}&teacher={teacher.id}")
        block = window.find(f'[data-lesson="{lesson_id}"]')
        sunday = window.find(f'[data-day="{monday + timedelta(days=6)}"] .tt-column')
        across = sunday.location["x"] - block.location["x"] + 20
        grip = ActionChains(window.driver, duration=50)
        grip.move_to_element(block).click_and_hold().move_by_offset(10, 5)
        grip.move_by_offset(across - 10, 115).release().perform()
        panel = window.find("#dropped", "可以")
        assert "12:40" not in panel.text
        assert "周日 12:30" in panel.text
        window.tap("#dropped button", "确认调课")
        assert "英语三级周六班" in settled(window)
        window.driver.get(f"{house.address}/timetable/lessons/{lesson_id}")
        offered = window.find("ol li:first-child span").text
        form = window.find("ol li:first-child form")
        form.find_element("css selector", "[name=reason]").send_keys("老师培训", Keys.ENTER)
        assert "老师培训" in settled(window)
        assert window.complaints() == []
    now = lesson()[1]
    assert f"{now:%H:%M}" in offered
    assert now != begins
