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
}
