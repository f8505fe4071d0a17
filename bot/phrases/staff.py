"""Sentences for staff."""

from backend.admissions.schemas import LeadView
from backend.finance.schemas import Takings
from backend.kit import clock
from backend.kit.links import spelled_out
from backend.kit.money import yuan
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Role, Scope

_CAPABILITIES = (
    (Permission.SEE_LEADS, "「我的客户」看咨询"),
    (Permission.CLAIM_LEAD, "「认领」接客户"),
    (Permission.LOG_FOLLOW_UP, "「客户12 说周六来试听」记跟进"),
    (Permission.LOG_FOLLOW_UP, "「明天该跟进谁」看安排"),
    (Permission.SEE_FIGURES, "「今天招生怎么样」看数据"),
    (Permission.SEE_PAYMENTS, "「今天收了多少钱」看收款"),
    (Permission.TAKE_ATTENDANCE, "「点名」或「更正点名」，「今天谁请假了」看缺课"),
    (Permission.KEEP_REMINDERS, "「明天提醒发给谁」看提醒"),
    (Permission.ANSWER_TICKET, "「我的工单」看手头的工单，「回复 工单号 内容」答复客户"),
    (Permission.ANSWER_TICKET, "「不在岗到明天」暂停派单，「我回来了」恢复"),
    (Permission.BOOK_ROOM, "「哪个教室空着」看空教室"),
    (Permission.REPORT_FAULT, "「报修」报告故障"),
)
_OWN_LESSONS = (
    "「课表」看自己的课，「请假」找人代课，「这个月上了多少节课」看课时",
    "「小结 今天大家……」把课堂反馈发给家长",
)
_ARRANGES = "「代课 编号 同意」或「代课 编号 换 姓名」安排代课"
_ALWAYS = "「转人工」找同事帮忙"
UNCLEAR = "这句我没看懂，麻烦换个说法。回复「帮助」看您能用的功能，要找同事请回复「转人工」。"
AGREED = "好的。需要什么直接告诉我，回复「帮助」可以看您能用的功能。"
NO_OWN_CHILDREN = (
    "您的微信没有绑定孩子，所以没有课时可查。查学员请到工作台，回复「我的信息」可以看绑定情况。"
)
NO_TASKS = "您手头没有待办。有新工单或新客户，我会马上推送给您。"
REFUNDS_TITLE = "退费审批"
REFUNDS = "点开看等待审批的退费。"
NOT_YET = "这件事目前还不能在聊天里办。回复「帮助」可以看您现在能用的功能。"
OTHER_ROLE = "这项功能不在您的岗位权限里。需要的话请联系校长开通，回复「帮助」看您能用的功能。"
NO_SUCH_LEAD = "没有找到客户{id}，可能已经结束跟进。回复「我的客户」看看您手头的咨询。"
NO_SUCH_TICKET = "没有找到工单{number}，请核对一下推送里的编号再发一次。"
OTHERS_TICKET = "工单{number}由其他同事负责。需要接手的话，请联系校区主管。"
NO_LEADS = "您手头没有待跟进的客户。有新咨询时我会马上推送给您。"
CLAIMED = "认领成功：客户{id}，想了解「{interest}」。请尽快联系，回复「我的客户」查看全部。"
ANSWERED = "已把答复发给客户（{number}）。对方再有问题，我会继续推送给您。"
TAKEN_ENOUGH = "今天领取的客户够多了，请先联系手头的客户，明天再领。回复「我的客户」看看。"
NOTHING_TO_CLAIM = "没有等您认领的客户。回复「我的客户」看看手头的咨询。"
STAFF_ONLY = "这是员工功能。如果您是老师，请联系校长为您的微信开通。有课程问题可以直接问我。"


def capabilities(role: Role | None) -> str:
    """What a member of staff can do in the chat, as the table of permissions says."""
    own = [words for permission, words in _CAPABILITIES if may(role, permission)]
    if scope_of(role, Permission.SEE_LESSONS) is Scope.OWN:
        own[:0] = _OWN_LESSONS
    if scope_of(role, Permission.TAKE_ATTENDANCE) in (Scope.CAMPUS, Scope.ALL):
        own.append(_ARRANGES)
    return "您可以发：\n" + "\n".join(f"· {each}" for each in (*own, _ALWAYS))


def leads(found: list[LeadView]) -> str:
    """An advisor's open leads."""
    lines = []
    for lead in found:
        family = "老学员家长，" if lead.is_of_family else ""
        state = "待认领" if lead.claimed_at is None else "跟进中"
        due = (
            f"，{clock.local(lead.next_follow_up_at):%m月%d日%H:%M}前联系"
            if lead.next_follow_up_at
            else ""
        )
        lines.append(f"{lead.title}（{family}{state}{due}）：{spelled_out(lead.interest)[:40]}")
    return "\n".join(lines) + "\n\n认领请回复「认领 客户编号」，比如「认领 1」。"


def takings(when: str, found: Takings, *, is_campus: bool) -> str:
    """What came in and went back, with where the rest is."""
    where = "本校区" if is_campus else ""
    back = f"，退款{found.back}笔共{yuan(found.back_fen)}" if found.back else ""
    return (
        f"{when}{where}收款{found.count}笔共{yuan(found.fen)}{back}。"
        "换个时间也可以问，比如「昨天收了多少钱」，明细请到工作台查看。"
    )


REMINDERS_TITLE = "{day}的提醒"
REMINDERS = (
    "{day}按规则会发{told}条提醒，给{people}人；另有{left_out}条不发。点开看名单、内容和原因。"
)
NO_REMINDERS = "{day}没有提醒要发。点开可以添加规则，看过预览再启用。"
