"""Sentences around a talk that a person leads: to the customer, and to whoever leads it."""

from datetime import datetime

from backend.kit import clock
from backend.students.schemas import TakeoverView

BACK = "好的，和老师的对话结束了，现在由我继续为您服务。查课程、课表都可以直接告诉我。"
BACK_AFTER_SILENCE = "老师这边先聊到这里，现在由我继续为您服务。还要找老师，回复「转人工」就行。"
SORRY_NOBODY = (
    "抱歉，老师们都在忙，没能及时回复您。您的问题已经登记，老师会尽快答复；"
    "着急可以打校区电话，回复「地址」能看到。"
)
COLLEAGUE = "抱歉让您久等了，已经为您换了一位老师，马上来回复您。您可以继续写在这里。"
COMES_AT_ONCE = "负责人现在就来和您说，您可以继续写在这里，每句话都会转到。"
ASK_END = "好的，您的话已经转给老师。不需要老师了就回复「结束」，还有问题请直接写。"
SENT = "已发给{customer}（{number}号）。聊完回复「结束 {number}」。"
ENDED = "{number}号的对话已结束，小助手继续接待对方。要再联系客户，回复「接管 客户编号」就行。"
TAKEN = "{customer}（{number}号）现在由您接待，小助手不再说话。直接打字对方就能看到，聊完回复「结束 {number}」。"
CHOSEN = "好的，接下来您打的字会发给{customer}（{number}号）。换人请回复「切到 号码」。"
NOT_YOURS = "{number}号由其他同事接待。需要接手请回复「接管 {number}」，或联系校区主管。"
NO_SUCH_TALK = "没有找到{number}号对话，可能已经结束。要找这位客户，请看「我的客户」。"
NO_TALKS = "您现在没有正在接待的客户。要接待客户，回复「接管 客户编号」，比如「接管 客户3」。"
HAS_A_PERSON = "这位客户正由同事接待（{number}号）。需要接手请回复「接管 {number}」。"
GREETING = "您好，我是{name}，您的问题我看到了，马上为您处理，请稍等。"
NO_LINES = "还没有聊天记录。直接打字，对方就能看到。"
WHO = {"customer": "客户", "bot": "小助手", "staff": "老师"}


def opens(at: datetime) -> str:
    """«明天09:00»: when somebody is there again."""
    days = (clock.local(at).date() - clock.today()).days
    day = {0: "今天", 1: "明天", 2: "后天"}.get(days, f"{clock.local(at):%m月%d日}")
    return f"{day}{clock.local(at):%H:%M}"


def out_of_hours(at: datetime) -> str:
    """Nobody works now; the bot goes on until somebody does."""
    return (
        f"现在是老师的休息时间，{opens(at)}上班后第一时间回复您，您的话我都记下了。"
        "在这之前，课程、课表这些问题可以直接问我。"
    )


def noted(at: datetime) -> str:
    """Something more for the person who will be there later."""
    return f"已经记下了，老师{opens(at)}上班后一起回复您。课程、课表这些问题现在就可以问我。"


def overnight(at: datetime) -> str:
    """The owner has gone home in the middle of the talk."""
    return f"已经转给老师了，老师{opens(at)}上班后回复您。不想等的话回复「结束」，我先来帮您。"


def which(talks: list[TakeoverView]) -> str:
    """Several customers, and it is not clear who is meant: nothing was sent."""
    lines = "\n".join(f"{talk.id}号 {talk.customer}：{talk.last_said[:20]}" for talk in talks)
    first = talks[0].id
    return (
        f"您正在接待{len(talks)}位客户，这句话还没有发出：\n{lines}\n"
        f"请回复「回复 {first} 内容」，或先回复「切到 {first}」。"
    )


def briefing(talk: TakeoverView, lines: list[tuple[str, str]]) -> str:
    """What was said so far (who, words), and answers that can be sent by number."""
    said = "\n".join(f"{WHO[who]}：{words}" for who, words in lines)
    parts = [f"{talk.customer}（{talk.id}号）最近的聊天：\n{said}" if said else NO_LINES]
    if talk.suggestions:
        offered = "\n".join(f"{n}. {text}" for n, text in enumerate(talk.suggestions, 1))
        parts.append(f"可以直接回复序号发送：\n{offered}")
    return "\n\n".join(parts)
