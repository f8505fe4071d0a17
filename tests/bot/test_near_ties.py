"""Two meanings as near as each other: one short question, answered by a tap or a number (C3)."""

import pytest

from bot import turn
from bot.interpreter import Intent, Meaning, interpret
from bot.replies import SILENCE, Text, say, to_customer_message, to_xml
from tests.dialogues.stage import Stage

VAGUE = "那个学费还有上课的"


@pytest.fixture
def tied(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """One sentence that could be either; everything else is understood as always."""

    def understood(text: str) -> Meaning:
        if text != VAGUE:
            return interpret(text)
        near = [Intent(name=n, confidence=0.3) for n in ("request_refund", "my_schedule")]
        return Meaning(text=text, intents=(*near, Intent(name="greet", confidence=0.1)))

    monkeypatch.setattr(turn, "interpret", understood)
    return stage


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answer", ["2", "第二个", "查课表"])
def test_a_near_tie_is_one_short_question(tied: Stage, answer: str) -> None:
    heard = tied.say("guardian", VAGUE)
    assert "1. 申请退费\n2. 查课表" in heard
    assert "点一下或回复序号" in heard
    assert "课" in tied.say("guardian", answer)
    assert tied.value("select count(*) from students_ticket") == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_one_in_a_row_is_a_persons(tied: Stage) -> None:
    tied.say("o_vague", VAGUE)
    assert "请老师来帮您" in tied.say("o_vague", VAGUE)


def test_options_are_links_that_say_their_words() -> None:
    reply = say("您是想：\n1. 问价格\n2. 报名", ("问价格", "报名")).then(SILENCE)
    bubble = reply.bubbles[0]
    assert isinstance(bubble, Text)
    link = "weixin://bizmsgmenu?msgmenucontent=%E6%8A%A5%E5%90%8D&msgmenuid=2"
    said = to_customer_message(bubble)["text"]["content"]
    assert f'2. <a href="{link}">报名</a>' in said
    assert link in to_xml(bubble, openid="o", account="gh", at=1).decode()
    assert "<a" not in to_customer_message(Text(text="1. 报名"))["text"]["content"]
