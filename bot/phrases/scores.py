"""Sentences about scores."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from backend.teaching.scores import rules
from backend.teaching.scores.schemas import ScoreView

SHOWN = 3
NONE = "还没有发布的成绩。老师发布后会马上告诉您；想现在问老师，回复「转人工」。"
PAGE_TITLE = "登记和查看成绩"
PAGE_TEXT = "按班级登记成绩，核对后发布，家长会收到通知。"


def for_children(names: Mapping[int, str], found: Sequence[ScoreView]) -> str:
    """Each child's newest scores (newest first), with how the newest of each course stands to the
    child's own earlier ones."""
    parts = []
    for student_id, name in names.items():
        own = [each for each in found if each.student_id == student_id]
        if not own:
            parts.append(f"{name}还没有发布的成绩。")
            continue
        lines, seen = [f"{name}的成绩："], set[int]()
        for place, each in enumerate(own[:SHOWN]):
            is_newest = each.exam.course_id not in seen
            seen.add(each.exam.course_id)
            lines.append(_line(each, own[place + 1 :] if is_newest else ()))
        parts.append("\n".join(lines))
    end = "想看全部成绩，回复「孩子的档案」；想跟老师聊聊，直接在这里告诉我就好。"
    return "\n".join([*parts, end])


def _line(score: ScoreView, earlier: Sequence[ScoreView]) -> str:
    exam = score.exam
    is_number = rules.points(score.mark) is not None
    mark = f"{score.mark}分（满分{exam.full_mark}）" if is_number else score.mark
    said = f"{exam.held_on.month}月{exam.held_on.day}日 {exam.course_name}「{exam.name}」：{mark}"
    stands = rules.trend(score, earlier)
    if stands is not None:
        said += f"，{_trend(stands)}"
    return f"{said}。" + (f"老师说：{score.comment}" if score.comment else "")


def _trend(stands: rules.Trend) -> str:
    before = stands.before
    if stands.ahead is None:
        is_number = rules.points(before.mark) is not None
        return f"上次「{before.exam.name}」是{before.mark}{'分' if is_number else ''}"
    unit = "个百分点" if stands.in_percent else "分"
    if not stands.ahead:
        said = f"和上次「{before.exam.name}」一样"
    else:
        word = "高" if stands.ahead > 0 else "低"
        said = f"比上次「{before.exam.name}」{word}{_plain(abs(stands.ahead))}{unit}"
    if stands.average is not None:
        said += f"，之前{stands.count}次平均{stands.average}%"
    return said


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
