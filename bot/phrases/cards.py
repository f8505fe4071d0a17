"""Sentences about the card of a new lead, for those who advise (A14, A17)."""

from datetime import datetime

from backend.admissions.schemas import LeadView
from bot.phrases.following import moment

NO_LATER = (
    "客户{id}已经推迟过两次，不能再等了。请现在回复「认领 {id}」，或「不是我的 {id}」转给同事。"
)
WHICH_DAY = "请说一下哪天请假，比如「我明天请假」或「我周五下午请假」。"


TAG_WRONG = "标签最多12个字，每位客户最多10个。换个短一点的词再说一次，比如「客户12 标签 高意向」。"


def tagged(lead_id: int, names: list[str]) -> str:
    """What a lead is tagged with now."""
    now = "、".join(names) or "没有标签"
    return f"客户{lead_id}的标签：{now}。去掉就说「客户{lead_id} 去掉标签 …」。"


def later(lead: LeadView, at: datetime) -> str:
    """It comes again in a while."""
    if lead.claimed_at is None:
        return f"好的，{moment(at)}再提醒您认领{lead.title}。现在方便了就回复「认领 {lead.id}」。"
    return f"好的，{moment(at)}再提醒您联系{lead.title}。回复「我的客户」看全部。"


def passed_on(lead_id: int, name: str | None) -> str:
    """It is somebody else's now."""
    if name is None:
        return f"客户{lead_id}已放进公海并告诉了主管，您不用再跟进。回复「我的客户」看其他客户。"
    return f"客户{lead_id}已转给{name}，您不用再跟进。回复「我的客户」看其他客户。"


def others(number: str, name: str) -> str:
    """It was somebody else's before."""
    if not name:
        return f"客户{number}在公海里，不在您名下。要跟进请回复「认领 {number}」。"
    return f"客户{number}已经由{name}跟进，您不用处理。回复「我的客户」看您手头的咨询。"


def away(from_at: datetime, to_at: datetime, count: int) -> str:
    """No new leads until then."""
    passed = f"，还没认领的{count}位已转给同事" if count else ""
    return (
        f"好的，{moment(from_at)}到{moment(to_at)}不再给您分新客户和新工单{passed}。"
        "提前回来请回复「我回来了」。"
    )
