"""Sentences about reconciliation with the payment platforms."""

from collections.abc import Sequence

from backend.finance.bills.words import BillStatus, BillView
from backend.kit.money import yuan

NONE = "还没有账单。开通线上支付后，每天上午10点自动核对前一天的；想看说明请点开：{link}"


def of_day(bill: BillView, *, channel: str) -> str:
    """A channel's newest day in one sentence."""
    on = f"{bill.on:%m月%d日}{channel}"
    if bill.status == BillStatus.WAITING:
        return f"{on}的账单还没取到，系统会自动再取。"
    taken = f"收款{bill.payments}笔{yuan(bill.payments_fen)}"
    back = f"、退款{bill.refunds}笔{yuan(bill.refunds_fen)}" if bill.refunds else ""
    end = f"有{bill.open_count}处差异待处理。" if bill.open_count else "全部对上。"
    return f"{on}{taken}{back}，手续费{yuan(bill.fee_fen)}，{end}"


def told(lines: Sequence[str], *, earlier: int, link: str) -> str:
    """All channels, and whether something older waits."""
    if not lines:
        return NONE.format(link=link)
    older = f"另有{earlier}天的差异还没处理。" if earlier else ""
    return f"{''.join(lines)}{older}明细和处理请点开：{link}"
