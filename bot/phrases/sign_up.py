"""Sentences of the sign-up form."""

from datetime import datetime

from backend.admissions.eligibility.schemas import Unmet
from backend.kit import clock
from backend.kit.money import yuan

ASK_CHILD = "请问孩子叫什么名字？"
ASK_GRADE = "孩子上几年级了？（比如：三年级）"
ASK_GUARDIAN = "请问家长怎么称呼？（填您的姓名）"
IS_THE_CHILD = (
    "「{name}」是孩子的名字，请问家长您怎么称呼？如果您和孩子同名，或者是您自己来学，再发一次就行。"
)
PHONE_LATER = "好的，报名要用的手机号接下来会问您，到时直接发新的号码就行。"
ASK_PHONE = "请留一个您的手机号，方便老师联系您。"
CANCELLED = "好的，这次报名先不办了，之前填的内容不会保留。想再报名时回复「报名」就行。"
NOT_A_NAME = "名字好像不太对，请只回复姓名，比如「李小明」。"
NOT_A_PHONE = "这个手机号好像不对，请检查一下，填11位手机号。"
NOT_A_GRADE = "没看懂是几年级，请这样回复：「三年级」「初一」或「大班」。"
ASK_YEARS = "孩子今年几周岁？（这门课对年龄有要求，比如：6岁）"
NOT_AN_AGE = "没看懂年龄，请回复几周岁，比如「6岁」。"
NEXT_CHILD = "好的，接着给{name}报名，家长和手机号沿用刚才的。"
OTHER_CHILD = "好的，接着给另一个孩子报名，家长和手机号沿用刚才的。"
_UNFIT = {
    Unmet.GRADE: "{course}不适合{child}现在的年级",
    Unmet.TOO_YOUNG: "{course}要满{age_from}周岁才能上，{child}还小一点",
    Unmet.TOO_OLD: "{course}收{age_to}周岁以下的孩子，{child}已经超过了",
    Unmet.AGE_UNKNOWN: "{course}对年龄有要求，还不知道{child}几岁",
    Unmet.PREREQUISITE: "{course}要先上过{before}，或者通过测评，{child}还没有记录",
    Unmet.PLACEMENT: "{course}报名前要先做一次测评，{child}还没有测评结果",
    Unmet.PLACEMENT_FAILED: "{child}这次的测评还没达到{course}的要求",
}
NO_CLASS_FOR_GRADE = (
    "目前没有适合{grade}的班在招。换个科目看看？回复「课程」查看全部，或「转人工」找顾问。"
)
ASK_CLASS_NUMBER = "想报哪个班？回复班级前的序号就行。"
INSTEAD = "暂时没有{wish}，可以看看下面这些；想等的话回复「转人工」，请顾问帮您留意。\n\n"
NOT_A_CLASS = "请回复班级前的序号，比如「1」。"
CONSENT_NEEDED = (
    "没有您的同意，我们不能保存孩子的信息，也就没法报名。"
    "同意请回复「同意」；要改内容，直接说哪一项写错了；不办了回复「取消」。"
)
CONFIRM = "核对无误请回复「同意」；有写错的，直接告诉我哪一项；不办了回复「取消」。"
BACK = "咱们接着报名："
STILL_OPEN = "上次的报名还没办完，咱们接着来（不办了回复「取消」）。"
WAY_OUT = "想请老师帮忙填，回复「转人工」；不办了回复「取消」。"
LIST_HOLDS = "上面的选项都还在，回复序号就行。"
MEANWHILE = "填好的内容都给您留着，想自己接着填也随时可以。"
PAID_ALREADY = "这笔报名已经付款了，要改的内容我请教务老师帮您改。"
ORDERS_CANCELLED = "好的，未付款的报名已取消，名额也放开了。想再报名时回复「报名」就行。"
IS_FULL = "{name}已经报满了。想等名额回复「候补」，想看别的班告诉我时间或校区。"
FULL = "抱歉，{name}刚刚报满了。想等这个班的名额，回复「候补」。"
FIXED = "好的，{what}已改为{value}。"
FIX = "好的，请重新告诉我{what}。"

