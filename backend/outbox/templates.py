"""Every notice the institution sends, declared once.

`text` is the sentence for chat, SMS and mail: polite, short, ending with what one can do next.
`wechat` names a message template of the account (its id stands in the setting WECHAT_TEMPLATES as
`name=id,…`); several notices share one, because an account may hold 25. `fields` fills it; the
prefix of a field's name is its type and decides what fits (see `rules.FIELD_LIMITS`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Template:
    """The wording of one notice. Placeholders are the keys of `Notice.values`."""

    title: str
    text: str
    wechat: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def _task(*, what: str, whom: str, when: str) -> dict[str, str]:
    """待办提醒: 事项, 对象, 时间."""
    return {"thing1": what, "thing2": whom, "thing3": when}


def _progress(*, what: str, state: str, note: str) -> dict[str, str]:
    """进度通知: 项目, 状态, 说明."""
    return {"thing1": what, "phrase2": state, "thing3": note}


TEMPLATES: Mapping[str, Template] = {
    "new_lead": Template(
        title="新客户待认领",
        text="{customer}想了解{interest}（{time}）。请点开认领，并尽快联系对方。",
        wechat="task",
        fields=_task(what="新客户：{interest}", whom="{customer}", when="{time}"),
    ),
    "lead_claimed": Template(
        title="客户已被认领",
        text="{customer}已由{advisor}认领，您无需再跟进。有新客户时，我会再通知您。",
    ),
    "order_paid_guardian": Template(
        title="报名成功",
        text="{child}的{class_name}已报名成功，实付{amount}，首次课是{first_lesson}。"
        "需要请假或改期，直接在这里告诉我就好。",
        wechat="progress",
        fields=_progress(what="{class_name}", state="报名成功", note="首次课{first_lesson}"),
    ),
    "order_paid_advisor": Template(
        title="客户已付款",
        text="{customer}已为{child}报名{class_name}，实付{amount}。请今天联系家长，确认开课安排。",
        wechat="task",
        fields=_task(what="已付款：{class_name}", whom="{customer}", when="请今天联系"),
    ),
    "complaint_opened": Template(
        title="投诉待答复",
        text="投诉 {number}：「{excerpt}」请在{deadline}前答复家长，点开即可办理。",
        wechat="task",
        fields=_task(what="答复投诉：{excerpt}", whom="{number}", when="{deadline}前"),
    ),
    "ticket_ack": Template(
        title="已收到您的反映",
        text="您反映的情况已登记，编号 {number}，我们会在{deadline}前答复您。"
        "想补充说明，直接在这里告诉我就好。",
        wechat="progress",
        fields=_progress(what="您反映的情况 {number}", state="已登记", note="{deadline}前答复"),
    ),
    "pay_reminder": Template(
        title="学费待支付",
        text="{class_name}的座位为您保留到{deadline}，学费{amount}还没有支付。点开即可付款；"
        "暂不报名，回复「取消」即可。",
        wechat="progress",
        fields=_progress(what="{class_name}", state="待付款", note="座位保留到{deadline}"),
    ),
    "sign_up_expired": Template(
        title="座位已释放",
        text="{class_name}的报名超时未付款，座位已释放。想继续报名，回复「报名」，我马上为您安排。",
        wechat="progress",
        fields=_progress(what="{class_name}", state="已过期", note="回复「报名」可重新办理"),
    ),
    "delivery_task": Template(
        title="消息未送达",
        text="有一条消息没能送达{recipient}：「{excerpt}」请电话告知对方，并标记为已通知。",
        wechat="task",
        fields=_task(what="电话告知：{excerpt}", whom="{recipient}", when="请今天完成"),
    ),
}
