"""A lead's timeline with the talk in it, for whom it is (A15, X3)."""

import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from backend.admissions import following, queries
from backend.admissions.schemas import Stage, Told
from backend.app import create_app
from backend.kit.db import engine, reading, unit_of_work
from backend.security import queries as staff
from bot import talk_pages
from tests.dialogues.conftest import stage
from tests.dialogues.stage import Stage as Talks
from tests.dialogues.stage import openid_of

__all__ = ["stage"]


def seen_by(who: str) -> FlaskClient:
    client = create_app(lambda: None, pages=[talk_pages.blueprint]).test_client()
    with client.session_transaction() as cookie:
        cookie["wechat"] = {"openid": openid_of(who), "until": time.time() + 600}
    return client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_notes_and_messages_stand_on_one_line_with_phones_masked(stage: Talks) -> None:
    stage.say("o_one", "英语多少钱，我电话13912345678")
    with unit_of_work() as session:
        lead = queries.open_lead_of(session, "o_one")
        assert lead is not None
        member = staff.staff_members(session, {lead.advisor_id or 0})[lead.advisor_id or 0]
        told = Told(note="打过13912345678，下周来", stage=Stage.CONTACTED)
        following.log(session, lead_id=lead.id, member=member, told=told, source_key="m:1")
    advisor = seen_by("advisor")
    path, asked = f"/leads/{lead.id}/line", list[str]()
    page = advisor.get(path).text
    assert "139****5678，下周来" in page
    assert "英语多少钱" in page
    assert "3510元" in page  # What the bot said.
    assert "13912345678" not in page
    event.listen(engine(), "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for _ in range(2):
        asked.clear()
        advisor.get(path)
        counts.append(len(asked))
        for number in range(4):
            stage.say("o_one", f"周末有班吗{number}")
    assert counts[0] == counts[1] < 25
    for who in ("teacher", "stranger", "o_one"):
        assert "英语多少钱" not in seen_by(who).get(path).text
    with unit_of_work() as session:
        session.connection().exec_driver_sql("UPDATE admissions_lead SET advisor_id = NULL")
    page = advisor.get(path).text
    assert "认领后可以看到" in page
    assert "3510元" not in page
    with reading() as session:
        assert queries.open_lead_of(session, "o_one") is not None
