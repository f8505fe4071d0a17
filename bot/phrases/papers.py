"""Sentences about receipts, invoices and transfers."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.finance.schemas import OrderView
from backend.finance.till.words import InvoiceStatus, InvoiceView, ReceiptView
from backend.kit.money import yuan

MOST = 5
NO_RECEIPT = "您还没有付过款的订单，所以还没有收据。查订单请回复「我的订单」。"
NOTHING_DUE = "现在没有待付款的订单。查订单请回复「我的订单」，想报名请回复「报名」。"
ASK_PAYER = "好的。请告诉我付款的户名，财务老师好和银行流水核对。"
TRANSFER_CANCELLED = "好的，先不登记转账了。付款请回复「缴费」。"
INVOICE_CANCELLED = "好的，先不开发票了。要开时回复「要开发票」就行。"
BACK = "我们接着填。"
ASK_TITLE = "发票抬头写什么？公司请写全称，也可以回复「个人」。"
TITLE_UNFIT = "抬头要2到80个字。请写公司全称，或回复「个人」。"
ASK_TAX = "请发公司的税号（18位统一社会信用代码）。"
TAX_UNFIT = "这个税号核对不上，应该是18位统一社会信用代码。请看看营业执照再发一次。"
ASK_MAIL = "发票开好后，除了在这里发给您，要不要也写上邮箱？请发邮箱，不用就回复「不用」。"
MAIL_UNFIT = "这个邮箱看着不完整。请再发一次，例如name@qq.com，不用就回复「不用」。"
NOTHING_LEFT = "这笔订单没有可以再开票的金额了。查进度请回复「发票开好了吗」。"
STATUS = {
    InvoiceStatus.ASKED: "在开，一般三天内开好",
    InvoiceStatus.ISSUED: "已开好",
    InvoiceStatus.REFUSED: "没有开成",
}


def receipts(found: Sequence[tuple[ReceiptView, str]]) -> str:
    """Somebody's receipts with their links."""
    lines = [
        f"{each.number}，{'退款' if each.amount_fen < 0 else ''}{yuan(abs(each.amount_fen))}：{url}"
        for each, url in found
    ]
    return "您的收据（点开可下载PDF）：\n" + "\n".join(lines) + "\n要发票请回复「要开发票」。"


def transferred(order: OrderView, payer: str) -> str:
    """What happens after somebody says that money is on its way."""
    return (
        f"记下了：订单{order.number}，{payer}转账{yuan(order.due_fen)}。名额先为您保留三天，"
        "银行到账核对后会通知您。"
    )


def ask_order(found: Sequence[tuple[str, str, int]]) -> str:
    """Which of several orders."""
    lines = [f"{n}. {what}，可开{yuan(fen)}" for n, (_, what, fen) in enumerate(found, 1)]
    return "请选择给哪笔订单开发票：\n" + "\n".join(lines) + "\n回复序号就行。"


def check(slots: Mapping[str, Any], amount_fen: int) -> str:
    """All that the invoice will say, before it is asked for."""
    lines = [
        f"抬头：{slots['title']}",
        *([f"税号：{slots['tax']}"] if slots.get("tax") else []),
        f"金额：{yuan(amount_fen)}",
        *([f"邮箱：{slots['email']}"] if slots.get("email") else []),
    ]
    return "请核对发票信息：\n" + "\n".join(lines) + "\n没问题请回复「确认」，要改请直接说。"


def asked(invoice: InvoiceView) -> str:
    return (
        f"已提交：{invoice.title}，{yuan(invoice.amount_fen)}。开好后在这里发给您，"
        "查进度请回复「发票开好了吗」。"
    )


def invoices(found: Sequence[InvoiceView]) -> str:
    """Where somebody's invoices stand."""
    lines = [
        f"{each.title} {yuan(each.amount_fen)}：{STATUS[each.status]}"
        + (f"，号码{each.number}" if each.number else "")
        + (f"，{each.note}" if each.note else "")
        + (f"，{each.link}" if each.link else "")
        for each in found
    ]
    return "\n".join(lines) + "\n有疑问请回复「转人工」，财务老师来看。"
