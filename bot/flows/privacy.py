"""Rights over one's own data: a copy, its end, who looked, consents.

Told by words and not by the understanding, because they must work with everything down.
"""

import re
from collections.abc import Callable

from backend.kit.config import settings
from backend.portal import erasing, service
from backend.portal import queries as portal
from backend.security.service import personal_link
from backend.students.file import consents, erasures, exports, looks
from backend.students.file.consents import WORDINGS, Purpose
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import privacy as phrases
from bot.replies import Reply, say, show

_PLEASE = r"^(?:请|麻烦|能不能|可以|我要|我想|想要|帮我|给我|把)*"
_OWN = r"(?:我的?|我们的?|孩子的?|我家的?|我和孩子的?|全部|所有|个人|的)*"
_THINGS = r"(?:资料|信息|数据|档案|个人信息)"
_END = r"(?:吧|吗|了|一下|一份|好吗|可以吗|谢谢|[,，。!！?？ ])*$"
_EXPORT = re.compile(rf"{_PLEASE}(?:导出|下载|拷贝|要一份){_OWN}{_THINGS}{_END}")
_ERASE = re.compile(
    rf"{_PLEASE}(?:(?:删除|删掉|清除|注销|删了){_OWN}{_THINGS}|{_OWN}{_THINGS}(?:都|全部|全)?(?:删除|删掉|删了)|注销账号)"
    rf"{_END}"
)
_CONFIRM = re.compile(r"^确认(?:要)?删除(?:我的资料)?[。!！]*$")
_NO = re.compile(r"^(?:那|还是|先|,|，)*(?:取消|算了|不(?:用|要|删|撤回?)?(?:除|了)?)[了吧]*$")
_TAKE_BACK = re.compile(
    r"^(?:我要|请|帮我)*(?:撤回|取消)(?:我的|资料)*删除(?:资料)?(?:的)?申请[。!！]*$"
)
_WHO = re.compile(
    rf"^(?:请问|我想知道|查一下|看看)*(?:有)?(?:谁|哪些人|哪个老师|哪些老师|什么人|有谁)(?:都)?"
    rf"(?:(?:能|可以|会)(?:看到?|查到?|查看)|看过?|查看过?|查过?|访问过?|看了)(?:{_OWN}|.{{1,4}}的){_THINGS}{_END}"
)
_WITHDRAW = re.compile(
    r"^(?:我要|我想|请|帮我)*(?:撤回|撤销|收回|取消)(?:我的)?(?:对)?(?P<what>.*?)(?:的)?(?:同意|授权)(?:书)?"
    r"(?:[:：](?P<named>.+?))?[。!！吧了]*$"
)
_AGREE = re.compile(r"^(?:我)?(?:恢复)?同意(?P<what>.{2,20})$")
_FILE = re.compile(rf"^(?:查看|看看|打开|我要看|我想看)*{_OWN}(?:学员|学生)?(?:档案)[。!！]*$")
_CONSENTS = re.compile(r"^(?:同意|授权|隐私)(?:管理|记录|设置)$")
_SHORT = {
    Purpose.SERVICE: ("报名", "上课", "服务"),
    Purpose.CHILD: ("儿童", "孩子的个人信息", "孩子信息"),
    Purpose.HEALTH: ("健康",),
    Purpose.MARKETING: ("优惠", "广告", "活动", "营销"),
    Purpose.MEDIA: ("照片", "视频", "拍照"),
    Purpose.SHARING: ("合作方", "第三方", "共享"),
}


def heard(talk: Talk) -> Reply | None:
    """The answer to a wish about one's own data; None for everything else. What was asked back
    («1») is taken only right after the question."""
    asked = talk.state.topic.pop("withdrawing", None)
    confirming = talk.state.topic.pop("erasing", None)
    if (asked or confirming) and _NO.match(talk.plain):
        return say(phrases.KEPT_CONSENT if asked else phrases.KEPT_FILE)
    if asked:
        picked = _picked(talk, asked)
        if picked is not None:
            return picked
    if _CONFIRM.match(talk.plain):
        return _confirm(talk) if confirming else erase(talk)
    for pattern, flow in _FLOWS:
        if pattern.match(talk.plain):
            return flow(talk)
    found = _WITHDRAW.match(talk.plain)
    if found:
        return withdraw(talk, f"{found['what'] or ''}{found['named'] or ''}")
    found = None if talk.state.flow else _AGREE.match(talk.plain)  # A form asks for its own.
    purpose = _purpose_of(found["what"]) if found and _is_family(talk) else None
    return _agree(talk, purpose) if purpose else None


def export(talk: Talk) -> Reply:
    """A copy of everything, made by a job and sent as a link: also for who has only asked us."""
    if not (_is_family(talk) or _is_prospect(talk)):
        return _no_file()
    exports.ask(talk.session, talk.speaker)
    return say(phrases.EXPORT if _is_family(talk) else phrases.EXPORT_WITHOUT_FILE)


def erase(talk: Talk) -> Reply:
    """Explains first; only «确认删除» right after it asks for it."""
    may_ask = erasures.may_ask(talk.session, talk.speaker)
    if not may_ask or not (_is_family(talk) or _is_prospect(talk)):
        return say(phrases.GUARDIANS_FILE) if talk.speaker.student_id else _no_file()
    asked = erasures.open_erasure_of(talk.session, talk.speaker)
    if asked is not None:
        return say(phrases.erasure_stands(asked))
    obstacles = erasing.obstacles(talk.session, talk.speaker)
    if obstacles:
        return say(phrases.first_do(obstacles))
    talk.state.topic["erasing"] = True
    return say(phrases.explain_erasure())


