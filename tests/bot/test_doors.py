"""What the published vectors leave out: emoji, stickers, `]]>`, cards, three deliveries at once,
and two keys at a time (C1)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from backend.app import create_app
from backend.kit.config import settings
from backend.kit.db import reading
from backend.outbox.models import OutboxMessage
from bot import webhook
from bot.conversation import Message
from tests.bot.deliveries import Platform, message

OLD = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NEW = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
STICKER = "【收到不支持的消息类型，暂无法显示】"


@pytest.fixture
def platform(database: str) -> Platform:
    return Platform(create_app(lambda: None, doors=[webhook.blueprint]))


def stored() -> list[str]:
    """The texts of all messages that were written down."""
    with reading() as session:
        rows = session.scalars(select(Message.incoming).order_by(Message.id))
        return [incoming["text"] for incoming in rows]


@pytest.mark.parametrize(
    "text", ["想报名👨‍👩‍👧🎉", "a]]>b]]>", "<xml>&amp;</xml>", "𠮷野家\n第二行"]
)
def test_any_text_arrives_as_it_was_typed(platform: Platform, text: str) -> None:
    assert platform.said(platform.post(message(Content=text)))
    assert stored() == [text]


@pytest.mark.parametrize("kind", ["text", "event"])
def test_stickers_and_what_nobody_knows_are_acknowledged(platform: Platform, kind: str) -> None:
    fields = {"Content": STICKER} if kind == "text" else {"Event": "card_of_tomorrow"}
    assert platform.post(message(kind, **fields)).data == b"success"
    assert stored() == []


def test_a_mini_program_card_is_answered_like_a_link(platform: Platform) -> None:
    card = {"Title": "课程表", "AppId": "wx1", "PagePath": "pages/a", "ThumbMediaId": "m1"}
    said = platform.said(platform.post(message("miniprogrampage", **card)))
    link = {"Title": "文章", "Description": "", "Url": "https://example.org/a"}
    assert said == platform.said(platform.post(message("link", **link))) != ""


def test_three_deliveries_at_once_get_one_answer(platform: Platform) -> None:
    xml = message(Content="周末有英语班吗")
    with ThreadPoolExecutor(3) as threads:
        said = [platform.said(answer) for answer in threads.map(platform.post, [xml] * 3)]
    assert len(set(said)) == 1
    assert said[0]
    assert len(stored()) == 1
    with reading() as session:
        assert session.scalars(select(OutboxMessage.dedupe_key)).all() == []


def test_keys_change_without_losing_a_message(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, between and after: the answer is sealed with the key that the question came with."""

    def account(current: str, previous: str) -> None:
        monkeypatch.setenv("WECHAT_AES_KEY", current)
        monkeypatch.setenv("WECHAT_AES_KEY_PREVIOUS", previous)
        settings.cache_clear()

    before, after = Platform(platform.app, OLD), Platform(platform.app, NEW)
    account(OLD, "")
    assert before.said(before.post(message(Content="你好")))
    account(NEW, OLD)
    assert before.said(before.post(message(Content="你好呀")))
    assert after.said(after.post(message(Content="在吗")))
    account(NEW, "")
    assert before.post(message(Content="还是旧的")).status_code == 403
    assert platform.post(message(Content="没有加密")).status_code == 403
    assert after.said(after.post(message(Content="谢谢")))
    assert len(stored()) == 4
