"""Bubbles on the wire: nothing lost, nothing too long, nothing that breaks the XML."""

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from bot import replies
from bot.replies import TEXT_BYTES, Card, Reply, Text, say, show

ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("一二三😀\n"), max_size=3000
)


@given(ANY_TEXT)
def test_split_parts_are_short_and_together_the_text(text: str) -> None:
    parts = replies.split_text(text)
    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= TEXT_BYTES for part in parts)


def test_exactly_as_much_as_fits_is_one_part() -> None:
    assert len(replies.split_text("好" * 682 + "ab")) == 1
    assert [len(part) for part in replies.split_text("好" * 683)] == [682, 1]
    assert [len(part) for part in replies.split_text("😀" * 513)] == [512, 1]


def test_a_long_text_is_cut_at_a_line_end() -> None:
    text = "好" * 600 + "\n" + "坏" * 600
    assert replies.split_text(text) == ["好" * 600 + "\n", "坏" * 600]


XML_TEXT = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn"]), min_size=1
)


@given(XML_TEXT)
def test_any_text_survives_the_envelope(text: str) -> None:
    xml = replies.to_xml(Text(text=text), openid="o", account="gh", at=1)
    read = xmltodict.parse(xml, strip_whitespace=False)["xml"]
    assert read["Content"] == text
    assert (read["ToUserName"], read["FromUserName"], read["MsgType"]) == ("o", "gh", "text")


def test_the_end_of_cdata_stays_inside() -> None:
    nasty = "]]><MsgType>image</MsgType><![CDATA[]]]]>"
    xml = replies.to_xml(Text(text=nasty), openid="o]]>", account="gh", at=1)
    read = xmltodict.parse(xml, strip_whitespace=False)["xml"]
    assert read["Content"] == nasty
    assert read["MsgType"] == "text"
    assert read["ToUserName"] == "o]]>"


def test_a_card_is_one_article() -> None:
    card = Card(title="待付款", description="李小明 & co", url="http://x/pay/a?b=1&c=2")
    read = xmltodict.parse(replies.to_xml(card, openid="o", account="gh", at=1))["xml"]
    assert read["ArticleCount"] == "1"
    assert read["Articles"]["item"]["Url"] == card.url
    article = replies.to_customer_message(card)["news"]["articles"][0]
    assert (article["title"], article["url"]) == (card.title, card.url)


def test_texts_that_adjoin_become_one_bubble() -> None:
    reply = say("一").then(say("二")).then(show(title="t", description="d", url="u"))
    assert [bubble.kind for bubble in reply.bubbles] == ["text", "card"]
    assert reply.bubbles[0] == Text(text="一\n\n二")
    assert Reply().then(say("一")) == say("一") == say("一").then(Reply())
