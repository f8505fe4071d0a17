"""Sentences about tickets: to those who told us something, and to staff at work on it."""

from collections.abc import Sequence
from datetime import datetime

from backend.kit import clock
from backend.kit.links import spelled_out
from backend.students.schemas import TicketKind, TicketStatus, TicketView
from backend.students.tickets import words
from bot.phrases.general import when_answered

ASK_COMPLAINT = "很抱歉给您带来不好的体验。请说说发生了什么，我马上转给负责人。"
ASK_UNNAMED = (
    "好的，会为您匿名：老师看不到您的微信、姓名和孩子。请说说发生了什么，内容里也请不要写姓名。"
)
ASK_FEEDBACK = "谢谢您愿意告诉我们。请说说您的建议或感受，我会转给负责人。"
NOT_A_COMPLAINT = "好的，不登记投诉。您想了解课程、查课表，还是问地址？直接告诉我就行。"
NOTHING_TAKEN_BACK = "您没有正在处理的投诉。有任何不满意，随时告诉我。"
SUPPLEMENTED = "已经补充进去了（{number}），负责人马上能看到。还有别的情况，接着发给我就行。"
COMPLAINT_CANCELLED = "好的，就不登记了。以后有任何不满意，随时告诉我。"
NO_TICKETS = "没有查到您登记的反馈。有任何意见直接告诉我就行。"
NOT_FOUND = "没有找到您的工单{number}，请核对编号。回复「投诉进度」可以看您反映过的情况。"
UNNAMED_NOW = "已改为匿名（{number}）：老师看不到您的微信、姓名和孩子，答复仍会发到这里。"
WHICH_TEACHER = "方便的话，再告诉我说的是哪位老师：\n{names}\n点一下就行，不方便说也没关系。"
THANKS_SOLVED = (
    "太好了，{number}已办结。给这次处理打个分吧：\n5. 5分 很满意\n4. 4分 满意\n3. 3分 一般\n2. 2分 不满意\n"
    "1. 1分 很不满意\n点一下就行，也可以再说一句话。"
)
STARS = ("5分", "4分", "3分", "2分", "1分")
RATED = "谢谢您的评价（{number}）！想再说一句的话，直接发给我就行。"
RATED_LOW = "抱歉没有让您满意（{number}）。想说说原因就直接发给我；还没解决请回复「没解决」。"
WORD_KEPT = "谢谢，已经记下了（{number}）。有别的事，随时告诉我。"
REOPENED = "抱歉还没有解决，{number}已重新处理，{when}。要补充情况，直接发给我就行。"
TOO_LATE = "{number}办结已超过30天，不能重新打开了。请把现在的情况告诉我，我重新登记。"
STILL_OPEN = "{number}正在处理，{when}。要补充情况直接发给我，着急请回复「转人工」。"
NOTHING_TO_RATE = "现在没有等您打分的事。对老师或服务有想法，直接说给我听就行。"
NOT_ASKED = "{number}还没有办结，暂时不用打分。要补充情况，直接发给我就行。"


def opened(ticket: TicketView) -> str:
    """Number, who, and until when."""
    unnamed = "已为您匿名，老师看不到您是谁。" if ticket.is_anonymous else ""
    if ticket.kind is TicketKind.COMPLAINT:
        owner = ticket.owner_name or "负责人"
        return (
            f"非常抱歉让您有这样的体验。投诉已登记，编号{ticket.number}，由{owner}负责处理，"
            f"{when_answered(ticket.respond_due_at)}。{unnamed}"
            "要补充情况直接发给我，查进度回复「投诉进度」。"
        )
    return (
        f"谢谢您的反馈，已登记，编号{ticket.number}，{when_answered(ticket.respond_due_at)}。"
        f"{unnamed}想补充的话直接发给我就行。"
    )


def taken_back(number: str) -> str:
    """Somebody does not want to complain any more."""
    return f"好的，已告诉负责人您不再追究（{number}）。想重新提出，直接告诉我就行。"


def listed(found: Sequence[TicketView]) -> str:
    """Where somebody's tickets stand."""
    lines = []
    for each in found:
        state = "已答复" if each.status is TicketStatus.ANSWERED else _STANDS[each.status]
        due = each.resolve_due_at if each.status is TicketStatus.OPEN else None
        until = f"，{when_answered(due)}" if due and due > clock.now() else ""
        lines.append(f"{each.number} {state}{until}\n{spelled_out(each.text)[:40]}")
    return "\n\n".join(lines) + "\n\n要补充情况直接发给我，着急请回复「转人工」。"


_STANDS = {
    TicketStatus.OPEN: "处理中",
    TicketStatus.WAITING: "等您补充",
    TicketStatus.RESOLVED: "等您确认是否解决",
    TicketStatus.CLOSED: "已办结",
}


