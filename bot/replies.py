"""Reply → what WeChat takes: the XML of a passive reply, the JSON of a customer-service message."""

from typing import Any, Literal
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict

TEXT_BYTES = 2048  # Longer texts are cut by WeChat (measured by others, `wechat.md` §1).


class Text(BaseModel):
    """A text bubble of any length; it is split on the way out."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["text"] = "text"
    text: str


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
                joined = Text(text=f"{last.text}\n\n{first.text}")
                return Reply(bubbles=(*self.bubbles[:-1], joined, *other.bubbles[1:]))
        return Reply(bubbles=self.bubbles + other.bubbles)


def say(text: str) -> Reply:
    """A reply of one text."""
    return Reply(bubbles=(Text(text=text),))


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
            sent.extend(Text(text=part) for part in split_text(bubble.text))
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
        content = f"<MsgType>text</MsgType><Content>{_cdata(bubble.text)}</Content>"
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
        return {"msgtype": "text", "text": {"content": bubble.text}}
    article = {
        "title": bubble.title,
        "description": bubble.description,
        "url": bubble.url,
        "picurl": bubble.picture_url,
    }
    return {"msgtype": "news", "news": {"articles": [article]}}


def sealed_xml(encrypted: str, *, msg_signature: str, timestamp: str, nonce: str) -> bytes:
    """The envelope of an encrypted passive reply."""
    return (
        f"<xml><Encrypt>{_cdata(encrypted)}</Encrypt>"
        f"<MsgSignature>{_cdata(msg_signature)}</MsgSignature>"
        f"<TimeStamp>{escape(timestamp)}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    ).encode()


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
