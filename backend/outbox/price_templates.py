"""Notices about prices and what is owed."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task

PRICES: Mapping[str, Template] = {
    "renewal_paid": Template(
        title="续费成功",
        text="{child}的{course}已续费成功，实付{amount}，{lessons}课时已到账。"
        "查剩余课时回复「课时」，查上课时间回复「课表」。",
        wechat="progress",
        fields=progress(what="{course}", state="续费成功", note="{lessons}课时已到账"),
        urgent=True,
    ),
    "price_proposed": Template(
        title="价格变更待审批",
        text="{name}提出了价格变更：{what}。请核对后在「收费与优惠」里审批，审批前价格不变。",
        wechat="task",
        fields=task(what="价格变更：{what}", whom="{name}", when="请今天审批"),
        kind=NoticeKind.TASK,
    ),
    "arrears_before": Template(
        title="分期款快到期",
        text="{child}的{course}下一期{amount}，{due}到期。现在付请回复「付分期」，想晚几天请说哪天付。",
        wechat="progress",
        fields=progress(what="{child}的分期款{amount}", state="快到期", note="{due}到期"),
    ),
    "arrears_due": Template(
        title="分期款今天到期",
        text="{child}的{course}这一期{amount}，{due}到期。现在付请回复「付分期」，想晚几天请说哪天付。",
        wechat="progress",
        fields=progress(what="{child}的分期款{amount}", state="今天到期", note="{due}到期"),
    ),
    "arrears_late": Template(
        title="分期款已逾期",
        text="{child}的{course}这一期{amount}，{due}到期，还没有收到。现在付请回复「付分期」，"
        "想晚几天请说哪天付，有困难请回复「转人工」。",
        wechat="progress",
        fields=progress(what="{child}的分期款{amount}", state="已逾期", note="{due}到期"),
    ),
    "arrears_blocked": Template(
        title="暂停新约课和报名",
        text="{child}的{course}这一期{amount}，{due}到期，还没有收到，新的约课和报名先暂停。"
        "已经付过的课照常上，付款后自动恢复。现在付请回复「付分期」，有困难请回复「转人工」。",
        wechat="progress",
        fields=progress(what="{child}的分期款{amount}", state="暂停约课", note="{due}到期"),
    ),
    "arrears_suspended": Template(
        title="课程暂停",
        text="{child}的{course}这一期{amount}，{due}到期，还没有收到，从明天起课程先暂停，"
        "剩余课时为您保留，付款后自动恢复。现在付请回复「付分期」，有困难请回复「转人工」。",
        wechat="progress",
        fields=progress(what="{child}的分期款{amount}", state="课程暂停", note="{due}到期"),
    ),
    "instalment_paid": Template(
        title="分期款已收到",
        text="收到分期款{amount}，订单号{number}，{after}查剩余课时请回复「课时」。",
        wechat="progress",
        fields=progress(what="分期款{amount}", state="已收到", note="课时已到账"),
        urgent=True,
    ),
    "arrears_blocked_staff": Template(
        title="欠费已暂停约课",
        text="{child}的{course}欠{amount}，逾期{late}天，已暂停新的约课和报名。请联系家长，"
        "在「欠费」里登记承诺或提出核销。",
        wechat="task",
        fields=task(what="欠费{amount}", whom="{child}", when="逾期{late}天"),
        kind=NoticeKind.TASK,
    ),
    "promise_broken": Template(
        title="承诺付款未到账",
        text="{child}的{course}{amount}，家长承诺的日子已过，还没有收到。请联系家长，核对后在「欠费」里登记。",
        wechat="task",
        fields=task(what="承诺未付{amount}", whom="{child}", when="请今天联系"),
        kind=NoticeKind.TASK,
    ),
    "instalment_odd": Template(
        title="分期款待核对",
        text="订单 {number} 收到分期款{amount}，但这一期已经付过，或还没有学员档案。"
        "请核对后办理退费或入账，并告诉家长。",
        wechat="task",
        fields=task(what="分期款待核对{amount}", whom="订单 {number}", when="请今天处理"),
        kind=NoticeKind.TASK,
    ),
    "arrears_resume_failed": Template(
        title="付款后复课失败",
        text="{child}已付清欠费，但{class_name}没能自动复课（时间或座位有冲突）。请联系家长安排，并手动复课。",
        wechat="task",
        fields=task(what="手动复课：{class_name}", whom="{child}", when="请今天处理"),
        kind=NoticeKind.TASK,
    ),
}
