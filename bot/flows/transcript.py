"""What was said in a talk so far, by everybody in it, as those who lead it may read it: phones
masked, the customer's links spelled out, pictures as links to what is kept of them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.kit.links import spelled_out
from backend.security import queries as security
from backend.students import attachments
from backend.students import queries as students
from backend.students.schemas import AttachmentStatus
from bot import conversation
from bot.inbound import Incoming, Kind
from bot.interpreter import words
from bot.replies import Reply, Text

_THINGS = {
    Kind.IMAGE: "图片",
    Kind.VIDEO: "视频",
    Kind.VOICE: "语音",
    Kind.FILE: "文件",
    Kind.LINK: "链接",
    Kind.LOCATION: "位置",
    Kind.MENU: "点了菜单",
    Kind.FOLLOW: "关注了公众号",
    Kind.SCAN: "扫了码",
    Kind.UNFOLLOW: "取消了关注",
}


class Line(BaseModel):
    """One thing said. `name` is the colleague's who said it; `attachment_id` what came with it,
    once it is kept."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    who: Literal["customer", "bot", "staff"]
    text: str
    name: str = ""
    attachment_id: int | None = None


def lines(session: Session, openid: str, *, limit: int) -> list[Line]:
    """The last lines of somebody's talk, oldest first: at most `limit`, in five queries."""
    messages = conversation.lately(session, openid, limit=limit)
    keys = {message.id: conversation.source_key(message.id) for message in messages}
    kept = {
        key: each.id
        for key, each in attachments.of_messages(session, set(keys.values())).items()
        if each.status is AttachmentStatus.KEPT
    }
    found = []
    hidden = students.unnamed_numbers_of(session, openid)
    for message in messages:
        incoming = Incoming.model_validate(message.incoming)
        if _tells_who(incoming.text, message.reply, hidden):
            continue
        said = incoming.text or f"[{_THINGS.get(incoming.kind, '消息')}]"
        attachment_id = kept.get(keys[message.id])
        found.append(
            Line(
                at=message.received_at,
                who="customer",
                text=heard(said),
                attachment_id=attachment_id,
            )
        )
        answer = text_of(Reply.model_validate(message.reply)) if message.reply else ""
        if answer and message.answered_at:
            found.append(Line(at=message.answered_at, who="bot", text=masked(answer)))
    answers = students.answers_to(session, openid, limit=limit)
    names = security.staff_members(session, {each.account_id for each in answers})
    for each in answers:
        name = names[each.account_id].name
        found.append(Line(at=each.at, who="staff", text=masked(each.text), name=name))
    return sorted(found, key=lambda line: line.at)[-limit:]


def _tells_who(said: str, reply: object, hidden: list[str]) -> bool:
    """Whether showing a message beside its author's name would undo an anonymous ticket: whoever
    knows the talk would know whose the ticket is."""
    if "匿名" in said:
        return True
    return any(number in said or number in str(reply) for number in hidden)


def masked(text: str) -> str:
    """The text with every phone number, however it is written, as 138****5678."""
    return words.PHONE.sub(lambda found: f"{found.group(1)[:3]}****{found.group()[-4:]}", text)


def heard(text: str) -> str:
    """What a customer says, as staff get to see it: phones masked, links spelled out."""
    return spelled_out(masked(text))


def text_of(reply: Reply) -> str:
    """A reply as words; a card by its title."""
    return "\n".join(
        bubble.text if isinstance(bubble, Text) else f"[{bubble.title}]" for bubble in reply.bubbles
    )
