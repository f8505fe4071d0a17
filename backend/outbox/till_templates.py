"""Notices of the till: shifts to confirm, transfers to match."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, task

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
}
