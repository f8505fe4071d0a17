"""The picture of an expense, before or after its words (F11)."""

from datetime import timedelta

import pytest

from backend.kit import clock
from tests.dialogues.stage import Stage, delivered

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def picture(stage: Stage, who: str, media: str) -> str:
    stage.pass_time(timedelta(seconds=1))
    return stage.send(delivered(who, at=clock.now(), MsgType="image", PicUrl="", MediaId=media))


def test_a_picture_belongs_to_one_claim(stage: Stage) -> None:
    assert "请把票据照片发过来" in stage.say("teacher", "报销 打车 35元")
    assert "票据照片已附到报销1（打车，35元）" in picture(stage, "teacher", "m1")
    assert "报销" not in picture(stage, "teacher", "m2")  # No claim waits for a picture any more.
    assert "票据照片已附上" in stage.say("teacher", "报销 高铁 120.5元")
    assert "请把票据照片发过来" in stage.say("teacher", "报销 打印 8元")
    assert stage.value("SELECT count(DISTINCT attachment_id) FROM finance_voucher") == 2
    assert "报销" not in picture(stage, "guardian", "m3")
