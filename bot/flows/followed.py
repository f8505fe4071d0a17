"""What an advisor says of a follow-up, read: pure, so that a table can hold it (A15).

«王妈妈说周六来试听，下周二再联系» → who, what happened, where they stand now, when to look again.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.admissions.schemas import LostReason, Stage, Touch
from backend.kit import clock
from bot.interpreter import words
from bot.times import Kind, TimeSpan

_KIN = "妈妈?|爸爸?|爷爷|奶奶|外公|外婆|姥姥|姥爷|家长|女士|先生|太太|阿姨"
_LEAD = re.compile(r"(?:客户|线索)\s*(\d{1,9})\s*号?")
_FAMILY = re.compile(
    rf"(?<![一-鿿])(?:刚才?|刚刚|今天|已经)?(?:和|跟|给|与|联系了?|回访了?|打给)?"
    rf"(?P<name>[一-鿿]{{1,4}}?)(?:的|家的?)?(?P<kin>{_KIN})"
)
_NO_NAME = re.compile(r"^(?:我|咱|这|那|该|对方|孩子|客户|一个|两个|他|她|们|记录|记一下|跟进)")
_PREFIX = re.compile(
    r"^(?:帮我)?(?:加个|添加|登记一?下?|写|记(?!录))?(?:一下|下|个)?(?:跟进记录|跟进|记录)?(?:一下)?[：:，,\s]*"
)
_LOST = re.compile(
    r"不考虑(?!清楚)|不[想要]?报(?:名)?了|不来了|不学了|没(?:有)?意向|不感兴趣|不需要|放弃|停机|空号|拉黑"
    r"|(?:报|选|去)了?(?:别家|别的|其他|另外)|重复(?:的)?(?:客户|线索)|流失"
)
_REASONS = (
    (LostReason.DOUBLE, r"重复"),
    (LostReason.UNREACHABLE, r"停机|空号|拉黑|联系不上|打不通|关机"),
    (LostReason.ELSEWHERE, r"别家|别的(?:机构|地方)|其他(?:机构|地方)|对面|竞品"),
    (LostReason.PRICE, r"贵|价格|价钱|钱|便宜|预算|费用"),
    (LostReason.FAR, r"远|交通|接送"),
    (LostReason.TIME, r"没时间|没空|时间|排不开|太忙"),
    (LostReason.NO_NEED, r"不需要|没(?:有)?(?:意向|需求)|不感兴趣|不想学"),
)
_UNREACHED = re.compile(r"没(?:人)?接|不接|无人接|占线|打不通|关机|没打通|没联系上|联系不上|没回")
_CALL = re.compile(r"电话|打过|打了|打给|通完?话|没(?:人)?接|不接|占线|打不通|关机|停机|空号")
_VISIT = re.compile(r"上门|到校|来过|来校|来访|面谈|进店")
_TRIAL = re.compile(r"试听|试课|体验课")
_NEXT = re.compile(r"联系|跟进|再打|回访|再聊|再说|再问|打给|回电|提醒|再约|下次|回复他|回复她")
_REPORTS = re.compile(
    rf"(?:{_KIN}|那边|家里?)(?:说|讲|表示|没|不|太|觉得|嫌|要|想|加|已|同意|来|在)"
    rf"|^(?:刚?才?刚?)(?:给|跟|和|打给|联系).{{1,10}}(?:打过|打了|聊|通完?话|联系)"
)
_ADDRESSED = re.compile(r"^(?:客户|线索)\s*\d{1,9}\s*号?\s*[^\s?？]{2,}|^跟进[：:，,\s].+")
_ASKS = re.compile(r"[?？吗呢]$|怎么样|^(?:怎么|什么|谁|哪|接管|认领)")
MORNING = 10


@dataclass(frozen=True)
class Followed:
    """A follow-up as it was told. `family` is how it was called (王妈妈), `name` the name in it
    (王); `stage` is None where nothing tells it."""

    number: int | None
    family: str | None
    name: str | None
    phone: str | None
    note: str
    kind: Touch
    stage: Stage | None
    lost_reason: LostReason | None
    next_at: datetime | None


def is_told(plain: str) -> bool:
    """Whether a message surely tells of a follow-up, without any model."""
    return not _ASKS.search(plain) and bool(_ADDRESSED.search(plain) or _REPORTS.search(plain))


def is_addressed(plain: str) -> bool:
    """Whether it begins with whom it is about («客户12 …», «跟进 …»), and so is for nobody else."""
    return not _ASKS.search(plain) and bool(_ADDRESSED.search(plain))


def read(text: str, times: tuple[TimeSpan, ...]) -> Followed:
    """What was told; `times` are the time expressions of this very text."""
    plain = words.simplified(text).strip(" \t\r\n")
    lead = _LEAD.search(plain)
    family, name = _who(plain)
    stage, reason = _outcome(plain)
    typed = text.strip()
    note = _PREFIX.sub("", _LEAD.sub("", typed, count=1) if lead and lead.start() < 4 else typed)
    return Followed(
        number=int(lead.group(1)) if lead else None,
        family=family,
        name=name,
        phone=words.phone(plain),
        note=(note.strip(" ，,：:") or typed)[:500],
        kind=Touch.VISIT if _VISIT.search(plain) else _kind(plain),
        stage=stage,
        lost_reason=reason,
        next_at=None if stage is Stage.LOST else _next_at(plain, times),
    )


def reason_named(plain: str) -> LostReason:
    """The reason for a loss in somebody's words."""
    return next((reason for reason, signs in _REASONS if re.search(signs, plain)), LostReason.OTHER)


