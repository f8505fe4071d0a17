"""What a scanned code says: the class behind it, a repair, or a welcome (A13)."""

import pytest
from sqlalchemy import select

from backend.admissions import queries as admissions
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.security.models import Code, WechatIdentity
from backend.security.schemas import CodeKind
from backend.students import queries as students
from backend.teaching import queries as teaching
from bot.phrases import general
from tests.dialogues.stage import Stage

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def printed(kind: CodeKind, subject: str, label: str) -> str:
    """A code that hangs somewhere; its scene."""
    scene = f"{kind}_{subject}"
    with unit_of_work() as session:
        row = Code(scene=scene, kind=kind, subject=subject, label=label, created_at=clock.now())
        session.add(row)
    return scene


def a_class() -> tuple[str, str]:
    with reading() as session:
        offer = next(each for each in teaching.offers(session) if each.seats_left)
    return str(offer.id), offer.name


def test_the_code_of_a_class_shows_it_and_leads_to_signing_up(stage: Stage) -> None:
    number, name = a_class()
    scene = printed(CodeKind.CLASS, number, name)
    heard = stage.do("prospect", f"subscribe:qrscene_{scene}")
    assert name in heard
    assert "名额" in heard
    with reading() as session:
        lead = admissions.open_lead_of(session, "o_demo_prospect")
    assert lead is not None
    assert lead.interest == f"扫码了解：{name}"
    assert name in stage.say("prospect", "报名")


def test_a_class_that_has_closed_says_so(stage: Stage) -> None:
    scene = printed(CodeKind.CLASS, "9999", "英语旧班")
    assert "英语旧班已经结束招生" in stage.do("prospect", f"SCAN:{scene}")


@pytest.mark.parametrize("kind", [CodeKind.ROOM, CodeKind.ASSET])
def test_the_code_of_a_room_takes_a_repair_in_one_sentence(stage: Stage, kind: CodeKind) -> None:
    scene = printed(kind, "7", "302教室投影仪")
    assert "302教室投影仪" in stage.do("teacher", f"SCAN:{scene}")
    assert "后勤" in stage.say("teacher", "屏幕一直不亮")
    with reading() as session:
        ticket = students.tickets_of(session, "o_demo_teacher")[0]
    assert ticket.text == "【302教室投影仪】屏幕一直不亮"


def test_who_scans_a_room_and_asks_something_else_is_answered_that(stage: Stage) -> None:
    scene = printed(CodeKind.ROOM, "7", "302教室")
    stage.do("guardian", f"SCAN:{scene}")
    assert "课时" in stage.say("guardian", "还剩多少课时")
    with reading() as session:
        assert students.tickets_of(session, "o_demo_guardian") == []


@pytest.mark.parametrize(
    "key", ["", "qrscene_channel_dianping", "qrscene_nobody", "last_trade_no_4"]
)
def test_everybody_else_is_welcomed(stage: Stage, key: str) -> None:
    printed(CodeKind.CHANNEL, "dianping", "大众点评")
    assert stage.do("prospect", f"subscribe:{key}") == general.WELCOME


def test_who_leaves_is_marked_and_comes_back_welcome(stage: Stage) -> None:
    stage.do("prospect", "subscribe")
    assert stage.do("prospect", "unsubscribe") == ""
    with reading() as session:
        left = session.scalars(
            select(WechatIdentity.unfollowed_at).where(WechatIdentity.openid == "o_demo_prospect")
        ).one()
    assert left is not None
    assert stage.do("prospect", "subscribe") == general.WELCOME
