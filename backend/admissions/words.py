"""How staff read the words of this room."""

from backend.admissions.schemas import (
    BY_PHONE,
    BY_THEMSELVES,
    FROM_FAMILY,
    FROM_FORM,
    FROM_SHEET,
    FROM_WEBSITE,
    WALKED_IN,
    LostReason,
    Stage,
    Touch,
    TrialStatus,
)
from backend.kit.workbook import Flaw

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
    FROM_FORM: "官网表单",
    FROM_SHEET: "表格导入",
}


def source_name(source: str) -> str:
    """«微信», or the short name of a channel or campaign (`channel:dianping` → dianping)."""
    if source.startswith("referral:"):
        return "老学员推荐"
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

FLAWS = {
    Flaw.EMPTY: "文件是空的，请填好后再上传。",
    Flaw.TOO_LARGE: "文件太大，请拆成几个不超过1MB的文件分别上传。",
    Flaw.TOO_MANY_ROWS: "一次最多导入2000行，请拆成几个文件分别上传。",
    Flaw.OLD_EXCEL: "这是旧版 .xls 或加了密码的文件，请在 Excel 里另存为不加密的 .xlsx 再上传。",
    Flaw.UNKNOWN: "这个文件读不出来，请用 Excel 打开后另存为 .xlsx 或 CSV 再上传。",
}
SHEET_STATUSES = {"draft": "待确认", "running": "导入中", "done": "已完成"}
SHEET_PLANS = {"new": "新客户", "known": "已有，记到原客户", "bad": "有误"}
SHEET_PROBLEMS = {
    "missing": "没有填写",
    "too_long": "太长",
    "bad_phone": "不是11位手机号",
    "no_campus": "没有这个校区",
    "repeated": "在前面已经出现过",
}
