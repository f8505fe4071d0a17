"""Sentences about who is who: binding, unbinding, freezing, invitations and one's own details."""

from datetime import datetime

from backend.kit import clock

ONLY_IN_WECHAT = "绑定要在微信公众号里办：请在微信里打开我们的公众号，回复「绑定」。"
ASK_PHONE = "好的，来核对一下身份。请告诉我您登记在学校的11位手机号。"
ASK_CODE = "如果{phone}登记过，几秒内会收到短信验证码，5分钟内有效。请把6位数字发给我；没收到请回复「重发」。"
ASK_CODE_NEW = "验证码已发到{phone}，5分钟内有效。请把6位数字发给我；没收到请回复「重发」。"
CODE_WAITS = "请把短信里的6位验证码发给我。没收到请回复「重发」，不办了请回复「算了」。"
CODE_ON_ITS_WAY = "验证码已经在路上，请等一分钟再试。收到后把6位数字发给我就行。"
CODE_WRONG = "验证码不对，请看一下最新那条短信，再发一次6位数字；也可以回复「重发」。"
CODE_DEAD = "这个验证码已经失效了。请回复「重发」，我再发一个新的。"
CODES_ENOUGH = "验证码发得有点多了，为了安全请晚些再试。着急的话请回复「转人工」。"
NOT_A_CODE = "验证码是6位数字，请再发一次；没收到请回复「重发」。"
ASK_NAME = "为确认是您本人，请再告诉我登记的家长或孩子的全名。"
NAME_WRONG = "和登记的对不上。请再核对一下登记的全名，或回复「转人工」请老师帮您。"
PROOF_SPENT = "对不上的次数多了，这次先停下。请回复「绑定」重新开始，或回复「转人工」找老师。"
FOR_STAFF_TO_CHECK = "手机号已核对。这个号码在档案里还没确认过，我已请老师核对，办好马上告诉您。着急请回复「转人工」。"
BOUND_TO_OTHER = "您的微信已经绑定了另一位家长。想换绑，请先回复「解绑」，再回复「绑定」。"
BIND_CANCELLED = "好的，先不绑定。需要时回复「绑定」就行。"
BIND_BACK = "咱们接着绑定。"
CANCELLED = "好的，这次先不办。需要时随时告诉我。"
BACK = "咱们接着刚才的。"
NO_PHONE_NEEDED = "您已经绑定过，不用发手机号。"
NOT_BOUND = "您的微信还没有绑定。请回复「绑定」，用登记的手机号核对一下就好。"
PROVE_FIRST = "办这件事要先核对您的手机号。请回复「绑定」，核对好再来一次就行。"
UNBOUND = "已经解绑，这个微信看不到孩子的信息了，订单和聊天都还在。想恢复请回复「绑定」。"
UNBIND_UNPROVEN = "您的手机号还没核对过，解绑后恢复要请老师核对；建议先回复「绑定」核对。"
CONFIRM_UNBIND = "请回复「确认」解绑，或回复「算了」保留。"
FROZEN = (
    "这个微信已被冻结，暂时不能查看和办理任何事情，资料都还在。"
    "微信已找回的话，请回复「解冻」：先核对登记手机号，再由老师确认。"
)
THAW_ASKED = "手机号已核对，已请老师确认解除冻结，办好马上告诉您。着急请打校区电话。"
THAW_IMPOSSIBLE = "档案里没有可以核对的手机号，请带证件到校区，请老师解除冻结。"
THAW_CANCELLED = "好的，仍然保持冻结。需要时回复「解冻」。"
NOTHING_TO_FREEZE = "没有查到别的微信绑定在您或孩子名下，没有需要冻结的。有疑问请回复「转人工」。"
FROZEN_NOW = "已经冻结{label}，它现在什么都看不到、办不了，订单和聊天都还在。找回后在那个微信里回复「解冻」。"
FROZEN_BY_CODE = (
    "已经冻结这个手机号名下的{count}个微信，资料都还在。想用现在这个微信，请回复「绑定」。"
)
FREEZE_CANCELLED = "好的，没有冻结任何微信。有异常随时回复「冻结」。"
ASK_FREEZE_PHONE = "别急，马上帮您冻结。请告诉我您登记在学校的11位手机号，核对验证码后立即生效。"
INVITATION_MADE = (
    "好的。请把下面这条转发给要邀请的家长，48小时内有效，只能用一次：\n\n"
    "在公众号里发送「邀请码 {code}」，就能看到{children}的课表和通知。\n\n"
    "对方核对手机号后，我会请您确认。"
)
INVITATION_GONE = "这个邀请码已失效。请让邀请您的家长再发一个，或回复「转人工」。"
INVITATIONS_ENOUGH = "今天的邀请已经有好几个了，请明天再试，或回复「转人工」找老师。"
ASK_OWN_NAME = "您收到了一位家长的邀请。请先告诉我您的姓名。"
ASK_OWN_PHONE = "请告诉我您本人的手机号，用来核对身份。"
INVITATION_ANSWERED = "好的，已经请邀请您的家长确认。对方确认后我马上告诉您。"
NOTHING_INVITED = "目前没有等您确认的邀请。想邀请家人，请说「让孩子爸爸也能看」。"
INVITED = "已确认，{name}现在也能看到{children}的课表和通知了。想查看绑定情况，请回复「我的信息」。"
REFUSED = "好的，已拒绝{name}的邀请，对方什么都看不到。"
ASK_NEW_PHONE = "好的，换手机号。请告诉我新的11位手机号。"
ASK_OLD_CODE = (
    "还要核对原来的手机号{phone}，验证码已发过去，请把6位数字发给我。原号不用了请回复「旧号停用」。"
)
SAME_PHONE = "这就是现在登记的号码，不用换。请告诉我新的手机号，或回复「算了」。"
PHONE_CHANGED = "换好了，登记手机号现在是{phone}。想查看请回复「我的信息」。"
ASK_REASON = "没关系，请说一下原因（比如「旧号已注销」），我请老师核对后为您更换。"
WAITS_FOR_STAFF = "收到，「{title}」改为{after}，要请老师核对，通过后马上告诉您。"
CHANGED = "已经改好：{title} {before} → {after}。改错了回复「撤销」就行。"
SAME_VALUE = "{title}现在就是{after}，不用改。还要改别的，直接告诉我。"
UNDONE = "已撤销，{title}恢复为{after}。"
NOTHING_TO_UNDO = "没有可以撤销的修改。想改信息直接告诉我，比如「年级改成四年级」。"
TOO_MANY_WAITING = "您有好几项修改还在等老师核对，等有结果了再来吧。着急请回复「转人工」。"
ASK_VALUE = "请告诉我新的{title}。"
ASK_VALUE_AGAIN = {
    "student.grade": "没看出是几年级。请说得具体一点，比如「三年级」。",
    "student.birth_on": "请按「2016年5月1日」这样告诉我生日。",
    "guardian.email": "这不像邮箱地址，请再发一次，比如「name@example.com」。",
}
NOT_A_NAME = "没看出姓名。请只发姓名，比如「王小明」。"
UNCLEAR_VALUE = "没太看明白，请只发新的内容，或回复「算了」。"
STAFF_DETAILS = "员工信息由信息安全老师在「员工账号」里修改，请联系他办理。"
ALL_OF_THEM = "都是"
ABOUT_TITLE = "我的信息"
ABOUT_VISITOR = "保存了您和我的聊天。已经是学员，请回复「绑定」，就能看到自己的资料。"
ABOUT_CARD = "查看完整信息、管理绑定的微信，点开就行。"


