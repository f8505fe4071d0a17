"""Notices about the books and the till: vouchers that wait for somebody else's eyes, and what does not add up."""

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, task
from backend.outbox.till_templates import TILL

BOOKS = {
    **TILL,
    "voucher_asked": Template(
        title="凭证待审批",
        text="{who}提交了凭证{number}：{what}，{amount}。请点开链接查看明细并审批。",
        wechat="task",
        fields=task(what="审批：{what}", whom="{who}", when="{amount}"),
        kind=NoticeKind.TASK,
    ),
    "voucher_posted": Template(
        title="凭证已通过",
        text="您提交的「{what}」{amount}已审批通过并入账（凭证{number}）。报销款由财务转给您，"
        "有疑问请直接问财务老师。",
        wechat="task",
        fields=task(what="已通过：{what}", whom="{amount}", when="已入账"),
        kind=NoticeKind.TASK,
    ),
    "voucher_refused": Template(
        title="凭证未通过",
        text="您提交的「{what}」{amount}没有通过：{note}。补充后可以重新提交。",
        wechat="task",
        fields=task(what="未通过：{what}", whom="{amount}", when="请补充后重提"),
        kind=NoticeKind.TASK,
    ),
    "bill_differences": Template(
        title="渠道对账有差异",
        text="{day}{channel}对账有{count}处差异。请点开链接逐条核对，说明原因或提交凭证。",
        wechat="task",
        fields=task(what="{channel}对账差异", whom="{day}", when="{count}处待处理"),
        kind=NoticeKind.TASK,
    ),
    "bill_missing": Template(
        title="渠道账单没有取到",
        text="{day}{channel}的账单多次没有取到，系统会继续再取。请登录商户平台看看是否正常。",
        wechat="task",
        fields=task(what="{channel}账单没取到", whom="{day}", when="请今天查看"),
        kind=NoticeKind.TASK,
    ),
    "budget_over": Template(
        title="预算已超",
        text="{what}本月已用{actual}，预算{planned}。请点开链接看看明细，必要时调整预算。",
        wechat="task",
        fields=task(what="超预算：{what}", whom="预算{planned}", when="已用{actual}"),
        kind=NoticeKind.TASK,
    ),
    "books_wrong": Template(
        title="账务核对有差异",
        text="{day}的账务核对发现：{what}。请今天查看并处理，处理好之前不要结账。",
        wechat="task",
        fields=task(what="账务核对有差异", whom="{day}", when="请今天处理"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
}
