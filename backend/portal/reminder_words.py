"""How the console says the words of reminders and deliveries."""

from collections.abc import Mapping
from datetime import date, timedelta

from backend.reminders.schemas import Audience, Exclusion, Kind, RuleDraft, Timing

AUDIENCES: Mapping[Audience, str] = {
    Audience.GUARDIAN: "家长",
    Audience.STUDENT: "学员本人",
    Audience.TEACHER: "任课老师",
    Audience.ADVISOR: "招生顾问",
    Audience.PROSPECT: "约了试听的家长",
    Audience.PAYER: "付款人",
    Audience.CUSTOMER: "提出工单的客户",
}
EXCLUSIONS: Mapping[Exclusion, str] = {
    Exclusion.DECLINED: "对方关闭了这类消息",
    Exclusion.NO_CONSENT: "还没有同意接收优惠活动消息",
    Exclusion.NO_CHANNEL: "没有可用的联系方式",
    Exclusion.CAPPED: "当天条数已到上限",
    Exclusion.QUIET: "等免打扰结束就来不及了",
}
STATES: Mapping[str, str] = {"failed": "没收到", "pending": "正在发送", "sent": "已发出"}


def when_of(kind: Kind, rule: RuleDraft) -> str:
    """When a rule tells, in words."""
    at = f"{rule.send_at:%H:%M}"
    if kind.timing in (Timing.HOURS, Timing.MINUTES):
        return f"提前{rule.amount}{kind.unit}" if rule.amount else "到时间就发"
    if kind.timing is Timing.AFTER:
        return f"{rule.amount}分钟后发" if rule.amount else "马上发"
    if kind.timing is Timing.DAYS_AFTER:
        return f"{rule.amount}天后{at}发" if rule.amount else f"当天{at}发"
    if kind.timing is Timing.BELOW:
        return f"剩{rule.amount}{kind.unit}及以下时，{at}发"
    return f"提前{rule.amount}天，{at}发" if rule.amount else f"当天{at}发"


def last_day_of(rule: RuleDraft) -> date | None:
    """The last day of a rule, which people count in."""
    return rule.valid_to - timedelta(days=1) if rule.valid_to else None


def counted_in(kind: Kind) -> str:
    """What the number of a rule counts."""
    if kind.timing is Timing.BELOW:
        return "剩余不多于"
    return "之后" if kind.timing in (Timing.AFTER, Timing.DAYS_AFTER) else "提前"


def is_daily(kind: Kind) -> bool:
    """Whether a rule of this kind speaks at a time of the day."""
    return kind.timing in (Timing.DAYS, Timing.DAYS_AFTER, Timing.BELOW)
