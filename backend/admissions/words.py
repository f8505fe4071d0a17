"""How staff read the words of this room."""

from backend.admissions.schemas import (
    BY_PHONE,
    BY_THEMSELVES,
    FROM_FAMILY,
    FROM_WEBSITE,
    WALKED_IN,
    LostReason,
    Stage,
    Touch,
    TrialStatus,
)

STAGES = {
    Stage.NEW: "新线索",
    Stage.CONTACTED: "已联系",
    Stage.TRIAL: "约试听",
    Stage.ORDERED: "已下单",
    Stage.WON: "已报名",
    Stage.LOST: "已流失",
}
REASONS = {
    LostReason.PRICE: "价格",
    LostReason.TIME: "时间不合适",
    LostReason.FAR: "距离远",
    LostReason.ELSEWHERE: "选了别家",
    LostReason.NO_NEED: "暂无需求",
    LostReason.UNREACHABLE: "联系不上",
    LostReason.DOUBLE: "重复",
    LostReason.OTHER: "其他",
}
TRIALS = {
    TrialStatus.BOOKED: "已约",
    TrialStatus.ATTENDED: "已到",
    TrialStatus.MISSED: "未到",
    TrialStatus.CANCELLED: "已取消",
}
TOUCHES = {Touch.NOTE: "记录", Touch.CALL: "电话", Touch.VISIT: "到访"}
SOURCES = {
    BY_THEMSELVES: "微信",
    FROM_WEBSITE: "官网",
    FROM_FAMILY: "老学员",
    BY_PHONE: "来电",
    WALKED_IN: "到访",
}


def source_name(source: str) -> str:
    """«微信», or the short name of a channel or campaign (`channel:dianping` → dianping)."""
    return SOURCES.get(source) or source.partition(":")[2] or source


MEASURES = {
    "claim_minutes": "认领时限（分钟）",
    "later_minutes": "「稍后」推迟（分钟）",
    "respond_minutes": "首次应答时限（分钟）",
    "nudge_minutes": "逾期多久提醒顾问（分钟）",
    "manager_minutes": "逾期多久告诉主管（分钟）",
    "reassign_minutes": "逾期多久转给同事（分钟）",
    "pool_days": "多少天没跟进回公海",
    "taken_a_day": "每天最多从公海领取",
    "held_at_once": "领取时手头最多",
}
"""What managers set, by the name of the measure."""
