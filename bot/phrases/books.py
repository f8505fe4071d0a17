"""Sentences about the books: a month in two of them, and money that colleagues paid for us."""

from backend.finance.books.summary import Summary
from backend.finance.books.words import VoucherStatus, VoucherView
from backend.kit.money import yuan

HOW_TO_CLAIM = "报销请这样说：「报销 打车 35元」，再把票据照片发过来。想看进度请回复「我的报销」。"
NO_CLAIMS = "您还没有提交过报销。要报销请直接说，例如「报销 打车 35元」。"
TOO_MUCH = "这个金额我不敢记，请核对后重新说一遍，例如「报销 打车 35元」。"
NO_SUCH = "没有找到凭证{number}，请核对推送里的编号后再发一次。"
OWN = "自己提交的凭证要由另一位同事审批。请让有权限的同事回复「同意报销 {number}」。"
DECIDED = "凭证{number}已经处理过了，不用再审批。明细请看：{link}"
CLOSED = "凭证{number}的日期所在月份已经结账，不能入账。请财务老师处理：{link}"
APPROVED = "已同意，凭证{number}（{what}，{amount}）已入账。明细请看：{link}"
REFUSED = "已记下不同意，会把理由告诉申请人。需要看其他凭证请打开：{link}"
WHY_NOT = "请带上理由，例如「不同意报销 {number} 缺发票」，申请人会看到。"
PHOTO_KEPT = (
    "票据照片已附到报销{number}（{what}，{amount}），等同事审批。想看进度请回复「我的报销」。"
)
_STATUS = {
    VoucherStatus.ASKED: "待审批",
    VoucherStatus.REFUSED: "未通过",
    VoucherStatus.WITHDRAWN: "已撤回",
}


def month_in_two(found: Summary, *, place: str, link: str) -> str:
    """What was earned beside the month before, what is left, and where the rows are."""
    change = found.revenue_fen - found.former_revenue_fen
    verb = "多" if change > 0 else "少"
    share = (
        f"（{abs(change) * 100 / found.former_revenue_fen:.1f}%）"
        if found.former_revenue_fen
        else ""
    )
    beside = (
        f"比上月的{yuan(found.former_revenue_fen)}{verb}{yuan(abs(change))}{share}"
        if change
        else "和上月一样"
    )
    name = "净利润" if found.profit_fen >= 0 else "净亏损"
    return (
        f"{place}{found.month.month}月营业收入{yuan(found.revenue_fen)}，{beside}。"
        f"成本费用{yuan(found.cost_fen)}，{name}{yuan(abs(found.profit_fen))}，"
        f"已收还没上的课{yuan(found.liability_fen)}。\n原因和明细请看：{link}"
    )


def claimed(voucher: VoucherView) -> str:
    """What was written down, and what is still missing."""
    head = f"报销{voucher.id}已提交：{voucher.summary}，{yuan(voucher.total_fen)}。"
    if voucher.attachment_id is None:
        return f"{head}请把票据照片发过来，审批会快一些。"
    return f"{head}票据照片已附上，等同事审批。想看进度请回复「我的报销」。"


def own_claims(found: list[VoucherView]) -> str:
    """The newest claims and how they stand."""
    lines = [
        f"{each.id} {each.summary} {yuan(each.total_fen)}：{_standing(each)}" for each in found
    ]
    return "您的报销：\n" + "\n".join(lines) + "\n有疑问请直接问财务老师。"


def _standing(each: VoucherView) -> str:
    if each.status == VoucherStatus.POSTED:
        return "已付款" if each.paid_at else "已通过，等付款"
    return _STATUS[each.status] + (f"（{each.note}）" if each.note else "")