def next_named(plain: str, times: tuple[TimeSpan, ...]) -> datetime | None:
    """The time that a correction names: «下次改周五», or nothing but a time."""
    moments = [(span, _moment(span)) for span in times]
    for span, at in moments:
        if at and (_NEXT.search(plain) or len(plain) <= len(span.text) + 4):
            return at
    return None


def _kind(plain: str) -> Touch:
    return Touch.CALL if _CALL.search(plain) else Touch.NOTE


def _who(plain: str) -> tuple[str | None, str | None]:
    for found in _FAMILY.finditer(plain):
        name, kin = found.group("name"), found.group("kin")
        if not _NO_NAME.match(name):
            return f"{name}{kin if len(kin) > 1 else kin * 2}", name
    return None, None


def _outcome(plain: str) -> tuple[Stage | None, LostReason | None]:
    if _LOST.search(plain):
        return Stage.LOST, reason_named(plain)
    if _UNREACHED.search(plain):
        return None, None
    return (Stage.TRIAL if _TRIAL.search(plain) else Stage.CONTACTED), None


def _next_at(plain: str, times: tuple[TimeSpan, ...]) -> datetime | None:
    """The time named beside «再联系»; else the evening of the trial lesson; else, for whoever did
    not answer, the next morning; None where nothing tells it."""
    trial = None
    for span in times:
        begins = max(plain.rfind(mark, 0, span.start_index) for mark in "，,。；;！!") + 1
        ends = re.search(r"[，,。；;！!]|$", plain[span.end_index :])
        clause = plain[begins : span.end_index + (ends.start() if ends else 0)]
        at = _moment(span)
        if at is None:
            continue
        if _NEXT.search(clause):
            return at
        if _TRIAL.search(clause) and span.start_at is not None:
            trial = clock.at_local(clock.local(at).date(), 18)
    if trial is None and _UNREACHED.search(plain):
        return clock.at_local(clock.today() + timedelta(days=1), MORNING)
    return trial


def _moment(span: TimeSpan) -> datetime | None:
    """When to look again for a time as it was said: a day means its morning. Past is none."""
    if span.start_at is None or span.kind is Kind.OPEN:
        return None
    at = clock.local(span.start_at)
    if at.hour < 8:
        at = clock.local(clock.at_local(at.date(), MORNING))
    return at.astimezone(clock.UTC) if at > clock.now() else None
