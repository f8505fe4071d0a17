"""Sentences about the figures of admissions."""

from backend.admissions.figures.schemas import Dimension, Figures, Slice
from backend.admissions.figures.words import per_cent
from backend.kit.money import yuan

MOST = 4
CHANNELS_TITLE, FUNNEL_TITLE = "{when}各渠道转化", "{when}招生漏斗"
TAP = "点开看每个数字后面的客户。"
NOTHING = "{when}没有新增咨询，所以还没有渠道数据。换个时间再问也可以，比如「上周各渠道转化」。"


def funnel(found: Figures) -> str:
    """How many came and how far they got, and how the month may end."""
    when, month = found.period.name, found.forecast
    lost = f"、流失{found.sums.lost}个" if found.sums.lost else ""
    paid = sum(sold for _, _, sold in found.days)
    return (
        f"{_whole(found)}{lost}；{when}收到付款{paid}单。"
        f"本月已付款{month.paid}单、实收{yuan(month.net_fen)}，预计全月{month.expected}单，点图看明细。"
    )


def channels(found: Figures) -> str:
    """The leads of a time by channel, and what became of them."""
    by = [each for each in found.by[Dimension.CHANNEL] if each.sums.leads]
    if not by:
        return NOTHING.format(when=found.period.name)
    told = "；".join(_of_channel(each) for each in by[:MOST])
    more = f"；另有{len(by) - MOST}个渠道" if len(by) > MOST else ""
    return f"{_whole(found)}。按渠道：{told}{more}，点图看明细。"


def _whole(found: Figures) -> str:
    sums = found.sums
    return (
        f"{found.period.name}新增咨询{sums.leads}个，其中已联系{sums.contacted}个、"
        f"约试听{sums.tried}个、下单{sums.ordered}个、付款{sums.paid}个"
        f"（转化率{per_cent(sums.conversion)}）"
    )


def _of_channel(each: Slice) -> str:
    sums = each.sums
    return f"{each.name}{sums.leads}个，付款{sums.paid}个（{per_cent(sums.conversion)}）"
