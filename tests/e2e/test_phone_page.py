"""The sandbox's phone page before the whole house: what somebody who tries it out sees first."""

import pytest

from sandbox.launch.town import Town
from tests.e2e.browsers import needs_chromium, opened
from tests.e2e.phones import Phone, number
from tests.e2e.tables import Table

pytestmark = [pytest.mark.e2e, pytest.mark.browser, needs_chromium]
CHILD = "沈一诺"


def test_a_newcomer_signs_up_and_pays_beside_the_advisors_phone(town: Town) -> None:
    with opened(1280, 860) as browser:
        table = Table(browser, town.addresses["sandbox"])
        table.newcomer_arrives()
        table.newcomer_signs_up(CHILD)
        table.advisor_claims()
        table.newcomer_pays()
        table.newcomer_hears_of_it(CHILD)
        assert browser.complaints() == []
    paid = "SELECT count(*) FROM students_student WHERE name = :name"
    assert number(town, paid, name=CHILD) == 1
    claimed = (
        "SELECT count(*) FROM admissions_lead l JOIN admissions_sign_up s ON s.lead_id = l.id"
        " WHERE s.child_name = :name AND l.claimed_at IS NOT NULL"
    )
    assert number(town, claimed, name=CHILD) == 1
    Phone(town, "advisor").push("沈悦", "硬笔书法周三班")


def test_on_a_real_phones_screen_everything_fits(town: Town) -> None:
    """390 points wide: one phone fills the screen, nothing is cut off, no console complains."""
    with opened(390, 844, phone=True) as browser:
        browser.driver.get(f"{town.addresses['sandbox']}/?as=guardian")
        phone = '.phone[data-openid="o_demo_guardian"]'
        browser.type(phone, "明天几点上课")
        browser.find(f"{phone} .bubble", "18:30")
        widths = browser.driver.execute_script(
            "return [document.documentElement.scrollWidth,"
            " Math.round(document.querySelector(arguments[0]).getBoundingClientRect().width)]",
            phone,
        )
        assert widths[0] <= 390
        assert widths[1] >= 340
        browser.tap(f"{phone} .pick")
        browser.tap('.person[data-openid="o_demo_stranger"]')
        browser.type('.phone[data-openid="o_demo_stranger"]', "明天几点上课")
        answer = browser.find('.phone[data-openid="o_demo_stranger"] .row:not(.mine) .bubble')
        assert "18:30" not in answer.text
        assert browser.complaints() == []
