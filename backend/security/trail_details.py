"""How people read what an entry of the audit trail says beside who did what to which thing."""

from collections.abc import Mapping
from typing import Any

from backend.kit import money

DETAILS: Mapping[str, str] = {
    "absent": "请假编号",
    "account_id": "员工编号",
    "added": "新增",
    "address": "地址",
    "after": "之后",
    "amount_fen": "金额",
    "asked_by": "申请人编号",
    "before": "之前",
    "before_fen": "原金额",
    "by": "经手",
    "campus_id": "校区编号",
    "cause": "原因",
    "class_group": "班级编号",
    "class_group_id": "班级编号",
    "code": "代码",
    "count": "数量",
    "course_id": "课程编号",
    "difference_fen": "差额",
    "differences": "未平差异",
    "draft": "草案",
    "effective_from": "生效日期",
    "expected_fen": "应有金额",
    "failures": "失败数",
    "fee_fen": "手续费",
    "fen": "金额",
    "fields": "字段",
    "filters": "筛选",
    "float_fen": "备用金",
    "form": "表单",
    "from_class": "原班级编号",
    "gone": "被合并编号",
    "guardian_id": "监护人编号",
    "ids": "编号",
    "in_full": "全文",
    "instead_of": "代替",
    "intent": "意图",
    "is_full": "已满",
    "is_late": "逾期",
    "key": "凭据",
    "keys": "密钥",
    "kind": "类型",
    "late": "逾期",
    "left": "剩余",
    "lessons": "课次编号",
    "lines": "明细",
    "look": "查看编号",
    "loss_fen": "损失金额",
    "made_id": "新编号",
    "marked": "已批",
    "merge": "合并编号",
    "method": "方式",
    "money": "金额",
    "month": "月份",
    "moved": "移动",
    "note": "备注",
    "now_fen": "现金额",
    "other": "另一方编号",
    "override": "强制",
    "overrode": "忽略的限制",
    "parts": "期数",
    "payments_fen": "收款",
    "person": "对象",
    "promised_on": "承诺日期",
    "purpose": "用途",
    "question": "问题",
    "rank": "级别",
    "reason": "理由",
    "refunds_fen": "退款",
    "role": "角色",
    "rows": "行数",
    "sentences": "句数",
    "source": "来源",
    "stage": "阶段",
    "step": "步骤",
    "substitute": "代课编号",
    "successor": "接手编号",
    "taken": "采纳",
    "taking": "收款编号",
    "task": "任务编号",
    "to": "转给",
    "to_class": "新班级编号",
    "total_fen": "合计",
    "units": "单元",
    "updates_known": "更新已有",
    "value": "取值",
    "verdict": "结论",
    "version": "版本",
    "voucher": "凭证编号",
    "was": "原值",
    "way": "方式",
    "why": "原因",
}
"""What entries say further. Keys that people made up themselves stand as they are."""


def said(detail: Mapping[str, Any]) -> str:
    """«金额 1,280元，理由 家长要求» of `{"fen": 128000, "reason": …}`."""
    return "，".join(
        f"{DETAILS.get(key, key)} {_value(key, value)}"
        for key, value in detail.items()
        if value is not None
    )


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int) and (key == "fen" or key.endswith("_fen")):
        return money.yuan(value)
    if isinstance(value, Mapping):
        return "（" + said(value) + "）"
    if isinstance(value, list):
        return "、".join(_value(key, each) for each in value)
    return str(value)
