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
        text="{customer}想了解{interest}（{time}）。请点开认领，或回复「认领」，然后尽快联系对方。",
        wechat="task",
        fields=_task(what="新客户：{interest}", whom="{customer}", when="{time}"),
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
        text="投诉 {number}：「{excerpt}」请在{deadline}前答复：回复「回复 {number} 您的话」，"
        "家长马上就能在微信里看到。",
        wechat="task",
        fields=_task(what="答复投诉：{excerpt}", whom="{number}", when="{deadline}前"),
    ),
    "customer_request": Template(
        title="客户请您处理",
        text="{customer}的请求 {number}：「{excerpt}」请在{deadline}前答复：回复「回复 {number} 您的话」，"
        "对方马上就能在微信里看到。",
        wechat="task",
        fields=_task(what="答复：{excerpt}", whom="{customer}", when="{deadline}前"),
    ),
    "complaint_overdue": Template(
        title="工单超时未答复",
        text="工单 {number} 已超过答复期限：「{excerpt}」请马上处理：回复「回复 {number} 您的话」。",
        wechat="task",
        fields=_task(what="超时：{excerpt}", whom="{number}", when="请马上处理"),
    ),
    "ticket_answered": Template(
        title="您的反映有答复了",
        text="关于您反映的情况（{number}），老师答复您：{answer}\n还有疑问，直接在这里告诉我就好。",
        wechat="progress",
        fields=_progress(what="您反映的情况 {number}", state="已答复", note="{answer}"),
    ),
    "sign_up_stuck_guardian": Template(
        title="付款已收到",
        text="{child}报名{class_name}的{amount}已收到，但名额刚好满了。老师会马上联系您换班或全额退款，"
        "着急请回复「转人工」。",
        wechat="progress",
        fields=_progress(what="{class_name}", state="处理中", note="老师会马上联系您"),
    ),
    "sign_up_stuck_staff": Template(
        title="已付款但无法入班",
        text="订单 {number}：{child}已付{amount}，但进不了{class_name}（{reason}）。"
        "请马上联系家长，换班或退款。",
        wechat="task",
        fields=_task(what="已付款未入班：{class_name}", whom="{child}", when="请马上联系"),
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
