"""Sentences about the figures of admissions."""

from backend.admissions.figures.schemas import Dimension, Figures, Slice
from backend.admissions.figures.words import per_cent
from backend.kit.money import yuan

MOST = 4
CHANNELS_TITLE, FUNNEL_TITLE = "{when}各渠道转化", "{when}招生漏斗"
WAITS_TITLE = "{when}顾问回复时长"
NO_WAITS = (
    "{when}没有转给顾问的对话，所以没有回复时长。换个时间再问也可以，比如「上周多久回复客户」。"
)
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


def waits(found: Figures) -> str:
    """How long customers waited for an advisor."""
    sums, when = found.talks, found.period.name
    if not sums.leads:
        return NO_WAITS.format(when=when)
    if not sums.responded:
        return f"{when}转给顾问的对话{sums.leads}个，还没有人回复，点图看是哪些客户。"
    open_ = f"，还有{sums.leads - sums.responded}个没回" if sums.leads > sums.responded else ""
    return (
        f"{when}转给顾问的对话{sums.leads}个，已回复{sums.responded}个{open_}。从客户的消息到人工回复"
        f"平均{sums.response_minutes}分钟（只计上班时间{sums.office_minutes}分钟），"
        f"10分钟内回复{sums.quick}个，点图看明细。"
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