def which(found: Sequence[TicketView], word: str) -> tuple[str, tuple[str, ...]]:
    """Several tickets could be meant: a sentence and what to tap."""
    options = tuple(f"{word} {each.number}" for each in found)
    lines = "\n".join(
        f"{n}. {option}（{spelled_out(each.text)[:16]}）"
        for n, (option, each) in enumerate(zip(options, found, strict=True), 1)
    )
    return f"说的是哪一件？\n{lines}\n点一下就行。", options


CAUSES = "、".join(words.CAUSES.values())
STAFF_HELP = (
    "工单可以这样处理：「收到 T…」「回复 T… 内容」「追问 T… 问题」「备注 T… 内容」「工单 T… 改为 收费 严重」"
    "「转交 T… 姓名」「任务 T… 后勤 内容」「办结 T… 原因 结果」。回复「我的工单」看手头的工单。"
)
ACKNOWLEDGED = "好的，{number}由您处理，期限{deadline}。答复请回复「回复 {number} 您的话」。"
ASKED = "已请客户补充（{number}），对方答复前期限暂停。有回音我马上告诉您。"
NOTED = "已记为内部备注（{number}），客户看不到。要答复客户请回复「回复 {number} 您的话」。"
CORRECTED = "{number}已改为{category}·{severity}，由{owner}负责，期限{deadline}。回复「工单 {number}」可以查看。"
NO_CORRECTION = "请说清改成什么，比如「工单 {number} 改为 收费 严重」。类别：教学、服务、收费、场地、安全、其他；程度：紧急、严重、一般、轻微。"
HANDED = "{number}已转交{owner}，我已通知对方。您不用再处理，回复「工单 {number}」可以查看。"
NO_COLLEAGUE = "没有找到同事「{name}」。请写全名，比如「转交 {number} 李静」。"
TASK_GIVEN = "已派任务{task}（{number}），对方完成后我告诉您。完成前工单不能办结。"
NO_ROLE = (
    "请写清部门，比如「任务 {number} 后勤 修空调」。部门：教务、财务、后勤、行政、招生、主管。"
)
TASK_DONE = "任务{task}已完成（{number}），已告诉负责的同事。辛苦了，回复「我的工单」看看其他工单。"
NO_TASK = "没有找到您的任务{task}，请核对编号，或联系派任务的同事。"
CAUSE_NEEDED = (
    "办结{number}需要写原因，比如「办结 {number} 收费差错 已退回多扣的课时」。原因：{causes}。"
)
RESULT_NEEDED = "请写上处理结果，客户会看到，比如「办结 {number} 收费差错 已退回多扣的课时」。"
RESOLVED = "已把处理结果发给客户确认（{number}）。对方同意或3个工作日没有回复就办结。"
TASKS_OPEN = "{number}还有任务没完成。请先等任务完成；确要办结，请加上「不等任务：理由」。"
IS_CLOSED = "{number}已经办结了。客户说没有解决时会自动重新打开。"
NO_SAVED = "没有常用答复「{name}」。请在工单看板的「常用答复」里添加。现有：{names}。"
NONE_OPEN = "您手头没有待处理的工单，可以安心做别的事。有新工单我会马上推送给您。"
AWAY = "好的，{until}前不再给您分新工单。回来了请回复「我回来了」。"
BACK = "欢迎回来，新工单会照常分给您。回复「我的工单」看看手头的工单。"
UNNAMED_TALK = (
    "{number}是匿名反映，不能直接接待对方。请回复「回复 {number} 您的话」，对方照样能看到。"
)


def case(view: TicketView, deadline: str, lines: Sequence[str], url: str) -> str:
    """One ticket for whoever works on it."""
    said = "\n".join(lines)
    kind = (
        f"{words.CATEGORIES[view.category]}·{words.SEVERITIES[view.severity]}·"
        f"{words.STATUSES[view.status]}"
    )
    return (
        f"{view.number} {kind}\n由{view.owner_name or '（无人）'}负责，期限{deadline}\n{said}\n"
        f"详情和操作：{url}"
    )


def mine(found: Sequence[TicketView]) -> tuple[str, tuple[str, ...]]:
    """What somebody has to work on: a sentence and what to tap."""
    options = tuple(f"工单 {each.number}" for each in found)
    lines = "\n".join(
        f"{n}. {option} {words.STATUSES[each.status]}，{clock.local(due_of(each)):%m月%d日%H:%M}前"
        f"\n{spelled_out(each.text)[:30]}"
        for n, (option, each) in enumerate(zip(options, found, strict=True), 1)
    )
    return f"您手头的工单：\n{lines}\n点一下看详情，或回复「回复 T… 您的话」。", options


def due_of(view: TicketView) -> datetime:
    """The deadline that counts now."""
    return view.respond_due_at if view.status is TicketStatus.OPEN else view.resolve_due_at
