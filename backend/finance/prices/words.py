"""How prices read in Chinese on the console's pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.finance.prices.drafts import (
    Draft,
    EndDraft,
    FeeDraft,
    PackageDraft,
    PromotionDraft,
    SwitchDraft,
    ValidityDraft,
)
from backend.finance.prices.schemas import LearnerType, Occasion, PromotionView
from backend.kit.money import yuan

LEARNERS = {
    LearnerType.PRESCHOOL: "学龄前",
    LearnerType.K12: "中小学",
    LearnerType.ADULT: "成人",
}
OCCASIONS = {
    Occasion.CAMPAIGN: "活动",
    Occasion.EARLY_BIRD: "早鸟",
    Occasion.RENEWAL: "续费",
    Occasion.SIBLING: "兄弟姐妹",
    Occasion.REFERRAL: "老带新",
    Occasion.COUPON: "优惠码",
}
STATUSES = {
    "proposed": "待审批",
    "approved": "已生效",
    "refused": "未通过",
    "withdrawn": "已撤回",
}


@dataclass(frozen=True)
class Names:
    """What ids are called."""

    courses: Mapping[int, str]
    campuses: Mapping[int, str]

    def course(self, course_id: int | None) -> str:
        return "全部课程" if course_id is None else self.courses.get(course_id, "已停的课程")

    def campus(self, campus_id: int | None) -> str:
        return "全部校区" if campus_id is None else self.campuses.get(campus_id, "已停的校区")


def learner(kind: str | None) -> str:
    return LEARNERS[LearnerType(kind)] if kind else "全部学员"


def validity(months: int | None) -> str:
    return f"付款后{months}个月" if months else "不限期"


def benefit(row: PromotionView | PromotionDraft) -> str:
    """`满3000元，9折，再减200元，赠2课时`."""
    parts = [f"满{yuan(row.from_fen)}"] if row.from_fen else []
    if row.percent < 100:
        parts.append(f"按{row.percent}%收")
    if row.amount_fen:
        parts.append(f"减{yuan(row.amount_fen)}")
    if row.gift_lessons:
        parts.append(f"赠{row.gift_lessons}课时")
    if row.days_before:
        parts.append(f"开课前{row.days_before}天")
    return "，".join(parts)


def limits(row: PromotionView | PromotionDraft) -> str:
    """`共100次，每人1次（30天内）`."""
    parts = [f"共{row.limit_total}次"] if row.limit_total else []
    if row.limit_per_person:
        within = f"（{row.period_days}天内）" if row.period_days else ""
        parts.append(f"每人{row.limit_per_person}次{within}")
    return "，".join(parts) or "不限次数"


def told(draft: Draft, names: Names) -> str:
    """A proposal in one sentence."""
    match draft:
        case FeeDraft():
            what = "课时包" if draft.is_bundle else "收费标准"
            books = f"，教材费{yuan(draft.material_fee_fen)}" if draft.material_fee_fen else ""
            return (
                f"{names.course(draft.course_id)}{what}（{names.campus(draft.campus_id)}、"
                f"{learner(draft.learner)}）：{draft.lesson_count}课时{yuan(draft.amount_fen)}{books}，"
                f"{draft.effective_from}起"
            )
        case PackageDraft():
            items = "、".join(f"{names.course(c)}{n}课时" for c, n in draft.items)
            total = yuan(draft.total_fen)
            return f"套餐「{draft.name}」：{items}，共{total}，{draft.effective_from}起"
        case PromotionDraft():
            code = f"，码{draft.code}，{limits(draft)}" if draft.code else ""
            until = f"至{draft.effective_to}前" if draft.effective_to else "起"
            return (
                f"{OCCASIONS[draft.occasion]}优惠「{draft.name}」（{names.course(draft.course_id)}、"
                f"{names.campus(draft.campus_id)}、{learner(draft.learner)}）：{benefit(draft)}{code}，"
                f"{draft.effective_from}{until}"
            )
        case EndDraft():
            return f"{draft.effective_to}起停用「{draft.name}」"
        case SwitchDraft():
            verb = "适用" if draft.is_on else "不适用"
            return f"收费上限对{LEARNERS[draft.learner]}{verb}"
        case ValidityDraft():
            how_long = validity(draft.months)
            return f"{names.course(draft.course_id)}课时有效期：{how_long}，新付款的课时适用"
