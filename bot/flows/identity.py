"""What is said about who one is, by words and not by the understanding: it must work at once, with
everything down, and while a person leads the talk (C4, S4)."""

import re

from backend.portal import queries as portal
from backend.security import service as security
from bot.flows import binding, details, freezing, inviting
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say, show

PAGE = "/me"
_EDGES = " ,，:：。"
_PLEASE = r"(?:我想|我要|我来|请|帮我|怎么|如何|麻烦)*"
_END = r"(?:一下|了|吧|呢|吗|啊)*$"
BINDS = re.compile(
    rf"^{_PLEASE}绑定(?:一下)?(?:我的?)?(?:微信|账号|学员|学生|孩子|手机号?|身份)*{_END}"
    rf"|^{_PLEASE}(?:核对|验证)(?:我的?)?(?:手机号?|身份){_END}"
)
UNBINDS = re.compile(rf"^{_PLEASE}(?:解绑|解除绑定|取消绑定)(?:微信|账号|孩子)*{_END}")
PHONES = re.compile(
    rf"^{_PLEASE}(?:更?换|修改|更改|变更|改)(?:一下|个|了)*(?:我的?)?(?:登记的?)?"
    rf"(?:手机号?码?|电话号?码?|号码){_END}"
)
STOLEN = re.compile(
    r"^(?:孩子|我|他|她)?的?[一-鿿]{0,6}的?(?:微信号?|账号)(?:好像)?(?:被盗|被偷|被人盗|丢失|丢)"
    r"号?了?[一-鿿,，]{0,8}$|^(?:我的?)?手机(?:被盗|被偷|丢)了?$"
    rf"|^{_PLEASE}冻结(?:[一-鿿]{{0,6}}的?)?(?:微信|账号)?{_END}"
)
KNOWS = re.compile(
    r"^(?:请问|那)?(?:你们?|您|学校)(?:都)?(?:知道|了解|保存了?|有|存了?|记了?)我(?:的)?"
    r"(?:们家?)?(?:什么|哪些|多少)(?:信息|资料|数据|东西|呢|啊)*$"
    r"|^(?:查看?|看看?)?(?:一下)?我的(?:个人)?(?:信息|资料|档案|绑定)$|^我是谁$"
)
CHANGES = re.compile(
    r"^(?:我想|我要|请|帮我|麻烦|需要)*(?:修改|更改|变更|更新|更正)(?:一下)?(?:我的?|孩子的?|个人)*"
    r"(?:资料|信息|档案)(?:一下|吧)?$"
)
_DETAIL = (
    r"(?:年级|学校|姓名|名字|大名|生日|出生日期|住址|地址|邮箱|手机号?码?|电话号?码?|号码|联系方式)"
)
_CHANGING = re.compile(
    rf"^{_PLEASE}(?:修改|更改|变更|更新|更正|改|换)(?:一下|下)?[一-鿿]{{0,6}}?{_DETAIL}"
    r"(?:(?:改?[成为]|是|应该是).{1,20}|一下|吧|了)?$"
    rf"|^(?:麻烦|请|你好|您好|[,，])*(?:把|帮我把)?[一-鿿]{{0,6}}?{_DETAIL}(?:要|需要|想|得)?"
    r"(?:改成|改为|改一?下|换成|变成|换了|变了|写错|登记错|错了|更新|更正|应该是).{0,20}$"
)
_NOT_THEIRS = re.compile(r"[?？吗钱退]|投诉|老师|课|发票|会议|怎么|手续|移动|联通|电信")
UNDOES = re.compile(r"^(?:撤销|恢复原来的?)(?:修改|更改|刚才的?)*$")


def heard(talk: Talk) -> Reply | None:
    """The answer to a wish about who is who; None for everything else."""
    text = talk.plain
    if inviting.ANSWERS.match(text):
        return inviting.answer(talk)
    if inviting.DECIDES.match(text):
        return inviting.decide(talk)
    if BINDS.match(words.PHONE.sub("", text).strip(_EDGES)):
        return binding.begin(talk)
    if UNBINDS.match(text):
        return binding.unbind(talk)
    if STOLEN.match(text):
        return freezing.begin(talk)
    if UNDOES.match(text) and talk.state.flow is None:
        return details.undo(talk)
    if KNOWS.match(text):
        return about(talk)
    if CHANGES.match(text) and talk.state.flow is None:
        return details.begin(talk)
    if talk.speaker.guardian_id is not None and talk.state.flow is None:
        if PHONES.match(text):
            return details.change_phone(talk)
        if _changes(talk):
            return details.begin(talk)
        if inviting.INVITES.match(text):
            return inviting.invite(talk)
    return None


def bind(talk: Talk) -> Reply:
    """What the understanding takes for a wish to bind; a family that is bound and does not say so
    hears who it is instead."""
    is_family = talk.speaker.guardian_id or talk.speaker.student_id
    return about(talk) if is_family and "绑" not in talk.plain else binding.begin(talk)


def _changes(talk: Talk) -> bool:
    """«年级改成四年级», «孩子名字写错了»: not what belongs to a sign-up that has just ended, nor
    what is asked or complained about."""
    if talk.state.finished is not None or talk.state.shown or _NOT_THEIRS.search(talk.plain):
        return False
    return bool(_CHANGING.match(talk.plain)) and details.field_in(talk.plain) is not None


def about(talk: Talk) -> Reply:
    """«你知道我什么»: a short answer, and the page with the rest."""
    known = portal.known(talk.session, talk.openid)
    card = show(
        title=phrases.ABOUT_TITLE,
        description=phrases.ABOUT_CARD,
        url=security.personal_link(talk.openid, PAGE),
    )
    told = phrases.about(
        name=known.name,
        role=known.role,
        phone=known.masked_phone,
        is_proven=known.is_phone_proven,
        children=known.children,
        bound_at=known.bound_at,
        consents=known.consents,
        wechats=len(known.wechats),
        is_staff=talk.speaker.account_id is not None,
    )
    return say(told).then(card)
