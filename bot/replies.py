"""Reply → what WeChat takes: the XML of a passive reply, the JSON of a customer-service message."""

from typing import Any, Literal
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict

TEXT_BYTES = 2048  # Longer texts are cut by WeChat (measured by others, `wechat.md` §1).


class Text(BaseModel):
    """A text bubble of any length; it is split on the way out. `options` are words inside it that
    WeChat shows as links: a tap says them."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["text"] = "text"
    text: str
    options: tuple[str, ...] = ()


class Card(BaseModel):
    """A news card: one tap opens `url`."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["card"] = "card"
    title: str
    description: str
    url: str
    picture_url: str = ""


Bubble = Text | Card


class Reply(BaseModel):
    """What a person gets to see, in order. Empty means silence."""

    model_config = ConfigDict(frozen=True)

    bubbles: tuple[Bubble, ...] = ()

    def then(self, other: "Reply") -> "Reply":
        """This reply followed by another; adjoining texts become one bubble."""
        if self.bubbles and other.bubbles:
            last, first = self.bubbles[-1], other.bubbles[0]
            if isinstance(last, Text) and isinstance(first, Text):
                joined = Text(
                    text=f"{last.text}\n\n{first.text}", options=last.options + first.options
                )
                return Reply(bubbles=(*self.bubbles[:-1], joined, *other.bubbles[1:]))
        return Reply(bubbles=self.bubbles + other.bubbles)


def say(text: str, options: tuple[str, ...] = ()) -> Reply:
    """A reply of one text; nothing to say is silence."""
    if not text:
        return SILENCE
    return Reply(bubbles=(Text(text=text, options=options),))


def show(*, title: str, description: str, url: str) -> Reply:
    """A reply of one card."""
    return Reply(bubbles=(Card(title=title, description=description, url=url),))


SILENCE = Reply()


def pieces(reply: Reply) -> list[Bubble]:
    """The bubbles as they can be sent: long texts split between characters, at a line end where
    there is one in the last third."""
    sent: list[Bubble] = []
    for bubble in reply.bubbles:
        if isinstance(bubble, Text):
            parts = split_text(bubble.text)
            sent.extend(Text(text=part, options=bubble.options) for part in parts)
        else:
            sent.append(bubble)
    return sent


def split_text(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """Parts of at most `limit` UTF-8 bytes that together are the text."""
    parts = []
    while len(text.encode()) > limit:
        end = len(text.encode()[:limit].decode(errors="ignore"))
        line_end = text.rfind("\n", end * 2 // 3, end)
        cut = line_end + 1 if line_end > 0 else end
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text] if text else parts


def to_xml(bubble: Bubble, *, openid: str, account: str, at: int) -> bytes:
    """A passive reply: XML for `openid` from `account`, `at` in Unix seconds."""
    if isinstance(bubble, Text):
        content = f"<MsgType>text</MsgType><Content>{_cdata(_tappable(bubble))}</Content>"
    else:
        content = (
            "<MsgType>news</MsgType><ArticleCount>1</ArticleCount><Articles><item>"
            f"<Title>{_cdata(bubble.title)}</Title>"
            f"<Description>{_cdata(bubble.description)}</Description>"
            f"<PicUrl>{_cdata(bubble.picture_url)}</PicUrl>"
            f"<Url>{_cdata(bubble.url)}</Url></item></Articles>"
        )
    return (
        f"<xml><ToUserName>{_cdata(openid)}</ToUserName>"
        f"<FromUserName>{_cdata(account)}</FromUserName>"
        f"<CreateTime>{at}</CreateTime>{content}</xml>"
    ).encode()


def to_customer_message(bubble: Bubble) -> dict[str, Any]:
    """The body of a customer-service message, without `touser`."""
    if isinstance(bubble, Text):
        return {"msgtype": "text", "text": {"content": _tappable(bubble)}}
    article = {
        "title": bubble.title,
        "description": bubble.description,
        "url": bubble.url,
        "picurl": bubble.picture_url,
    }
    return {"msgtype": "news", "news": {"articles": [article]}}


def _tappable(bubble: Text) -> str:
    """The text with its options as links that send their words (the chat's own menu links, which
    work in passive replies too, where `msgmenu` cannot be sent)."""
    text = bubble.text
    for number, option in enumerate(bubble.options, 1):
        query = urlencode({"msgmenucontent": option, "msgmenuid": number}, quote_via=quote)
        link = f'<a href="weixin://bizmsgmenu?{query}">{option}</a>'
        text = text.replace(f". {option}", f". {link}", 1)
    return text


def sealed_xml(encrypted: str, *, msg_signature: str, timestamp: str, nonce: str) -> bytes:
    """The envelope of an encrypted passive reply."""
    return (
        f"<xml><Encrypt>{_cdata(encrypted)}</Encrypt>"
        f"<MsgSignature>{_cdata(msg_signature)}</MsgSignature>"
        f"<TimeStamp>{escape(timestamp)}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    ).encode()


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