TRIAL_FIRST = "报名先放着，填好的都给您留着；听完想报，回复「报名」接着填就行。"
NO_PHONE = (
    "不想留号码没关系：回复「转人工」请老师帮您办，或者直接到校区报名，回复「地址」能看到怎么走。"
    "填好的内容都给您留着，想接着填，把手机号发给我就行。"
)


def why_phone(privacy_url: str) -> str:
    """Why the form asks for what it asks, in one honest sentence (PIPL §17)."""
    return (
        "手机号是为了给您留住名额、上课有变动时联系到您，加密保存，"
        f'员工查看会留下记录，详见<a href="{privacy_url}">《个人信息保护告知》</a>。'
    )


def ask_own_child(names: list[str]) -> str:
    """Which of the family's children it is for."""
    if len(names) == 1:
        return f"是给{names[0]}报吗？回复「是」；给别的孩子报，请回复孩子的姓名。"
    listed = f"{'、'.join(names[:-1])}还是{names[-1]}"
    return f"给{listed}报？回复名字就行；给别的孩子报，请回复孩子的姓名。"


def ask_child_of(address: str) -> str:
    """Somebody has said who they are and not who it is for."""
    return f"{address}您好！请问孩子的全名叫什么？（比如：李小明）"


def guessed(age: str, grade: str) -> str:
    """A grade that nobody has named, said as the guess it is."""
    return f"{age}一般是{grade}，我先按{grade}找；不对的话，直接告诉我几年级。"


def on_file(name: str, masked_phone: str) -> str:
    """What a family need not be asked again."""
    return f"{name} {masked_phone}（已登记）"


def opening(class_name: str | None) -> str:
    """The first words of the form, naming the class that was chosen already."""
    what = f"报名「{class_name}」" if class_name else "报名"
    return f"好的，我来帮您{what}，大约一分钟。"


def ask_class(listed: str) -> str:
    """The classes that fit, to be chosen by number."""
    return f"请选择班级，回复序号：\n\n{listed}"


def not_eligible(facts: dict[str, object]) -> str:
    """Why a child cannot sign up for a course (yet), and what to do."""
    why = _UNFIT[Unmet(str(facts["why"]))].format_map(facts)
    return f"{why}，所以这个班暂时报不了。想约测评或请老师推荐合适的班，回复「转人工」；也可以换一个班。"


def other_ways(names: list[str], *, is_term: bool) -> str:
    """Other ways to buy lessons of the class, and how to choose one."""
    ways = names if is_term else ["整期", *names]
    return f"{'、'.join(ways)}，想换直接回复名称"


def ask_consent(lines: dict[str, str], privacy_url: str, contract_url: str) -> str:
    """The summary, the contract and the consent in one (PIPL §§14, 29, 31)."""
    summary = "\n".join(f"{name}：{value}" for name, value in lines.items())
    return (
        f"请核对：\n{summary}\n\n"
        f'为办理报名和上课，我们需要保存以上信息，详见<a href="{privacy_url}">《个人信息保护告知》</a>。'
        "孩子未满14周岁的，您的同意也是监护人对处理孩子信息的单独同意。"
        f'课程、收费和退费按<a href="{contract_url}">《培训服务合同》</a>办理，付款后生效。'
        "信息无误并同意，请回复「同意」；有写错的，直接告诉我哪一项。"
    )


def pay_order(description: str, number: str, expires_at: datetime) -> str:
    """What the card of a waiting order says."""
    return (
        f"{description}\n订单号 {number}\n"
        f"请在{clock.local(expires_at):%m月%d日%H:%M}前付款，点这里用微信支付。"
    )


def pay_title(total_fen: int) -> str:
    return f"待付款 {yuan(total_fen)}"


def pay_description(
    child: str, class_name: str, number: str, expires_at: datetime, *, has_seat: bool = True
) -> str:
    """What the payment card says."""
    if not has_seat:
        return pay_order(f"{child} · {class_name}", number, expires_at)
    return (
        f"{child} · {class_name}\n订单号 {number}\n"
        f"名额为您保留到{clock.local(expires_at):%H:%M}，点这里用微信支付，付款后自动报名成功。"
    )
