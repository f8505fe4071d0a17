"""What a notice is made of, for the lists of notices beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.outbox.schemas import NoticeKind


@dataclass(frozen=True)
class Template:
    """The wording of one notice. Placeholders are the keys of `Notice.values`. With `chat_link`
    the chat shows the whole sentence and the link under this name, instead of a card."""

    title: str
    text: str
    wechat: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: NoticeKind = NoticeKind.SERVICE
    urgent: bool = False
    chat_link: str = ""


def task(*, what: str, whom: str, when: str) -> dict[str, str]:
    """待办提醒: 事项, 对象, 时间."""
    return {"thing1": what, "thing2": whom, "thing3": when}


def progress(*, what: str, state: str, note: str) -> dict[str, str]:
    """进度通知: 项目, 状态, 说明."""
    return {"thing1": what, "phrase2": state, "thing3": note}