def _confirm(talk: Talk) -> Reply:
    allowed = erasures.may_ask(talk.session, talk.speaker)
    if not allowed or erasing.obstacles(talk.session, talk.speaker):
        return erase(talk)
    return say(phrases.erasure_stands(erasures.ask(talk.session, talk.speaker)))


def take_back(talk: Talk) -> Reply:
    """The family keeps its file after all."""
    is_back = erasures.take_back(talk.session, talk.speaker)
    return say(phrases.ERASURE_TAKEN_BACK if is_back else phrases.NO_ERASURE)


def who_looked(talk: Talk) -> Reply:
    """One sentence per look, and the page with all of them."""
    children = portal.learners(talk.session, talk.speaker)
    if not children:
        return _no_file()
    found = looks.looks_at(talk.session, [child.id for child in children])
    if not found:
        return say(phrases.NO_LOOKS)
    told = say(phrases.looks({child.name: found.get(child.id, []) for child in children}))
    return told.then(
        show(
            title=phrases.LOOKS_TITLE,
            description=phrases.LOOKS_CARD,
            url=personal_link(talk.openid, "/me/looks"),
        )
    )


def file(talk: Talk) -> Reply:
    """The children's files, a card each."""
    children = portal.learners(talk.session, talk.speaker)
    reply = Reply()
    for child in children[:4]:
        reply = reply.then(
            show(
                title=f"{child.name}的{phrases.FILE_TITLE}",
                description=phrases.FILE.format(name=child.name),
                url=personal_link(talk.openid, f"/me/file/{child.id}"),
            )
        )
    return reply if children else _no_file()


def agreed(talk: Talk) -> Reply:
    """「同意管理」."""
    return show(
        title=phrases.CONSENTS_TITLE,
        description=phrases.CONSENTS,
        url=personal_link(talk.openid, "/me/consents"),
    )


def ask_anew(talk: Talk, reply: Reply) -> Reply:
    """A purpose that was agreed to has new words: said once, beside an answer about the own
    children (PIPL §14)."""
    if talk.speaker.guardian_id is None:
        return reply
    held = consents.standings(talk.session, talk.speaker)
    fresh = [each.wording for each in held if each.is_outdated]
    news = [each for each in fresh if f"{each.title}/{each.version}" not in talk.state.told_of]
    if not news:
        return reply
    talk.state.told_of += [f"{each.title}/{each.version}" for each in news]
    return reply.then(say(phrases.ask_anew(news))).then(agreed(talk))


def withdraw(talk: Talk, what: str) -> Reply:
    """Take a consent back; asks which where that was not said."""
    held = [s for s in consents.standings(talk.session, talk.speaker) if s.version]
    if not held:
        return say(phrases.NOTHING_TO_WITHDRAW).then(agreed(talk))
    purpose = _purpose_of(what)
    if purpose is not None and purpose in {each.purpose for each in held}:
        return _withdraw(talk, purpose)
    talk.state.topic["withdrawing"] = [each.purpose.value for each in held]
    wordings = [each.wording for each in held]
    return say(phrases.ask_withdrawal(wordings), tuple(phrases.option(each) for each in wordings))


def _picked(talk: Talk, asked: list[str]) -> Reply | None:
    number = words.ordinal(talk.plain)
    if number is not None and 1 <= number <= len(asked) and len(talk.plain) <= 4:
        return _withdraw(talk, Purpose(asked[number - 1]))
    purpose = _purpose_of(talk.plain) if len(talk.plain) <= 12 else None
    return _withdraw(talk, purpose) if purpose is not None and purpose.value in asked else None


def _withdraw(talk: Talk, purpose: Purpose) -> Reply:
    service.withdraw(talk.session, openid=talk.openid, purpose=purpose, way="chat")
    return say(phrases.withdrawn(WORDINGS[purpose]))


def _agree(talk: Talk, purpose: Purpose) -> Reply:
    service.agree(talk.session, openid=talk.openid, purpose=purpose, way="chat")
    return say(phrases.given(WORDINGS[purpose]))


def _purpose_of(text: str) -> Purpose | None:
    for purpose, wording in WORDINGS.items():
        if wording.title in text:
            return purpose
    fitting = [p for p, names in _SHORT.items() if any(name in text for name in names)]
    return fitting[0] if len(fitting) == 1 else None


def _is_family(talk: Talk) -> bool:
    return bool(talk.speaker.guardian_id or talk.speaker.student_id)


def _is_prospect(talk: Talk) -> bool:
    """Somebody without a file whom we know something of: their WeChat is theirs alone."""
    return talk.speaker.account_id is None and erasing.is_known(talk.session, talk.speaker)


def _no_file() -> Reply:
    return say(phrases.NO_FILE.format(url=f"{settings().public_url}/privacy"))


_FLOWS: tuple[tuple[re.Pattern[str], Callable[[Talk], Reply]], ...] = (
    (_EXPORT, export),
    (_ERASE, erase),
    (_TAKE_BACK, take_back),
    (_WHO, who_looked),
    (_FILE, file),
    (_CONSENTS, agreed),
)
