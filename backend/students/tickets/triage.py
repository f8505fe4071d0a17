"""What a ticket is about, how bad it is, and who answers for it: proposed by words, corrected by
people (S8). No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from backend.security.schemas import Role
from backend.students.schemas import Severity, TicketCategory, TicketKind

C, S = TicketCategory, Severity


@dataclass(frozen=True)
class Rule:
    """Words that speak for a category; whatever holds one of them is at least so severe."""

    category: TicketCategory
    severity: Severity
    words: tuple[str, ...]


def _rule(category: TicketCategory, severity: Severity, words: str) -> Rule:
    return Rule(category, severity, tuple(words.split()))


RULES = (
    _rule(C.MONEY, S.NORMAL, "钱 收费 退费 退款 扣费 扣课 发票 价格 多收"),
    _rule(C.MONEY, S.SERIOUS, "骗钱 诈骗 卷款 不退钱 不退费 不给退 拒绝退 私下收"),
    _rule(C.TEACHING, S.NORMAL, "老师 教师 上课 教学 教得 讲课 迟到 作业 课堂"),
    _rule(C.TEACHING, S.SERIOUS, "旷课 没来上课 玩手机 换了三个老师 无证"),
    _rule(C.VENUE, S.NORMAL, "教室 空调 卫生 厕所 设备 场地 环境 太热 太冷 投影 漏水"),
    _rule(C.SERVICE, S.NORMAL, "前台 顾问 客服 态度 不回 没人 服务 通知 骚扰"),
    _rule(C.SERVICE, S.SERIOUS, "泄露 12315 消协 教育局 律师 起诉 曝光 媒体"),
    _rule(C.SAFETY, S.SERIOUS, "辱骂 骂孩子 歧视 推搡 恐吓 罚站 安全隐患 危险 消防 擅自接走"),
    _rule(
        C.SAFETY,
        S.CRITICAL,
        "体罚 虐待 受伤 摔伤 磕伤 烫伤 流血 骨折 触电 中毒 晕倒 走失 失踪"
        " 猥亵 性骚扰 摸孩子 霸凌 欺凌 打孩子 打了孩子 打人 动手打 扇耳光 打学生 着火 起火 自杀 轻生 报警",
    ),
)
_RANK = (S.MINOR, S.NORMAL, S.SERIOUS, S.CRITICAL)

RESPONSIBLE: Mapping[TicketCategory, tuple[Role, ...]] = {
    C.MONEY: (Role.ACCOUNTANT, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
    C.TEACHING: (Role.ACADEMIC, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
    C.VENUE: (Role.LOGISTICS, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
    C.SERVICE: (Role.CAMPUS_MANAGER, Role.PRINCIPAL),
    C.SAFETY: (Role.CAMPUS_MANAGER, Role.PRINCIPAL),
    C.OTHER: (Role.CAMPUS_MANAGER, Role.PRINCIPAL),
}

_USUAL = {
    TicketKind.COMPLAINT: (2.0, 20.0),
    TicketKind.REQUEST: (1.0, 10.0),
    TicketKind.FEEDBACK: (10.0, 50.0),
}
"""Working hours until the first answer and until the end; ten are about a day."""
_BY_SEVERITY = {S.CRITICAL: (0.5, 10.0), S.SERIOUS: (1.0, 15.0), S.MINOR: (10.0, 50.0)}


def category_of(text: str) -> TicketCategory:
    """Safety goes before everything; else the category whose words appear most, ties in the order
    of the table; `other` without any."""
    scores: dict[TicketCategory, int] = {}
    for rule in RULES:
        hits = sum(text.count(word) for word in rule.words)
        if hits and rule.category is C.SAFETY:
            return C.SAFETY
        scores[rule.category] = scores.get(rule.category, 0) + hits
    best = max(scores, key=lambda category: scores[category])
    return best if scores[best] else C.OTHER


def severity_of(text: str, kind: TicketKind) -> Severity:
    """The worst that its words speak for; a suggestion is minor and a request normal without any
    bad words."""
    usual = S.MINOR if kind is TicketKind.FEEDBACK else S.NORMAL
    found = [
        rule.severity
        for rule in RULES
        if rule.severity is not S.NORMAL and any(word in text for word in rule.words)
    ]
    return max([usual, *found], key=_RANK.index)


def responsible_roles(category: TicketCategory, severity: Severity) -> tuple[Role, ...]:
    """Who answers for it, in the order in which they are looked for; what is critical is the
    principal's at once (S8)."""
    roles = RESPONSIBLE[category]
    return (Role.PRINCIPAL, *roles[:-1]) if severity is S.CRITICAL else roles


def budgets_of(kind: TicketKind, severity: Severity) -> tuple[timedelta, timedelta]:
    """The office time until the first answer and until the end."""
    respond, resolve = _BY_SEVERITY.get(severity, _USUAL[kind])
    return timedelta(hours=respond), timedelta(hours=resolve)


CATEGORIES: Mapping[str, TicketCategory] = {
    **dict.fromkeys(("收费", "费用", "退费", "财务", "钱"), C.MONEY),
    **dict.fromkeys(("教学", "老师", "教务"), C.TEACHING),
    **dict.fromkeys(("场地", "设备", "后勤", "环境"), C.VENUE),
    **dict.fromkeys(("服务", "态度"), C.SERVICE),
    "安全": C.SAFETY,
    "其他": C.OTHER,
}
SEVERITIES: Mapping[str, Severity] = {
    "紧急": S.CRITICAL,
    "严重": S.SERIOUS,
    "一般": S.NORMAL,
    "普通": S.NORMAL,
    "轻微": S.MINOR,
}
_SAYS = re.compile("|".join(sorted((*CATEGORIES, *SEVERITIES), key=len, reverse=True)))


def correction_in(text: str) -> tuple[TicketCategory | None, Severity | None]:
    """What «收费 严重» asks for; None where it names nothing of the kind."""
    said = _SAYS.findall(text)
    category = next((CATEGORIES[word] for word in said if word in CATEGORIES), None)
    severity = next((SEVERITIES[word] for word in said if word in SEVERITIES), None)
    return category, severity
