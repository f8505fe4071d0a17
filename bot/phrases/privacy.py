"""Sentences about the student file: copies, consents, who looked, and the way out."""

from backend.kit import clock
from backend.students.file.consents import Wording
from backend.students.file.words import ErasureView, LookView

NO_FILE = (
    "还没有查到和您微信绑定的学员档案。已经是学员，请回复「绑定」；想了解我们怎样保护信息，"
    "请点开《个人信息保护告知》：{url}"
)
FILE_TITLE = "学员档案"
FILE = "点开查看{name}的资料、课程、订单和同意记录，也可以补充或更正。"
EXPORT = (
    "好的，正在整理您和孩子的资料，备好后把下载链接发到这里（PDF和机器可读的JSON，7天内有效）。"
    "链接只有您本人能打开，请留意消息。"
)
EXPORT_WITHOUT_FILE = (
    "好的，您还没有绑定学员档案，我们把您在这里咨询、试听和回电的记录整理成PDF和JSON，"
    "备好后把下载链接发到这里，7天内有效。已经是学员，请先回复「绑定」。"
)
NO_LOOKS = "目前还没有老师查看过孩子被遮盖的资料（手机、证件、住址、健康）。有人查看时会留痕，随时可以再问。"
LOOKS_TITLE = "全部查看记录"
LOOKS_CARD = "点开查看每一次是谁、什么时候、为什么看的。"
NOTHING_TO_WITHDRAW = "您目前没有可以撤回的同意。想看看都有哪些用途，请点开同意管理。"
CONSENTS_TITLE = "同意管理"
CONSENTS = "点开查看每一项用途的说明，随时可以同意或撤回。"
ERASURE_ASKED = (
    "申请已提交（{number}），负责人会在{until}前审批，结果发到这里。"
    "改变主意的话，审批前回复「撤回删除申请」。"
)
ERASURE_RUNNING = "您的申请（{number}）已经批准，正在删除，完成后给您发删除证明，请稍候。"
ERASURE_TAKEN_BACK = "好的，删除申请已撤回，资料都保留着。需要时再发送「删除我的资料」。"
NO_ERASURE = "您没有等待审批的删除申请。想了解怎样删除，请发送「删除我的资料」。"
GUARDIANS_FILE = (
    "您的档案是家长登记的，请家长在自己的微信里发送「删除我的资料」；想自己办，请回复「转人工」。"
)
KEPT_CONSENT = "好的，不撤回，一切照旧。想查看各项同意，回复「同意管理」就行。"
KEPT_FILE = "好的，不删除，资料都保留着。想留一份副本，回复「导出我的资料」就行。"
CONFIRM_ERASURE = "确认删除"


def looks(found: dict[str, list[LookView]]) -> str:
    """Who looked, the newest first, three a child."""
    lines = []
    for child, views in found.items():
        if not views:
            lines.append(f"{child}：还没有人查看过。")
        for view in views[:3]:
            at = clock.local(view.at)
            lines.append(
                f"{child}：{at:%m月%d日 %H:%M} {view.role}{view.who}看了{'、'.join(view.fields)}"
                f"（{view.reason}：{view.note}）"
            )
    return "\n".join(lines) + "\n觉得不妥，直接回复「投诉」。"


def ask_withdrawal(wordings: list[Wording]) -> str:
    """Which consent to take back."""
    lines = [f"{number}. {option(each)}" for number, each in enumerate(wordings, 1)]
    return "您想撤回哪一项？点一下或回复序号：\n" + "\n".join(lines) + "\n不撤回的话回复「取消」。"


def option(wording: Wording) -> str:
    """What a tap says."""
    return f"撤回同意：{wording.title}"


def withdrawn(wording: Wording) -> str:
    """What stops, and what goes on and why."""
    return (
        f"已撤回「{wording.title}」的同意，马上生效。\n停止：{wording.stops}\n继续：{wording.goes_on}\n"
        f"想恢复，回复「同意{wording.title}」。"
    )


def given(wording: Wording) -> str:
    """A consent by chat."""
    return f"好的，已记录您同意「{wording.title}」（版本{wording.version}）。随时可以回复「撤回同意」。"


def ask_anew(wordings: list[Wording]) -> str:
    """The words of a purpose have changed."""
    names = "、".join(f"「{each.title}」" for each in wordings)
    return f"{names}的说明有更新，请点开看一看，同意后继续有效。"


def explain_erasure() -> str:
    """What is erased, what is kept and why (PIPL §47)."""
    return (
        "删除前请您知道：\n"
        "马上删：您和孩子的姓名、手机、证件、住址、健康情况、咨询试听和回电记录、聊天内容和图片，并解除微信绑定。\n"
        "依法保留：订单、收款和凭证（《会计法》《会计档案管理办法》，30年）、合同履行记录"
        "（《电子商务法》第31条，3年），会去掉姓名、手机和微信标识。\n"
        "由负责人审批，15个工作日内答复，删除后不能恢复。"
        "想先留一份，回复「导出我的资料」；确定要删，回复「确认删除」。"
    )


def first_do(obstacles: list[str]) -> str:
    """What has to be settled before."""
    lines = "\n".join(f"· {each}" for each in obstacles)
    return f"现在还不能删除，请先办好：\n{lines}\n办好后再发送「删除我的资料」。"


def erasure_stands(view: ErasureView) -> str:
    """An erasure that is under way."""
    number = f"DEL{view.id:06d}"
    if view.status.value == "approved":
        return ERASURE_RUNNING.format(number=number)
    return ERASURE_ASKED.format(number=number, until=f"{clock.local(view.due_at):%m月%d日}")
