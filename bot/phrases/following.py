"""Sentences about follow-ups, for those who advise (A15, A16)."""

from datetime import datetime

from backend.admissions.schemas import LeadView, LostReason, Stage
from backend.admissions.words import REASONS, STAGES
from backend.kit import clock
from backend.kit.links import spelled_out

LOG, CHANGE = "记上", "改"
ASK_WORDS = "请用一句话说说跟进情况，比如「王妈妈说周六来试听，下周二再联系」。"
NO_LEADS = "您手头没有正在跟进的客户，这条先没有记。回复「我的客户」可以查看。"
OTHERS = "客户{id}由其他同事跟进，您不能记。需要接手请联系校区主管。"
HOW_TO_CHANGE = (
    "直接说要改的地方就行：「下次改周五上午十点」「状态改约试听」「原因改距离远」，"
    "或者「内容改成……」。不记了回复「取消」。"
)
CANCELLED = "好的，这条跟进没有记。想起来了随时告诉我。"
GONE = "客户{id}已经结束跟进，这条没有记上。回复「我的客户」看看手头的咨询。"
_DAYS = "一二三四五六日"


def moment(at: datetime) -> str:
    """«12月1日周二10:00»."""
    here = clock.local(at)
    return f"{here.month}月{here.day}日周{_DAYS[here.weekday()]}{here:%H:%M}"


def label(lead: LeadView) -> str:
    """A lead as a choice, short enough to tap."""
    return f"{lead.title}：{spelled_out(lead.interest)[:14] or '未说明'}"


def which(labels: list[str]) -> str:
    """Which lead was meant."""
    lines = "\n".join(f"{place}. {each}" for place, each in enumerate(labels, 1))
    return f"是哪位客户？\n{lines}\n回复序号，或直接说客户编号，比如「客户{_first(labels)}」。"


def _first(labels: list[str]) -> str:
    return "".join(filter(str.isdecimal, labels[0].partition("：")[0]))[:9] if labels else "1"


def check(
    lead: LeadView,
    *,
    note: str,
    stage: Stage,
    reason: LostReason | None,
    next_at: datetime | None,
) -> str:
    """What will be written down, to be looked at first."""
    moved = STAGES[stage] if stage is lead.stage else f"{STAGES[lead.stage]} → {STAGES[stage]}"
    lost = f"（原因：{REASONS[reason]}）" if stage is Stage.LOST and reason else ""
    after = f"下次跟进：{moment(next_at)}" if next_at else "下次跟进：不再跟进"
    return (
        f"{lead.title}\n跟进：{spelled_out(note)}\n状态：{moved}{lost}\n{after}\n"
        "没问题回复「记上」，要调整回复「改」。"
    )


def logged(lead: LeadView) -> str:
    """It is written down."""
    if lead.stage is Stage.LOST:
        reason = REASONS[lead.lost_reason or LostReason.OTHER]
        return f"已记上，{lead.title}按「{reason}」结束跟进。回复「我的客户」看其他客户。"
    at = f"，{moment(lead.next_follow_up_at)}会提醒您" if lead.next_follow_up_at else ""
    return f"已记上：{lead.title}，{STAGES[lead.stage]}{at}。问「明天该跟进谁」可以看安排。"


def due(when: str, found: list[LeadView]) -> str:
    """Whom to call when."""
    if not found:
        return f"{when}没有要跟进的客户。回复「我的客户」看全部。"
    now, lines = clock.now(), []
    for lead in found:
        at = lead.next_follow_up_at
        late = "，已过时间" if at and at < now else ""
        lines.append(
            f"{lead.title}（{STAGES[lead.stage]}，{moment(at) if at else '未定'}{late}）："
            f"{spelled_out(lead.interest)[:20]}"
        )
    return f"{when}要跟进{len(found)}位：\n" + "\n".join(lines) + "\n跟进完直接告诉我结果就行。"