def which_person(names: list[str]) -> str:
    """A phone that several people share."""
    return "这个号码登记了几位，您是：\n" + _numbered(names) + "\n点一下或回复序号就行。"


def which_child(names: list[str]) -> str:
    """«小明还是小红？»"""
    question = f"是{'还是'.join(names)}？" if len(names) == 2 else "是哪个孩子？"
    return f"{question}\n{_numbered([*names, ALL_OF_THEM])}\n点一下或回复序号就行。"


def which_child_only(names: list[str]) -> str:
    """The same where only one will do."""
    return f"改哪个孩子的？\n{_numbered(names)}\n点一下或回复序号就行。"


def which_wechat(labels: list[str]) -> str:
    """Which one was stolen."""
    return f"要冻结哪个微信？冻结后立即生效。\n{_numbered(labels)}\n回复序号，或回复「算了」。"


def which_detail(titles: list[str]) -> str:
    """What is to be changed."""
    return f"可以，您想改哪一项？\n{_numbered(titles)}\n点一下或回复序号就行。"


def bound(children: tuple[str, ...], staff_name: str | None, learner: str | None) -> str:
    """Who a WeChat now speaks for, and what it can do."""
    parts = []
    if children:
        parts.append(f"{'、'.join(children)}的家长")
    if learner:
        parts.append(f"学员{learner}")
    if staff_name:
        parts.append(f"员工{staff_name}")
    after = "回复「课表」看上课时间" if children or learner else "回复「功能」看能办的事"
    return f"绑定成功，您是{'、'.join(parts)}。{after}，换手机了也可以随时回复「解绑」。"


def confirmed(children: tuple[str, ...]) -> str:
    """The phone on the own file is confirmed."""
    return f"手机号已核对，您是{'、'.join(children)}的家长。回复「课表」可以看上课时间。"


def confirm_unbind(who: str, *, is_proven: bool) -> str:
    """Before a WeChat is let go."""
    warning = "" if is_proven else UNBIND_UNPROVEN
    return f"解绑后，这个微信看不到{who}的课表、课时和通知。{warning}{CONFIRM_UNBIND}"


def for_child(names: list[str]) -> str:
    """Whom the answer is about."""
    return f"好的，{'、'.join(names)}。"


def about(
    *,
    name: str,
    role: str,
    phone: str,
    is_proven: bool,
    children: list[str],
    bound_at: datetime | None,
    consents: list[str],
    wechats: int,
    is_staff: bool,
) -> str:
    """What we know of somebody, in short."""
    lines = [f"您是{name}（{role}）。" if name else f"您是{role}。"]
    if phone:
        proven = "已核对" if is_proven else "未核对，回复「绑定」核对"
        lines.append(f"手机号：{phone}（{proven}）")
    if children:
        lines.append(f"孩子：{'、'.join(children)}")
    if bound_at:
        lines.append(f"绑定时间：{clock.local(bound_at):%Y年%m月%d日}")
    if wechats > 1:
        lines.append(f"您和家人共绑定了{wechats}个微信")
    if not bound_at and not is_staff:
        return "\n".join([*lines, ABOUT_VISITOR])
    if is_staff and not children:
        return "\n".join([*lines, STAFF_DETAILS])
    lines.append(f"同意过：{'、'.join(consents)}" if consents else "还没有同意过任何条款")
    whose = "孩子的" if children else ""
    lines.append(
        f"另外保存了您的聊天、订单和{whose}学习记录。想修改直接告诉我，想停用请回复「解绑」。"
    )
    return "\n".join(lines)


def _numbered(names: list[str]) -> str:
    return "\n".join(f"{number}. {name}" for number, name in enumerate(names, 1))
