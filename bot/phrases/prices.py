"""Sentences about what something costs and why."""

from collections.abc import Sequence

from backend.finance.prices.schemas import CapKind, Quote
from backend.finance.schemas import OrderView
from backend.kit import clock
from backend.kit.money import yuan

CODE_UNKNOWN = (
    "优惠码「{code}」用不上：可能输错、过期，或不适用于这门课。请核对后重发，不用也可以照常报名。"
)
CODE_SPENT = (
    "优惠码「{code}」的次数已经用完了。不用优惠码也可以照常报名，想要别的优惠请回复「转人工」。"
)
CODE_KEPT = "好的，优惠码「{code}」记下了（{name}）。报名时就按优惠价算，请回复「报名」。"
CODE_WAITING = (
    "您有一笔待付款的订单，价格已经定好，优惠码加不进去。请先回复「取消订单」，再报名时我会用上。"
)
MOVED = "价格刚刚有调整：您之前看到的是{seen}，现在是{now}。请再核对一遍。"
CAP = {
    CapKind.LESSONS: "按规定，中小学培训一次最多收{most}课时的费用，这笔有{asked}课时，不能一次收。",
    CapKind.MONTHS: "按规定，中小学培训一次最多收{most}个月的费用，这笔有{asked}个月，不能一次收。",
    CapKind.AMOUNT: "按规定，中小学培训一次收费不能超过{most}，这笔是{asked}，不能一次收。",
}
CAP_NEXT = "请回复「转人工」，请顾问帮您分次办理。"
WHICH_CLASS = (
    "想一起报哪个班？告诉我班名，再问一次「两个孩子一起报多少钱」，我把每个孩子的都算给您。"
)
MISSING = "{what}的价格正在更新，暂时算不出来。请回复「转人工」，请顾问为您确认。"
NO_CODE = "好的，不用优惠码了。想报名请回复「报名」，续费请回复「续费」。"
SIBLINGS_NEXT = (
    "想办请回复「报名」，一个一个来就行。兄弟姐妹的优惠给后报的孩子；"
    "前一个孩子的订单要是没付款，这份优惠会收回，重新报价给您看。"
)
RENEW_NEXT = "想续哪一种？回复序号就行；有优惠码请先发「用优惠码 加上您的码」，不续了回复「取消」。"
RENEW_CANCELLED = "好的，续费先不办了。想续的时候回复「续费」就行。"
RENEW_BACK = "刚才说到续费，"
NO_OPTION = "只有{most}种可以选，请回复前面的序号。"
NEXT = "想报名请回复「报名」，有优惠码请直接发「用优惠码 加上您的码」。"


def cost(quote: Quote) -> str:
    """`3410元/30课时（含教材费150元）：标价3360元，教材费150元，早鸟立减-100元`."""
    lessons = sum(line.lesson_count for line in quote.lines)
    material_fen = sum(line.net_fen for line in quote.lines if line.is_material)
    material = f"（含教材费{yuan(material_fen)}）" if material_fen else ""
    told = f"{yuan(quote.total_fen)}/{lessons}课时{material}"
    if quote.gifts:
        told += f"，另赠{quote.gifts}课时"
    taken = [step for step in quote.steps if step.occasion != "list"]
    if not taken:
        return told
    steps = "，".join(
        f"{step.label}{yuan(step.amount_fen)}" if step.amount_fen else step.label for step in taken
    )
    return f"{told}\n　标价{yuan(quote.list_fen)}，{steps}，应付{yuan(quote.total_fen)}"


def together(children: Sequence[str], names: Sequence[str], quotes: Sequence[Quote]) -> str:
    """Several children at once: each one's price, and the sum."""
    lines = [
        f"{child}：{name}，{cost(quote)}"
        for child, name, quote in zip(children, names, quotes, strict=True)
    ]
    total = yuan(sum(quote.total_fen for quote in quotes))
    return "\n".join([*lines, f"一共{total}。", SIBLINGS_NEXT if len(quotes) > 1 else NEXT])


def renewal(offers: Sequence[tuple[str, Quote]]) -> str:
    """What going on costs, numbered."""
    lines = [
        f"{n}. {child}：{quote.lines[0].description}，{cost(quote)}"
        for n, (child, quote) in enumerate(offers, 1)
    ]
    return "\n".join(lines) + f"\n{RENEW_NEXT}"


def renewal_card(child: str, order: OrderView) -> str:
    """What the payment card of a renewal says."""
    return (
        f"{child} · {order.lines[0].description}\n订单号 {order.number}\n"
        f"请在{clock.local(order.expires_at):%H:%M}前点这里用微信支付，付款后课时自动到账。"
    )


def cap(kind: str, most: int, asked: int, source: str) -> str:
    """Why an order is refused by law, and what one can do."""
    is_money = kind == CapKind.AMOUNT
    told = CAP[CapKind(kind)].format(
        most=yuan(most) if is_money else most, asked=yuan(asked) if is_money else asked
    )
    return f"{told}依据：{source}。{CAP_NEXT}"
