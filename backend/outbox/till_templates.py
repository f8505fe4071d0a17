"""Notices of the till: shifts to confirm, transfers to match."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task

TILL: Mapping[str, Template] = {
    "shift_counted": Template(
        title="交班待审核",
        text="{who}点钞交班，实点{amount}，{difference}。请在控制台「交班审核」里核对，"
        "点钞人不能审核自己的班次。",
        wechat="task",
        fields=task(what="交班：{amount}", whom="{who}", when="{difference}"),
        kind=NoticeKind.TASK,
    ),
    "transfer_claimed": Template(
        title="有转账待核对",
        text="订单{number}登记了银行转账{amount}，付款户名{payer}。请导入银行流水，"
        "在控制台「转账与支票」里核对。",
        wechat="task",
        fields=task(what="核对转账{amount}", whom="{payer}", when="请今天核对"),
        kind=NoticeKind.TASK,
    ),
    "bank_unmatched": Template(
        title="银行流水待核对",
        text="有{count}笔银行收款没有对上订单。请在控制台「转账与支票」里逐笔核对。",
        wechat="task",
        fields=task(what="{count}笔收款没对上订单", whom="银行流水", when="请今天核对"),
        kind=NoticeKind.TASK,
    ),
    "money_taken": Template(
        title="已收款",
        text="订单{number}收到{amount}，{rest}收据请点链接查看，也可以随时回复「要收据」。",
        wechat="progress",
        fields=progress(what="订单{number}", state="已收款", note="收到{amount}，点开看收据"),
        urgent=True,
    ),
    "invoice_asked": Template(
        title="有人要开发票",
        text="订单{order}申请开发票{amount}。请在控制台「发票」里导出开票，并登记号码。",
        wechat="task",
        fields=task(what="开发票{amount}", whom="订单{order}", when="请三天内开"),
        kind=NoticeKind.TASK,
    ),
    "invoice_to_redden": Template(
        title="发票需要冲红",
        text="订单{order}已退费，发票{number}要冲红{amount}。请开红字发票后在控制台「发票」里登记。",
        wechat="task",
        fields=task(what="冲红{amount}", whom="发票{number}", when="请今天处理"),
        kind=NoticeKind.TASK,
    ),
    "invoice_issued": Template(
        title="发票已开好",
        text="订单{order}的发票{amount}已开好，号码{number}。有链接时点开即可下载；"
        "信息有误请回复「转人工」。",
        wechat="progress",
        fields=progress(what="订单{order}的发票", state="已开好", note="号码{number}"),
    ),
    "invoice_refused": Template(
        title="发票没有开成",
        text="订单{order}的发票没有开成：{note}。请核对后回复「要开发票」重新申请。",
        wechat="progress",
        fields=progress(what="订单{order}的发票", state="没有开成", note="{note}"),
    ),
    "invoice_red": Template(
        title="红字发票已开",
        text="订单{order}退费后，已开红字发票{amount}，号码{number}。有疑问请回复「转人工」。",
        wechat="progress",
        fields=progress(what="订单{order}的发票", state="已冲红", note="红字发票{amount}"),
    ),
}
