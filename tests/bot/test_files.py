"""Pictures, voice, videos, files and links in the chat: answered by what they are for, kept for
whom they concern (S7)."""

import itertools

import pytest
from sqlalchemy import select

from backend.kit import clock
from backend.kit.db import reading
from backend.students import queries as students
from backend.students.models import Attachment
from backend.students.schemas import AttachmentStatus, Purpose
from tests.dialogues.stage import Stage, delivered, openid_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
_numbers = itertools.count(1)
LONG_STORY = "投诉：老师连着三次迟到二十分钟"


def send(stage: Stage, who: str, kind: str = "image", **elements: str) -> str:
    """A message with a file at WeChat."""
    number = str(next(_numbers))
    given = {"MsgType": kind, "MsgId": f"9{number}", "MediaId": f"media-{number}", **elements}
    return stage.send(delivered(who, at=clock.now(), **given))


def kept(who: str) -> list[tuple[str, str | None]]:
    """What is on file of a person: purpose, and the ticket's number."""
    with reading() as session:
        numbers = {t.id: t.number for t in students.tickets_of(session, openid_of(who))}
        rows = session.scalars(
            select(Attachment).where(
                Attachment.openid == openid_of(who),
                Attachment.status != AttachmentStatus.WITHDRAWN,
            )
        )
        return [(row.purpose, numbers.get(row.ticket_id or 0)) for row in rows]


def number_of_ticket(who: str) -> str:
    with reading() as session:
        return students.tickets_of(session, openid_of(who))[0].number


def test_a_picture_after_a_complaint_joins_it(stage: Stage) -> None:
    stage.say("guardian", LONG_STORY)
    number = number_of_ticket("guardian")
    heard = send(stage, "guardian")
    assert "图片收到" in heard
    assert number in heard
    assert kept("guardian") == [(Purpose.EVIDENCE, number)]


def test_a_picture_in_the_middle_of_a_complaint_waits_for_its_words(stage: Stage) -> None:
    stage.say("guardian", "我要投诉")
    assert "发生了什么" in send(stage, "guardian")
    stage.say("guardian", "教室空调坏了一周没人修")
    assert kept("guardian") == [(Purpose.EVIDENCE, number_of_ticket("guardian"))]


def test_a_picture_first_and_the_words_after(stage: Stage) -> None:
    assert "图片收到" in send(stage, "stranger")
    assert kept("stranger") == [(Purpose.UNKNOWN, None)]
    stage.say("stranger", LONG_STORY)
    assert kept("stranger") == [(Purpose.EVIDENCE, number_of_ticket("stranger"))]


def test_a_family_is_told_how_it_reaches_a_teacher(stage: Stage) -> None:
    heard = send(stage, "guardian")
    assert "转人工" in heard
    assert kept("guardian") == [(Purpose.HOMEWORK, None)]
    stage.say("guardian", "转人工")
    assert [number for _, number in kept("guardian")] == [number_of_ticket("guardian")]


def test_voice_without_words_asks_to_type_and_is_not_kept(stage: Stage) -> None:
    heard = send(stage, "guardian", "voice", Format="amr", Recognition="")
    assert "用文字" in heard
    assert kept("guardian") == []


def test_voice_with_words_is_understood(stage: Stage) -> None:
    heard = send(stage, "guardian", "voice", Recognition="还剩多少课时")
    assert "课时" in heard
    assert "听不懂" not in heard


def test_voice_for_somebody_who_waits_is_kept_for_them(stage: Stage) -> None:
    stage.say("guardian", LONG_STORY)
    assert "语音收到" in send(stage, "guardian", "voice", Format="amr")
    assert len(kept("guardian")) == 1


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
def test_a_video_is_kept_like_a_picture(stage: Stage, kind: str) -> None:
    stage.say("guardian", LONG_STORY)
    assert "视频收到" in send(stage, "guardian", kind, ThumbMediaId="thumb")
    assert len(kept("guardian")) == 1


def test_a_file_without_an_address_is_asked_for_otherwise(stage: Stage) -> None:
    heard = send(stage, "guardian", "file", MediaId="", Title="成绩单.pdf")
    assert "拍照" in heard
    assert kept("guardian") == []


def test_a_form_that_waits_for_words_asks_again(stage: Stage) -> None:
    stage.say("prospect", "周末有英语班吗")
    asked = stage.say("prospect", "报名第一个")
    heard = send(stage, "prospect")
    assert "需要您用文字回答" in heard
    assert heard.endswith(asked.splitlines()[-1])
    assert kept("prospect") == []


def test_the_same_delivery_is_one_attachment(stage: Stage) -> None:
    stage.say("guardian", LONG_STORY)
    incoming = delivered(
        "guardian", at=clock.now(), MsgType="image", MsgId="777", MediaId="media-777"
    )
    assert stage.send(incoming) == stage.send(incoming)
    assert len(kept("guardian")) == 1


def test_who_leaves_takes_back_what_belongs_to_no_ticket(stage: Stage) -> None:
    stage.say("stranger", LONG_STORY)
    send(stage, "stranger")
    send(stage, "prospect")
    for who in ("stranger", "prospect"):
        stage.do(who, "unsubscribe")
    assert (len(kept("stranger")), len(kept("prospect"))) == (1, 0)


def test_links_are_acknowledged(stage: Stage) -> None:
    link = {"Title": "文章", "Description": "", "Url": "https://example.org"}
    assert "文字" in send(stage, "guardian", "link", **link)
    assert kept("guardian") == []
