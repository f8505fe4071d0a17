"""What advisors say of follow-ups, read (A15)."""

from datetime import datetime

import pytest

from backend.admissions.schemas import LostReason, Stage, Touch
from backend.kit import clock
from bot.flows import followed
from bot.times import find

NOW = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)  # A Wednesday.
SAID = (
    ("王妈妈说周六来试听，下周二再联系", "王妈妈", Stage.TRIAL, None, "12-01 10:00"),
    ("客户12 太贵了不考虑", None, Stage.LOST, LostReason.PRICE, None),
    ("给李雷妈妈打过电话，没接", "李雷妈妈", None, None, "11-26 10:00"),
    ("徐强那边说太远不考虑了", None, Stage.LOST, LostReason.FAR, None),
    ("张爸报了别家", "张爸爸", Stage.LOST, LostReason.ELSEWHERE, None),
    ("陈女士的号码停机", "陈女士", Stage.LOST, LostReason.UNREACHABLE, None),
    ("客户3明天下午三点再打", None, Stage.CONTACTED, None, "11-26 15:00"),
    ("记录：李强家长，周日来试听", "李强家长", Stage.TRIAL, None, "11-29 18:00"),
    ("家长不接电话，先记着，后天再打", None, None, None, "11-27 10:00"),
    ("跟子墨妈妈聊过，昨天发了资料，考虑考虑", "子墨妈妈", Stage.CONTACTED, None, None),
    ("我妈妈说不来了", None, Stage.LOST, LostReason.OTHER, None),
)


@pytest.mark.parametrize(("text", "family", "stage", "reason", "next_at"), SAID)
def test_a_sentence_tells_who_what_and_when(
    text: str,
    family: str | None,
    stage: Stage | None,
    reason: LostReason | None,
    next_at: str | None,
) -> None:
    with clock.frozen(NOW):
        told = followed.read(text, tuple(find(text, NOW)))
    at = f"{clock.local(told.next_at):%m-%d %H:%M}" if told.next_at else None
    assert (told.family, told.stage, told.lost_reason, at) == (family, stage, reason, next_at)


def test_the_number_the_phone_and_the_words_themselves() -> None:
    with clock.frozen(NOW):
        told = followed.read("客户12：打过电话，太贵了", ())
        assert (told.number, told.note, told.kind) == (12, "打过电话，太贵了", Touch.CALL)
        assert followed.read("13900001111打过了，没意向", ()).phone == "13900001111"
        assert followed.read("记一下：张妈妈到校看过", ()).note == "张妈妈到校看过"


@pytest.mark.parametrize(
    ("plain", "is_told"),
    [
        ("王妈妈说周六来试听", True),
        ("客户12 太贵了不考虑", True),
        ("跟进 说考虑考虑", True),
        ("给李雷妈妈打过电话，没接", True),
        ("客户12", False),
        ("客户12怎么样了", False),
        ("接管 客户12", False),
        ("王老师说明天停课", False),
        ("我的客户", False),
        ("王妈妈说什么了？", False),
    ],
)
def test_what_surely_tells_of_a_follow_up(plain: str, is_told: bool) -> None:
    assert followed.is_told(plain) is is_told
