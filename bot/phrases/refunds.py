"""Sentences about money that goes back."""

from backend.finance.refund_words import RefundCause, RefundQuote, RefundStatus, RefundView, Step
from backend.finance.schemas import OrderView
from backend.kit import clock
from backend.kit.money import yuan

CAUSES = {
    RefundCause.CUSTOMER: "我们自己的原因",
    RefundCause.INSTITUTION: "机构的原因",
    RefundCause.NEITHER: "生病、搬家等客观原因",
}
ASK_CAUSE = "请问为什么想退费？回复序号，或直接说说原因。"
CANCELLED = "好的，退费先不申请了。需要时再回复「退费」就行。"
AGAIN_CONFIRM = "确认申请请回复「确认退费」，先不退请回复「算了」。"
BACK = "刚才说到退费，"
NONE = "没有查到您的退费申请。想退费请回复「退费」，在校区申请过的请回复「转人工」。"
NOTHING_LEFT = (
    "按已上的课时计算，这笔订单没有可退的金额了。想请财务老师再核对一遍，请回复「转人工」。"
)
WITHDRAWN = "好的，退费 {number} 已撤回，课程照常上。有需要再告诉我。"
TOO_LATE = "退费 {number} 已经通过，撤不回来了。想继续上课，请回复「报名」，或「转人工」。"
_STATUS = {
    RefundStatus.ASKED: "正在审批",
    RefundStatus.APPROVED: "已通过，正在原路退回",
    RefundStatus.STUCK: "已通过，财务老师正在人工转账",
    RefundStatus.DONE: "已退回",
    RefundStatus.REFUSED: "没有通过",
    RefundStatus.WITHDRAWN: "已撤回",
}


def ask_order(orders: list[OrderView]) -> str:
    lines = [
        f"{number}. {each.lines[0].description}，实付{yuan(each.total_fen)}"
        for number, each in enumerate(orders, 1)
    ]
    return "请问退哪一笔？回复序号就行。\n" + "\n".join(lines)


def ask_cause() -> str:
    lines = [f"{number}. {words}" for number, words in enumerate(CAUSES.values(), 1)]
    return ASK_CAUSE + "\n" + "\n".join(lines)


def reckoning(quote: RefundQuote) -> str:
    """The steps, the sum, and what to say to go on."""
    return f"{_steps(quote.steps)}\n应退：{yuan(quote.total_fen)}\n\n{AGAIN_CONFIRM}"


def asked(refund: RefundView) -> str:
    due = f"{clock.local(refund.due_at):%m月%d日}"
    return (
        f"退费申请已提交，编号{refund.number}，应退{yuan(refund.amount_fen)}。"
        f"财务和主管会在{due}前答复，通过后原路退回。"
        "查进度回复「退费进度」，改变主意回复「撤回退费」。"
    )


def progress(refund: RefundView) -> str:
    note = f"（{refund.note}）" if refund.note and refund.status is RefundStatus.REFUSED else ""
    back = (
        "改变主意回复「撤回退费」。"
        if refund.status is RefundStatus.ASKED
        else "有疑问请回复「转人工」。"
    )
    return (
        f"退费 {refund.number}：{_STATUS[refund.status]}{note}。\n"
        f"{_steps(refund.steps)}\n应退：{yuan(refund.amount_fen)}\n\n{back}"
    )


def _steps(steps: tuple[Step, ...]) -> str:
    return "\n".join(
        f"{step.label}{f'：{yuan(step.amount_fen)}' if step.amount_fen else ''}"
        f"{f'（{step.source}）' if step.source else ''}"
        for step in steps
    )
