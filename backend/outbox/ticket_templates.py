"""Notices about tickets: to staff, who have to act, and to whoever told us something (S7–S10)."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task


def _to_staff(
    title: str, text: str, *, what: str, whom: str = "{number}", when: str = "请尽快处理"
) -> Template:
    """Work that a customer is waiting for, with one tap to the ticket."""
    return Template(
        title=title,
        text=text,
        wechat="task",
        fields=task(what=what, whom=whom, when=when),
        kind=NoticeKind.TASK,
        urgent=True,
        chat_link="打开工单",
    )


def _to_author(
    title: str, text: str, *, state: str, note: str, taps: tuple[str, ...] = (), urgent: bool = True
) -> Template:
    """What somebody waits for who told us something."""
    return Template(
        title=title,
        text=text,
        wechat="progress",
        fields=progress(what="您反映的情况 {number}", state=state, note=note),
        urgent=urgent,
        taps=taps,
    )


_STARS = ("1分", "2分", "3分", "4分", "5分")

TICKETS: Mapping[str, Template] = {
    "complaint_opened": _to_staff(
        "投诉待答复",
        "投诉 {number}：「{excerpt}」请在{deadline}前答复：回复「回复 {number} 您的话」，"
        "家长马上就能在微信里看到；先看一看，回复「收到 {number}」。",
        what="答复投诉：{excerpt}",
        when="{deadline}前",
    ),
    "feedback_opened": _to_staff(
        "建议反馈待答复",
        "客户反馈 {number}：「{excerpt}」请在{deadline}前答复：回复「回复 {number} 您的话」，"
        "对方马上就能在微信里看到；先看一看，回复「收到 {number}」。",
        what="答复反馈：{excerpt}",
        when="{deadline}前",
    ),
    "customer_request": _to_staff(
        "客户请您处理",
        "{customer}的请求 {number}：「{excerpt}」请在{deadline}前答复：回复「回复 {number} 您的话」，"
        "对方马上就能在微信里看到。",
        what="答复：{excerpt}",
        whom="{customer}",
        when="{deadline}前",
    ),
    "ticket_added": _to_staff(
        "客户补充了情况",
        "工单 {number} 的客户补充：「{words}」请看一看，回复「回复 {number} 您的话」答复对方。",
        what="客户补充：{words}",
    ),
    "ticket_due_soon": _to_staff(
        "工单快到期限",
        "工单 {number} 请在{deadline}前处理：「{excerpt}」回复「回复 {number} 您的话」，或点开转给合适的同事。",
        what="快到期：{excerpt}",
        when="{deadline}前",
    ),
    "complaint_overdue": _to_staff(
        "工单已超时",
        "工单 {number} 已超过期限（{deadline}）：「{excerpt}」请马上处理：回复「回复 {number} 您的话」。",
        what="超时：{excerpt}",
        when="请马上处理",
    ),
    "ticket_moved": _to_staff(
        "工单已转给同事",
        "工单 {number} 超时未答复，已转给同事，您不用再处理。需要接回来请回复「收到 {number}」或联系主管。",
        what="工单已转给同事",
        when="不用再处理",
    ),
    "ticket_reopened": _to_staff(
        "客户说没有解决",
        "工单 {number} 的客户表示没有解决：「{excerpt}」请重新处理：回复「回复 {number} 您的话」。",
        what="没解决：{excerpt}",
    ),
    "ticket_agreed": _to_staff(
        "客户确认已解决",
        "工单 {number} 的客户确认已经解决，辛苦了。不用再处理，点开可以看全过程。",
        what="客户确认已解决",
        when="不用再处理",
    ),
    "ticket_digest": _to_staff(
        "多条工单提醒",
        "{count}张工单有新情况：{numbers}。为免打扰合成一条，请打开工单看板逐一处理。",
        what="{count}张工单有新情况",
        whom="工单看板",
    ),
    "ticket_task": _to_staff(
        "工单任务",
        "工单 {number} 请您协助（任务{task}）：{what}。请在{deadline}前完成，完成后回复「完成 {task} 说明」。",
        what="{what}",
        when="{deadline}前",
    ),
    "ticket_task_done": _to_staff(
        "工单任务已完成",
        "工单 {number} 的任务{task}「{what}」已完成：{note}。可以继续处理，回复「回复 {number} 您的话」。",
        what="已完成：{what}",
    ),
    "ticket_task_late": _to_staff(
        "工单任务超时",
        "工单 {number} 的任务{task}「{what}」已过{deadline}，请马上处理，完成后回复「完成 {task} 说明」。",
        what="超时：{what}",
        when="请马上处理",
    ),
    "action_given": _to_staff(
        "纠正措施待落实",
        "请落实纠正措施（{cause}）：{what}。期限{deadline}，完成后请点开填写证据。",
        what="{what}",
        whom="{cause}",
        when="{deadline}前",
    ),
    "action_due": _to_staff(
        "纠正措施到期",
        "纠正措施（{cause}）：{what}，期限{deadline}。请点开更新，完成的请填写证据。",
        what="{what}",
        whom="{cause}",
        when="{deadline}",
    ),
    "action_done": _to_staff(
        "纠正措施已完成",
        "纠正措施（{cause}）「{what}」已完成：{evidence}。请点开核对证据。",
        what="已完成：{what}",
        whom="{cause}",
    ),
    "ticket_question": _to_author(
        "请您补充情况",
        "关于您反映的情况（{number}），老师想请您补充：{question}\n直接在这里回复就好，收到后马上继续处理。",
        state="待补充",
        note="{question}",
    ),
    "ticket_question_again": _to_author(
        "等您补充情况",
        "您反映的情况（{number}）还在等您补充，直接在这里回复就好。一直没有消息的话会先办结，之后随时可以再提。",
        state="待补充",
        note="请在聊天里回复",
        urgent=False,
    ),
    "ticket_resolved": _to_author(
        "请您确认是否解决",
        "您反映的情况（{number}）处理好了：{answer}\n解决了吗？请回复「解决了」或「没解决」。",
        state="待确认",
        note="{answer}",
        taps=("解决了", "没解决"),
    ),
    "ticket_resolved_again": _to_author(
        "请您确认是否解决",
        "想再确认一下：您反映的情况（{number}）解决了吗？请回复「解决了」或「没解决」；"
        "没有回复会自动办结，30天内仍可重新提出。",
        state="待确认",
        note="请确认是否解决",
        taps=("解决了", "没解决"),
        urgent=False,
    ),
    "ticket_closed": _to_author(
        "工单已办结",
        "您反映的情况（{number}）一直没有收到您的回复，已先办结。还没解决的话，30天内回复「没解决」就会重新处理。",
        state="已办结",
        note="没解决可重新提出",
        taps=("没解决",),
        urgent=False,
    ),
    "ticket_rating": _to_author(
        "请您评价",
        "您反映的情况（{number}）处理得怎么样？回复「1分」到「5分」就行，也可以加一句话。谢谢您帮我们改进。",
        state="待评价",
        note="请打1到5分",
        taps=_STARS,
        urgent=False,
    ),
}
