"""Sentences that belong to no single flow."""

from datetime import datetime

from backend.kit import clock
from backend.kit.errors import DomainError

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

GREETING = "您好，我是学校的小助手，很高兴为您服务！"
HELLO = "您好，我在的。"
WHAT_ABOUT = (
    "您好，我在的。您想了解哪方面？比如「周末有英语班吗」「多少钱」「在哪里」，直接问就行。"
)
WELCOME = (
    "您好，欢迎关注！我是学校的小助手，可以帮您：\n"
    "· 查课程、价格和名额，比如「周末有英语班吗」\n"
    "· 在线报名缴费，回复「报名」\n"
    "· 已经是学员，回复「绑定」就能查课表、课时和请假\n"
    "· 提意见或投诉，直接说给我听就行\n"
    "想先了解哪门课呢？"
)
CAPABILITIES = (
    "我可以帮您：\n"
    "· 查课程和价格、在线报名、续费、退费\n"
    "· 查课表、剩余课时和出勤，请假、补课、转班、停课\n"
    "· 绑定、换手机号、让家人也能看、设置消息\n"
    "· 提意见或投诉（可以匿名），查进度\n"
    "· 查看、导出或删除您的资料\n"
    "直接用一句话告诉我就行，需要老师时回复「转人工」。"
)
BIND_FIRST = "已经是学员的话，回复「绑定」核对手机号，以后请假、补课、查课时马上就能办。"
PARENT = (
    "您好！已经是学员，回复「绑定」核对手机号就能查课表、请假；还没报名，想了解哪门课直接问我。"
)
THANKS = "不客气，还有需要随时叫我。"
GOODBYE = "再见，祝您生活愉快！有事随时给我留言。"
BOT = "我是学校的智能小助手。想找老师的话，回复「转人工」就行。"
NOTHING_TO_CONFIRM = "好的。接下来想了解课程、报名，还是查课表？直接告诉我就行。"
NOTHING_TO_CANCEL = "好的，没有正在办理的事项。需要时随时告诉我，比如「报名」或「课表」。"
OUT_OF_SCOPE = (
    "这个我帮不上忙，课程、报名、课表方面的问题都可以问我。想了解哪门课呢？",
    "这方面我不太在行。学校的课程和报名我都熟，您想先看哪一门？",
    "这件事我办不了。要查课程、课表可以直接问我，要找老师请回复「转人工」。",
)
NO_TEXT = "收到啦。麻烦您用文字说一下需要什么，我马上帮您办。"
NO_WORDS = "收到啦。想了解课程请回复「课程」，要找老师请回复「转人工」。"
OUR_MISTAKE = "抱歉，刚才我这边出了点小状况。麻烦您再说一遍，或回复「转人工」找老师。"
# What an intent would be called in a question, for choosing between near meanings.
QUESTIONS = {
    "ask_course": "了解课程",
    "ask_price": "问价格",
    "ask_class_time": "问开课时间",
    "ask_teacher": "了解老师",
    "ask_campus": "问地址",
    "book_trial": "预约试听",
    "sign_up": "报名",
    "my_schedule": "查课表",
    "my_balance": "查剩余课时",
    "my_orders": "查订单",
    "pay": "付款",
    "request_leave": "请假",
    "request_refund": "申请退费",
    "change_class": "换班",
    "complain": "投诉",
    "give_feedback": "提建议",
    "request_human": "找老师",
}
UNCLEAR = (
    "不好意思，我没太明白。您是想了解课程、报名，还是查课表？",
    "这句我没看懂，麻烦换个说法，比如「周末有英语班吗」。要找老师请回复「转人工」。",
    "还是没弄明白您的意思。可以说得具体一点，或回复「转人工」，我请老师来帮您。",
    "这个我没听懂，抱歉。查课程回复「课程」，查上课时间回复「课表」，找老师回复「转人工」。",
    "我可能理解得不对。您直接说想办的事，比如「报名」「请假」，或回复「转人工」。",
)


def when_answered(at: datetime) -> str:
    """«今天18:00前回复您»: until when somebody will have answered."""
    days = (clock.local(at).date() - clock.today()).days
    day = {0: "今天", 1: "明天"}.get(days, f"{clock.local(at):%m月%d日}")
    return f"{day}{clock.local(at):%H:%M}前回复您"


def turned_to_person(due_at: datetime) -> str:
    """A person takes over."""
    return f"我已经请老师来帮您了，{when_answered(due_at)}。您可以先把情况写在这里。"


def passed_on(who: str, due_at: datetime) -> str:
    """Somebody responsible has been told."""
    return f"已经转告{who}，{when_answered(due_at)}。有要补充的直接发给我就行。"


def added(due_at: datetime) -> str:
    """What was said has reached the person who is to answer."""
    if due_at <= clock.now():
        return (
            "已经转告老师了，我再催一下，请您稍等。急事也可以直接打校区电话，回复「地址」能看到。"
        )
    return f"已经转告老师，{when_answered(due_at)}。还有要补充的直接发给我就行。"


def unclear(times: int) -> str:
    """What to say to the n-th misunderstanding of a talk (from 1): not the same again until all
    others have been said."""
    return UNCLEAR[(times - 1) % len(UNCLEAR)]


def outside(times: int) -> str:
    """What to say to the n-th question of a talk (from 1) that a school is not asked."""
    return OUT_OF_SCOPE[(times - 1) % len(OUT_OF_SCOPE)]


def choose_between(questions: list[str]) -> str:
    """A short question between near meanings."""
    options = "\n".join(f"{number}. {question}" for number, question in enumerate(questions, 1))
    return f"您是想：\n{options}\n点一下或回复序号就行。"


def broken_rule(error: DomainError) -> str:
    """A sentence for a rule that said no, by the rule's name."""
    sentence = _BROKEN.get(type(error).__name__, _BROKEN["DomainError"])
    return sentence.format_map(_Facts(error.facts))


class _Facts(dict[str, object]):
    """Facts by name; a sentence never fails for a missing one."""

    def __missing__(self, key: str) -> str:
        return ""


_BROKEN = {
    "DomainError": "抱歉，这件事现在办不了。您可以换个说法，或回复「转人工」找老师。",
    "NotFound": "没有找到您说的内容。您可以回复「课程」看看在招的班。",
    "NotAllowed": "这项操作需要相应的权限。如有需要，请联系校长开通。",
    "SeatTaken": "抱歉，{class_name}刚刚报满了。回复「课程」可以看看其他班。",
    "AlreadySignedUp": "{child_name}已经在{class_name}上课了，不用重复报名。回复「课表」可以查看上课时间。",
    "Clash": "孩子这个时间已经有{class_name}的课了。回复「课程」看看其他时间的班，或回复「转人工」。",
    "AlreadyEnrolled": "孩子已经在这个班了，不用重复报名。回复「课表」可以查看上课时间。",
    "PriceMissing": "{class_name}的价格正在更新，暂时不能下单。回复「转人工」，请顾问为您确认。",
    "InArrears": "{course}还有{amount}没付，新的约课和报名先暂停，付过的课照常上。付款请回复「付分期」，有困难请回复「转人工」。",
    "ClaimedByOther": "这位客户已经由{name}跟进了。回复「我的客户」看看您手头的咨询。",
    "BilledDifferently": "您已有一个待付款订单。回复「我的订单」查看，或回复「取消订单」后重新报名。",
    "OrderNotPayable": "这个订单现在不能付款了。回复「我的订单」看看最新情况。",
    "LinkInvalid": "这个链接已失效。请回到聊天重新获取。",
}
