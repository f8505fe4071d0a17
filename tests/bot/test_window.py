"""What a window is told about a line, and how soon it asks again."""

from datetime import timedelta

import pytest

from backend.gateways.webchat.lines import LineView, Window
from backend.kit import clock
from bot import window
from bot.phrases import general
from bot.phrases import sign_up as phrases


def a_line(body: dict[str, object], *, is_own: bool = False, key: str = "k") -> LineView:
    return LineView(number=3, key=key, is_own=is_own, body=body, at=clock.now())


def test_links_become_pieces_and_words_stay_words() -> None:
    text = phrases.ask_consent({"年级": "三年级"}, "https://x.cn/privacy", "https://x.cn/contract")
    linked = [part for part in window.parts_of(text) if "url" in part]
    assert linked == [
        {"text": "《个人信息保护告知》", "url": "https://x.cn/privacy"},
        {"text": "《培训服务合同》", "url": "https://x.cn/contract"},
    ]
    assert "".join(part["text"] for part in window.parts_of(text)).count("<") == 0


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("看 https://x.cn/a?b=1。谢谢", ["https://x.cn/a?b=1"]),
        ('<a href="javascript:alert(1)">点我</a>', []),
        ("<script>alert(1)</script>", []),
        ('<a href="http://a.cn/">甲</a><a href="http://b.cn/">乙</a>', ["http://a.cn/", "http://b.cn/"]),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_are_links(text: str, urls: list[str]) -> None:
    parts = window.parts_of(text)
    assert [part["url"] for part in parts if "url" in part] == urls


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("想报名请回复「报名」，想先请顾问介绍请回复「转人工」。", ["报名", "转人工"]),
        (general.choose_between(["问价格", "问地址"]), ["1", "2"]),
        (phrases.ask_consent({}, "https://x.cn", "https://x.cn/c"), ["同意"]),
        ("我可以帮您查课程，比如「周末有英语班吗」。", []),
        (phrases.NOT_A_CLASS, []),
    ],
)
def test_what_may_be_answered_is_a_button(text: str, options: list[str]) -> None:
    assert window.options_of(text) == options


def test_a_card_leads_only_into_the_web() -> None:
    def card(url: str) -> LineView:
        article = {"title": "待付款", "description": "…", "url": url, "picurl": ""}
        return a_line({"msgtype": "news", "news": {"articles": [article]}})

    assert window.shown(card("https://x.cn/pay"))["card"]["url"] == "https://x.cn/pay"
    assert window.shown(card("javascript:alert(1)"))["card"]["url"] == ""


def test_own_words_carry_the_id_that_the_page_gave_them() -> None:
    said = a_line({"msgtype": "text", "text": {"content": "「报名」"}}, is_own=True, key="said:7")
    shown = window.shown(said)
    assert (shown["id"], shown["parts"]) == ("7", [{"text": "「报名」"}])
    assert "options" not in shown


def test_the_livelier_the_talk_the_sooner_the_next_look() -> None:
    def pause(minutes: float, *, is_own: bool = False, is_typing: bool = False) -> float:
        at = clock.now() - timedelta(minutes=minutes)
        return window.pause_seconds(Window(last_at=at, last_is_own=is_own, is_typing=is_typing))

    own = [pause(minutes, is_own=True) for minutes in (0, 3, 20)]
    ours = [pause(minutes) for minutes in (0, 3, 20)]
    assert own == [1.5, 2.5, 20.0]
    assert ours == [2.5, 5.0, 20.0]
    assert pause(30, is_typing=True) < 1
    assert window.pause_seconds(Window()) == 20.0
